"""Runs killed (SIGKILL) at random moments, and what the same call makes of their checkpoints.

    python benchmarks/kill_and_resume.py --kills 20
    python benchmarks/kill_and_resume.py --kills 4 --methods long_nuts --inside
    python benchmarks/kill_and_resume.py --kills 10 --methods run

A bootstrap of 1,000 replicates, NUTS with four chains and an ensemble of four members, each in a
process of its own; a longer NUTS, most of whose time is in the chains; and the command `bayesneuron
run` with three methods, which goes on by `--resume`. The moment is uniform over the time that an
undisturbed run takes, or, with `--inside`, uniform over what is left of that time (at most a third
of it) once the first block is kept. A run that ends before its moment was not killed: another one
is started, until there are as many kills as asked for (`missed` counts the others). What is killed
is started again; its draws are compared, bit by bit, with those of a run that nothing disturbed.
Methods that the command had finished must not be made again (`finished_lost`). Writes
benchmarks/results/kill_and_resume.csv, a row a kill; rows of other methods stay.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from _tables import RESULTS, machine, versions

CALLS: dict[str, dict[str, Any]] = {
    "bootstrap": {"replicates": 1000},
    "nuts": {"chains": 4, "samples": 400, "warmup": 400},
    "ensemble": {"members": 4, "samples": 400, "warmup": 4000},
    "long_nuts": {"chains": 4, "samples": 4000, "warmup": 1000},
}
LENGTHS = {"bootstrap": 400}  # samples of the series; 200 of others


def run(method: str, checkpoint: str, out: str) -> None:
    """One run, its draws written to a file."""
    import bayesneuron as bn

    warnings.simplefilter("ignore")
    x, y = bn.windows(bn.datasets.noisy_sine(length=LENGTHS.get(method, 200)), history=10)
    model = bn.load("two_layer", inputs=10, hidden=3, outputs=1)
    estimate = getattr(bn, method.removeprefix("long_"))
    draws = estimate(model, x, y, checkpoint=checkpoint, **CALLS[method])
    groups = {"posterior": draws["posterior"], "sample_stats": draws["sample_stats"]}
    arrays = {f"{g}/{k}": v.to_numpy() for g, d in groups.items() for k, v in d.data_vars.items()}
    np.savez(out, allow_pickle=False, **arrays)


COMMAND = [
    "--column", "wave", "--history", "3", "--hidden", "2", "--no-skip", "--prior", "normal",
    "--quick", "--local", "none", "--methods", "laplace,bootstrap,nuts",
]  # fmt: skip


def start(method: str, folder: Path, out: Path) -> subprocess.Popen[bytes]:
    if method == "run":
        series = folder.parent / "series.csv"
        if not series.exists():
            from bayesneuron.datasets import noisy_sine

            wave = np.asarray(noisy_sine(length=100)).ravel()
            pd.DataFrame({"wave": wave}).to_csv(series, index=False)
        options = [str(series), "--output", str(folder), *COMMAND]
        resume = ["--resume"] if folder.is_dir() else []
        command = [sys.executable, "-m", "bayesneuron", "run", *options, *resume]
        return subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder.parent
        )
    return subprocess.Popen([sys.executable, __file__, "--one", method, str(folder), str(out)])


def finished(folder: Path) -> dict[str, str]:
    """Methods that the command has done, and the digests of their files."""
    state = folder / "run.json"
    done = json.loads(state.read_text())["methods"] if state.is_file() else {}
    return {method: of["sha256"] for method, of in done.items()}


def same_folders(one: Path, other: Path) -> bool:
    """Whether two runs of the command have the same draws and the same tables."""
    import bayesneuron as bn

    names = sorted(file.name for file in one.glob("*.nc"))
    if not names or names != sorted(file.name for file in other.glob("*.nc")):
        return False
    draws = [
        [bn.open(folder / name)["posterior"].dataset for name in names] for folder in (one, other)
    ]
    tables = [file.name for file in one.glob("*.csv") if "seconds" not in file.read_text()]
    return all(a.equals(b) for a, b in zip(*draws, strict=True)) and all(
        (one / name).read_bytes() == (other / name).read_bytes() for name in tables
    )


def same(one: Path, other: Path) -> bool:
    with np.load(one) as a, np.load(other) as b:
        return set(a) == set(b) and all(np.array_equal(a[k], b[k], equal_nan=True) for k in a)


def main() -> None:
    """A table of kills."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--methods", nargs="+", default=list(CALLS)[:3], choices=[*CALLS, "run"])
    parser.add_argument("--inside", action="store_true", help="kill after the first block")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        run(*args.one)
        return
    file = RESULTS / "kill_and_resume.csv"
    others = pd.read_csv(file) if file.exists() else pd.DataFrame({"method": []})
    others = others[~others["method"].isin(args.methods)]
    rng, rows = np.random.default_rng(0), []
    for method in args.methods:
        with tempfile.TemporaryDirectory() as name:
            place = Path(name)
            start(method, place / "warm", place / "warm.npz").wait()  # compiles
            began = time.monotonic()
            start(method, place / "whole", place / "whole.npz").wait()
            whole = time.monotonic() - began
            missed = 0
            while (count := sum(row["method"] == method for row in rows)) < args.kills:
                folder, out = place / f"run{count}-{missed}", place / f"{count}-{missed}.npz"
                at = rng.uniform(0, whole)
                process, began = start(method, folder, out), time.monotonic()
                while args.inside and process.poll() is None and not list(folder.glob("*.npz")):
                    time.sleep(0.05)
                if args.inside:
                    left = max(whole - (time.monotonic() - began), whole / 10)
                    at = time.monotonic() - began + rng.uniform(0, min(left, whole / 3))
                time.sleep(max(at - (time.monotonic() - began), 0))
                ended = process.poll() is not None
                process.kill()
                process.wait()
                if ended:
                    missed += 1
                    continue
                done = finished(folder)
                kept = len(done) if method == "run" else len(list(folder.glob("*.npz")))
                began = time.monotonic()
                start(method, folder, out).wait()
                again = time.monotonic() - began
                row = {
                    "method": method, "inside": args.inside, "seconds_whole": whole,
                    "killed_after": at,
                    "missed": missed, "blocks_kept": kept, "seconds_again": again,
                    "same": same_folders(folder, place / "whole")
                    if method == "run"
                    else same(out, place / "whole.npz"),
                    "finished_lost": len(set(done.items()) - set(finished(folder).items())),
                    "machine": machine(), "versions": versions(),
                }  # fmt: skip
                rows.append(row)
                print(method, round(at, 1), kept, round(again, 1), row["same"], flush=True)
                table = pd.concat([others, pd.DataFrame(rows)], ignore_index=True)
                table.to_csv(file, index=False, float_format="%.4g")


if __name__ == "__main__":
    main()
