"""Bad inputs against every public function.

    python benchmarks/faults/run.py                    # all cases; a table, then the offenders
    python benchmarks/faults/run.py -k bootstrap       # cases whose function or code matches
    python benchmarks/faults/run.py -f merge prune     # cases of these functions
    python benchmarks/faults/run.py --part 0/8         # every eighth case

`cases.txt` holds the cases, by function: what is expected, and an expression over the names of
`_fixtures.py`. Expected is

    E  an error
    O  a result without NaN
    N  a result; NaN is documented
    A  a clear error, or a result without NaN
    X  a clear error, or a result; NaN is documented

Each case runs in a worker with limits of time and memory. Outcomes: ok; clear (a ValueError of the
package that says what was expected); unclear (any other exception); silent-nan; silent-wrong (a
result where an error was due); refused (an error where a result was due); hang; crash.
`argued.txt` lists the cases whose outcome is right although the table above says otherwise.
"""

import argparse
import collections
import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
LIMIT_CPU, LIMIT_WALL = 45.0, 300.0  # seconds; processor time counts, wall time is a backstop
GOOD = ("ok", "clear", "argued")
ORDER = (*GOOD, "unclear", "silent-nan", "silent-wrong", "refused", "hang", "crash")
SAYS = ("expected", "got", "cannot", "unknown", "missing", "does not exist", "no file")


def read_cases():
    """(function, expected, code) of every case."""
    cases, function = [], ""
    for line in (HERE / "cases.txt").read_text().splitlines():
        if line.startswith("## "):
            function = line[3:]
        elif line:
            cases.append((function, line[0], line[2:]))
    return cases


def read_argued():
    """Code of the cases that are argued in `argued.txt`."""
    lines = (HERE / "argued.txt").read_text().splitlines()
    return {line[2:] for line in lines if line.startswith("  ")}


def classify(expect, outcome):
    """One of `ORDER`."""
    if outcome["status"] in ("hang", "crash"):
        return outcome["status"]
    if outcome["status"] == "error":
        own = outcome["own"] and outcome["type"] in ("ValueError", "FileNotFoundError")
        keyword = "unexpected keyword argument" in outcome["message"]  # Python's own clear words
        clear = (own and any(s in outcome["message"] for s in SAYS)) or keyword
        return ("refused" if expect in "ON" else "clear") if clear else "unclear"
    if expect == "E":
        return "silent-nan" if outcome["nan"] else "silent-wrong"
    return "silent-nan" if outcome["nan"] and expect in "OA" else "ok"


def start(kept):
    """A worker that is ready for cases."""
    offline = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    folders = {
        "BAYESNEURON_DATA": "/nonexistent",
        "BAYESNEURON_FAULTS": str(kept),
        "JAX_COMPILATION_CACHE_DIR": str(kept / "jax"),  # a killed worker may spoil it
    }
    env = {**os.environ, **offline, **folders, "JAX_PLATFORMS": "cpu", "MPLBACKEND": "Agg"}
    command = [sys.executable, str(HERE / "run.py"), "--worker"]
    log = (kept / "worker.log").open("ab")
    worker = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=env, text=True,
        bufsize=1, start_new_session=True, preexec_fn=lambda: os.nice(5),
    )  # fmt: skip
    if worker.stdout.readline().strip() != "ready":
        raise SystemExit(f"the worker did not start, see {kept}/worker.log")
    return worker


def cpu_of(pid):
    """Seconds of processor time of a process."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(cases, chosen, kept):
    """Outcomes of the chosen cases; a worker that hangs or dies is replaced."""
    results, worker = [], start(kept)
    for number, i in enumerate(chosen, 1):
        began, before, line = time.time(), cpu_of(worker.pid), None
        worker.stdin.write(f"{i}\n")
        worker.stdin.flush()
        while line is None:
            if select.select([worker.stdout], [], [], 0.5)[0]:
                line = worker.stdout.readline()
            elif cpu_of(worker.pid) - before > LIMIT_CPU or time.time() - began > LIMIT_WALL:
                break
        if line is None:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()
            outcome, worker = {"i": i, "status": "hang"}, start(kept)
        elif not line.strip():
            outcome, worker = {"i": i, "status": "crash", "code": worker.wait()}, start(kept)
        else:
            outcome = json.loads(line)
        outcome["class"] = classify(cases[i][1], outcome)
        results.append(outcome)
        if number % 100 == 0:
            print(f"... {number}/{len(chosen)}", file=sys.stderr, flush=True)
    worker.stdin.close()
    worker.wait()
    return results


def report(cases, results):
    """Print the table by function and every offender; return how many there are."""
    argued = read_argued()
    table = collections.defaultdict(collections.Counter)
    for one in results:
        if one["class"] not in ("ok", "clear") and cases[one["i"]][2] in argued:
            one["class"] = "argued"
        for name in (cases[one["i"]][0], "all"):
            table[name][one["class"]] += 1
    table["all"] = table.pop("all", collections.Counter())
    print(f"{'function':36s}{'cases':>6s}" + "".join(f"{name:>13s}" for name in ORDER))
    for name, counts in table.items():
        cells = "".join(f"{counts[outcome] or '.':>13}" for outcome in ORDER)
        print(f"{name:36s}{sum(counts.values()):6d}{cells}")
    offenders = [one for one in results if one["class"] not in GOOD]
    for one in sorted(offenders, key=lambda one: (ORDER.index(one["class"]), one["i"])):
        function, expect, code = cases[one["i"]]
        print(f"{one['class']} [{expect}] {function}: {code[:170]}")
        if one["status"] == "error":
            print(f"      {one['type']} at {one['at']} ({one['in']}): {one['message'][:150]}")
        elif one.get("warned"):
            print(f"      warned: {one['warned'][0]}")
    return len(offenders)


def main():
    """Choose, run, report; the exit status says whether there are offenders."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-k", default="", help="text in the function or the code")
    parser.add_argument("-f", nargs="*", help="functions")
    parser.add_argument("--part", default="0/1")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    cases = read_cases()
    if options.worker:
        import _worker

        _worker.serve(cases)
        return 0
    part, parts = map(int, options.part.split("/"))
    named = [i for i, c in enumerate(cases) if not options.f or c[0] in options.f]
    chosen = [i for i in named if options.k in cases[i][0] or options.k in cases[i][2]][part::parts]
    kept = HERE.parents[1] / "build" / "faults"
    kept.mkdir(parents=True, exist_ok=True)
    return int(report(cases, run(cases, chosen, kept)) > 0)


if __name__ == "__main__":
    raise SystemExit(main())
