"""Size on disk of a saved posterior, as the estimator returns it and with all its groups.

NUTS, 4 chains of 1,000 draws, 10-3-20 on the sine: what `bn.save` writes of the draws, and of the
same draws once `bn.complete` has added log likelihood, predictions and prior draws.
"""

import argparse
import tempfile
from pathlib import Path

import pandas as pd
import xarray as xr
from _cases import sine
from _tables import machine, versions
from _timing import timed

import bayesneuron as bn


def row(name: str, draws: xr.DataTree, folder: Path) -> dict[str, object]:
    path = folder / f"{name}.nc"
    seconds, _ = timed(lambda: bn.save(draws, path))
    groups = sorted(draws.children)
    memory = sum(draws[g].to_dataset().nbytes for g in groups)
    return {"draws": name, "file, MiB": path.stat().st_size / 2**20, "arrays, MiB": memory / 2**20,
            "seconds to save": seconds, "groups": ", ".join(groups)}  # fmt: skip


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
        rows.append(row("completed", bn.complete(draws), Path(folder)))
    print(f"{machine()}; {versions()}")
    print(pd.DataFrame(rows).round(2).to_string(index=False))


if __name__ == "__main__":
    main()
