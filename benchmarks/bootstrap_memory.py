"""Peak memory of a bootstrap of 1,000, 10,000 and 100,000 replicates of a 10-3-20 network.

    python benchmarks/bootstrap_memory.py

Each run is a process of its own: in memory, and into a file (`into=`). Writes
benchmarks/results/bootstrap_memory.csv: the peak of the resident memory (VmHWM), the bytes of the
draws, and the seconds.
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


def run(replicates: int, into: str) -> None:
    """One bootstrap; prints what it took as JSON."""
    import bayesneuron as bn

    warnings.simplefilter("ignore")
    series = bn.datasets.noisy_sine(length=230)
    x, y = bn.windows(series, history=10, horizon=20)
    model = bn.load("two_layer", inputs=10, hidden=3, outputs=20)
    began = time.perf_counter()
    draws = bn.bootstrap(
        model, x, y, replicates=replicates, optimizer=bn.Adam(epochs=2), into=into or None
    )
    seconds = time.perf_counter() - began
    values = draws["posterior"].data_vars.values()
    status = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    row = {"peak_MB": peak / 1024, "draws_MB": sum(v.nbytes for v in values) / 2**20}
    print(json.dumps(row | {"seconds": seconds, "draws": draws["posterior"].sizes["draw"]}))


def main() -> None:
    """A table of runs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replicates", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        run(int(args.one[0]), args.one[1])
        return
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for way in ("file", "memory"):
            for replicates in args.replicates:
                into = str(Path(folder) / f"{replicates}.nc") if way == "file" else ""
                command = [sys.executable, __file__, "--one", str(replicates), into]
                out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
                row = {"draws_go_to": way, "replicates": replicates, **json.loads(out)}
                rows.append(row | {"machine": machine(), "versions": versions()})
                print(row, flush=True)
                table = pd.DataFrame(rows)
                table.to_csv(RESULTS / "bootstrap_memory.csv", index=False, float_format="%.4g")


if __name__ == "__main__":
    main()
