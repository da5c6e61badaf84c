"""Runs killed (SIGKILL) at random moments, and what the same call makes of their checkpoints.

    python benchmarks/kill_and_resume.py --kills 20

A bootstrap of 1,000 replicates, NUTS with four chains and an ensemble of four members, each in a
process of its own. A run that is killed is started again; its draws are compared, bit by bit, with
those of a run that nothing disturbed. Writes benchmarks/results/kill_and_resume.csv, a row a kill.
"""

import argparse
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
    "nuts": {"chains": 4, "samples": 1000, "warmup": 1000},
    "ensemble": {"members": 4, "samples": 500, "warmup": 5000},
}


def run(method: str, checkpoint: str, out: str) -> None:
    """One run, its draws written to a file."""
    import bayesneuron as bn

    warnings.simplefilter("ignore")
    x, y = bn.windows(bn.datasets.noisy_sine(length=200), history=10)
    model = bn.load("two_layer", inputs=10, hidden=3, outputs=1)
    draws = getattr(bn, method)(model, x, y, checkpoint=checkpoint, **CALLS[method])
    groups = {"posterior": draws["posterior"], "sample_stats": draws["sample_stats"]}
    arrays = {f"{g}/{k}": v.to_numpy() for g, d in groups.items() for k, v in d.data_vars.items()}
    np.savez(out, allow_pickle=False, **arrays)


def start(method: str, folder: Path, out: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, __file__, "--one", method, str(folder), str(out)])


def same(one: Path, other: Path) -> bool:
    with np.load(one) as a, np.load(other) as b:
        return set(a) == set(b) and all(np.array_equal(a[k], b[k], equal_nan=True) for k in a)


def main() -> None:
    """A table of kills."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--methods", nargs="+", default=list(CALLS), choices=CALLS)
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        run(*args.one)
        return
    rng, rows = np.random.default_rng(0), []
    for method in args.methods:
        with tempfile.TemporaryDirectory() as name:
            place = Path(name)
            start(method, place / "warm", place / "warm.npz").wait()  # compiles
            began = time.monotonic()
            start(method, place / "whole", place / "whole.npz").wait()
            whole = time.monotonic() - began
            for k, at in enumerate(rng.uniform(0, whole, args.kills)):
                folder, out = place / f"run{k}", place / f"{k}.npz"
                process = start(method, folder, out)
                time.sleep(at)
                killed = process.poll() is None
                process.kill()
                process.wait()
                kept = len(list(folder.glob("*.npz")))
                began = time.monotonic()
                start(method, folder, out).wait()
                again = time.monotonic() - began
                row = {
                    "method": method, "seconds_whole": whole, "killed_after": at, "killed": killed,
                    "blocks_kept": kept, "seconds_again": again,
                    "same": same(out, place / "whole.npz"),
                    "machine": machine(), "versions": versions(),
                }  # fmt: skip
                rows.append(row)
                print(method, round(at, 1), kept, round(again, 1), row["same"], flush=True)
                pd.DataFrame(rows).to_csv(
                    RESULTS / "kill_and_resume.csv", index=False, float_format="%.4g"
                )


if __name__ == "__main__":
    main()
