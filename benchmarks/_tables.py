"""Tables of results, with the machine and the versions that produced them."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

import pandas as pd

RESULTS = Path(__file__).parent / "results"
FIGURES = Path(__file__).parent.parent / "docs" / "figures"
OURS = ("bayesneuron", "jax", "numpyro", "numpy", "scipy", "scikit-learn")


def machine() -> str:
    """Processor and number of cores."""
    model = platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text().splitlines()
        model = next((v.split(":")[1].strip() for v in lines if "model name" in v), model)
    return f"{model}, {os.cpu_count()} cores"


def versions(*peers: str) -> str:
    """Versions of the packages of this process, and of the peers."""
    own = [f"{name} {version(name)}" for name in OURS]
    return ", ".join([f"Python {platform.python_version()}", *own, *peers])


def report(
    name: str, table: pd.DataFrame, *peers: str, decimals: int = 3, folder: Path = RESULTS
) -> None:
    """Print a table and write it to NAME.csv in the folder, with machine and versions in each row.

    If the table has a column ``case``, rows of the existing file stay for every case that the new
    table lacks.
    """
    print(f"{machine()}; {versions(*peers)}")
    print(table.round(decimals).to_string(index=False, na_rep="-"))
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.csv"
    full = table.assign(machine=machine(), versions=versions(*peers))
    if file.exists() and "case" in table:
        old = pd.read_csv(file)
        full = pd.concat([old[~old["case"].isin(full["case"])], full], ignore_index=True)
    full.to_csv(file, index=False, float_format="%.6g")
