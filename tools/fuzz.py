"""Feed damaged files to every loader, and say how many it took, refused, or failed at.

    python tools/fuzz.py                           # seeded changes of files that the library wrote
    python tools/fuzz.py --only onnx --runs 10000
    python tools/fuzz.py --guided --only csv       # by coverage, with atheris (pip install atheris)

`tests/fuzzing` has the loaders, the files and the changes; `docs/security.md` what was found.
"""

import argparse
import faulthandler
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
# seconds for a file: one that takes longer ends the run, and lies in a folder of tempfile
LIMIT = 60
sys.path.insert(0, str(ROOT / "tests"))


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", action="append", help="a loader; may be repeated")
    parser.add_argument("--runs", type=int, default=2000, help="files for each loader")
    parser.add_argument("--seconds", type=int, default=0, help="at most, for each loader")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--guided", action="store_true", help="by coverage; one loader")
    options = parser.parse_args()
    if options.guided:
        _guided(options)
    else:
        _plain(options)


def _plain(options: argparse.Namespace) -> None:
    from fuzzing.changes import changed
    from fuzzing.targets import TARGETS, Fault, run

    warnings.simplefilter("ignore")
    failed = False
    for name in options.only or TARGETS:
        rng, began, taken, faults = np.random.default_rng(options.seed), time.monotonic(), 0, {}
        with tempfile.TemporaryDirectory(dir=_memory()) as folder:
            seeds = TARGETS[name].seeds(Path(folder))
            for i in range(options.runs):  # noqa: B007 (counted)
                content = changed(TARGETS[name], seeds, rng)
                faulthandler.dump_traceback_later(LIMIT, exit=True)  # the file stays
                try:
                    taken += run(TARGETS[name], content, Path(folder))
                except Fault as error:
                    faults.setdefault(str(error)[:90], content)
                faulthandler.cancel_dump_traceback_later()
                if options.seconds and time.monotonic() - began > options.seconds:
                    break
        seconds = time.monotonic() - began
        print(
            f"{name:12} {i + 1:8,} files, {taken:7,} taken, {len(faults)} faults, {seconds:.0f} s"
        )
        for fault in faults:
            print(f"    {fault}")
        failed = failed or bool(faults)
    sys.exit(failed)


def _guided(options: argparse.Namespace) -> None:
    import atheris

    with atheris.instrument_imports(include=["bayesneuron"]):
        from fuzzing.changes import changed
        from fuzzing.targets import TARGETS, run
    warnings.simplefilter("ignore")
    (name,) = options.only or ["csv"]
    target = TARGETS[name]
    work = Path(tempfile.mkdtemp(dir=_memory()))
    (corpus := work / "corpus").mkdir()
    (place := work / "place").mkdir()
    for i, content in enumerate(target.seeds(place)):
        (corpus / str(i)).write_bytes(content)

    def mutate(content: bytes, most: int, seed: int) -> bytes:
        rng = np.random.default_rng(seed)
        if rng.random() < 0.5:
            return atheris.Mutate(content, most)
        return changed(target, [content], rng)[:most]

    limits = ["-timeout=20", "-rss_limit_mb=4096", "-max_len=65536", f"-runs={options.runs}"]
    limits += [f"-max_total_time={options.seconds}"] if options.seconds else []
    artifacts = f"-artifact_prefix={ROOT / 'build'}/{name}-"
    atheris.Setup(
        [sys.argv[0], str(corpus), *limits, artifacts],
        lambda content: run(target, content, place),
        custom_mutator=mutate,
    )
    atheris.Fuzz()


def _memory() -> str | None:
    """A folder in memory, where there is one: most of the time is files."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


if __name__ == "__main__":
    main()
