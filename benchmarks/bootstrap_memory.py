"""Peak memory of 1,000, 10,000 and 100,000 draws of a 10-3-20 network.

    python benchmarks/bootstrap_memory.py
    python benchmarks/bootstrap_memory.py --method nuts
    python benchmarks/bootstrap_memory.py --ways budget

Each run is a process of its own: into a file (`into=`), in memory, and, of a bootstrap, within a
budget of 20 MB (`memory=`). Chains are two, short of warm-up and with small trees, as their memory
alone is measured. Writes benchmarks/results/METHOD_memory.csv: the peak of the resident memory
(VmHWM), the bytes of the draws, and the seconds; rows of other ways stay.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import pandas as pd
from _tables import RESULTS, machine, versions

BUDGET = "20 MB"
WAYS = ("file", "memory", "budget")


def run(method: str, draws: int, into: str) -> None:
    """One estimate; prints what it took as JSON."""
    import bayesneuron as bn

    warnings.simplefilter("ignore")
    series = bn.datasets.noisy_sine(length=230)
    x, y = bn.windows(series, history=10, horizon=20)
    model = bn.load("two_layer", inputs=10, hidden=3, outputs=20)
    began = time.perf_counter()
    options = {
        "bootstrap": {"replicates": draws, "optimizer": bn.Adam(epochs=2)},
        "nuts": {"chains": 2, "samples": draws // 2, "warmup": 50, "start": "prior",
                 "max_tree_depth": 2},
        "ensemble": {"members": 2, "samples": draws // 2, "warmup": 1000, "thinning": 1,
                     "optimizer": bn.Adam(epochs=20)},
    }[method]  # fmt: skip
    where = {"memory": BUDGET} if into == "budget" else {"into": into or None}
    tree = getattr(bn, method)(model, x, y, **options, **where)
    seconds = time.perf_counter() - began
    values = tree["posterior"].data_vars.values()
    status = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    row = {"peak_MB": peak / 1024, "draws_MB": sum(v.nbytes for v in values) / 2**20}
    size = tree["posterior"].sizes
    print(json.dumps(row | {"seconds": seconds, "draws": size["chain"] * size["draw"]}))


def main() -> None:
    """A table of runs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--method", default="bootstrap", choices=["bootstrap", "nuts", "ensemble"])
    parser.add_argument("--ways", nargs="+", default=["file", "memory"], choices=WAYS)
    parser.add_argument("--replicates", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        run(args.method, int(args.one[0]), args.one[1])
        return
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for way in args.ways:
            for replicates in args.replicates:
                into = {"file": str(Path(folder) / f"{replicates}.nc"), "budget": way}.get(way, "")
                command = [sys.executable, __file__, "--method", args.method]
                command += ["--one", str(replicates), into]
                out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
                row = {"draws_go_to": way, "replicates": replicates, **json.loads(out)}
                rows.append(row | {"machine": machine(), "versions": versions()})
                print(row, flush=True)
                table = pd.DataFrame(rows)
                path = RESULTS / f"{args.method}_memory.csv"
                if path.exists():
                    there = pd.read_csv(path)
                    others = ~there["draws_go_to"].isin(table["draws_go_to"])
                    table = pd.concat([there[others], table])
                table.to_csv(path, index=False, float_format="%.4g")


if __name__ == "__main__":
    main()
