"""Seconds of the processor that a further origin of a backtest with growing windows takes.

    python benchmarks/growing_windows.py

An 8-3-1 network is fitted anew at one origin and at four, of a series of 300, each in a process of
its own. Padded, as `bn.backtest` does it, and alone: each
fit compiled for its own length. Writes
benchmarks/results/growing_windows.csv; rows of other methods stay.
"""

import argparse
import json
import os
import subprocess
import sys
import time
import warnings

import pandas as pd
from _tables import RESULTS, machine, versions

ORIGINS = (200, 220, 240, 260)
OPTIONS = {
    "laplace": {"samples": 200},
    "svi": {"samples": 200, "steps": 500},
    "nuts": {"chains": 2, "samples": 50, "warmup": 50},
    "bootstrap": {"replicates": 50},
    "ensemble": {"members": 2, "samples": 100, "warmup": 1000},
}


def run(method: str, origins: int, padded: bool) -> None:
    """One backtest; prints the seconds of this process as JSON."""
    import bayesneuron as bn

    warnings.simplefilter("ignore")
    model = bn.load("two_layer", inputs=8, hidden=3, outputs=1)
    series = bn.datasets.noisy_sine(length=300)
    source = model
    if not padded:
        fit = getattr(bn, method)
        source = lambda x, y: fit(model, x, y, **OPTIONS[method])
    began = time.process_time()
    bn.backtest(
        source, series, method=method, origins=list(ORIGINS[:origins]), horizon=2, references=(),
        windows={"history": 8}, options=OPTIONS[method] if padded else None, refit=True,
    )  # fmt: skip
    print(json.dumps(time.process_time() - began))


def main() -> None:
    """A table by method."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--methods", nargs="+", default=list(OPTIONS), choices=list(OPTIONS))
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        run(args.one[0], int(args.one[1]), args.one[2] == "padded")
        return
    rows = []
    own = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    own.pop("JAX_COMPILATION_CACHE_DIR", None)
    for method in args.methods:
        row = {"method": method}
        for way in ("padded", "alone"):
            seconds = [
                json.loads(
                    subprocess.run(
                        [sys.executable, __file__, "--one", method, str(origins), way],
                        check=True, capture_output=True, text=True, env=own,
                    ).stdout.splitlines()[-1]
                )
                for origins in (1, len(ORIGINS))
            ]  # fmt: skip
            row[f"{way}_first_s"] = seconds[0]
            row[f"{way}_further_s"] = (seconds[1] - seconds[0]) / (len(ORIGINS) - 1)
        print(row, flush=True)
        rows.append(row | {"machine": machine(), "versions": versions()})
        table = pd.DataFrame(rows)
        if (path := RESULTS / "growing_windows.csv").exists():
            there = pd.read_csv(path)
            table = pd.concat([there[~there["method"].isin(table["method"])], table])
        table.to_csv(path, index=False, float_format="%.3g")


if __name__ == "__main__":
    main()
