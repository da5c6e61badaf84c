"""Size on disk of a saved posterior, as the estimator returns it and with all its groups.

NUTS, 4 chains of 1,000 draws, 10-3-20 on the sine: what `bn.save` writes of the draws, and of the
same draws once `bn.complete` has added log likelihood, predictions and prior draws, without and
with the predictions. Writes benchmarks/results/tree_size.csv.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr
from _cases import sine
from _tables import RESULTS, machine, versions
from _timing import timed

import bayesneuron as bn


def row(name: str, draws: xr.DataTree, folder: Path, predictions: bool = False) -> dict[str, Any]:
    path = folder / f"{name}.nc"
    seconds, _ = timed(lambda: bn.save(draws, path, predictions=predictions))
    groups = sorted(draws.children)
    memory = sum(draws[g].to_dataset().nbytes for g in groups)
    return {"draws": name, "file_MB": path.stat().st_size / 1e6, "arrays_MB": memory / 1e6,
            "seconds_to_save": seconds, "groups": " ".join(groups)}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=1000, help="draws per chain")
    parser.add_argument("--warmup", type=int, default=500)
    args = parser.parse_args()
    case = sine(10, 3, 20)
    draws = bn.nuts(
        case.model, case.x, case.y, chains=4, samples=args.samples, warmup=args.warmup, seed=0
    )
    with tempfile.TemporaryDirectory() as folder:
        rows = [row("as returned", draws, Path(folder))]
        whole = bn.complete(draws)
        rows.append(row("completed", whole, Path(folder)))
        rows.append(row("completed, with predictions", whole, Path(folder), predictions=True))
    table = pd.DataFrame(rows).assign(machine=machine(), versions=versions())
    print(table.iloc[:, :4].round(2).to_string(index=False))
    table.to_csv(RESULTS / "tree_size.csv", index=False, float_format="%.4g")


if __name__ == "__main__":
    main()
