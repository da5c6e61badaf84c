"""Classes of R's MASS and boot, from the folder of vincentarelbundock/Rdatasets in RDATASETS."""

import os
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

TARGETS = {
    "MASS/biopsy": "class",
    "MASS/crabs": "sp",
    "MASS/fgl": "type",
    "MASS/Pima.tr": "type",
    "MASS/synth.tr": "yc",
    "boot/urine": "r",
}
NUMBERS_OF_ROWS = ["rownames", "ID", "index"]


def _read(name: str, *, return_X_y: bool = True) -> tuple[np.ndarray, np.ndarray]:  # noqa: N803
    """Inputs and class numbers, rows with missing values left out."""
    if "RDATASETS" not in os.environ:
        raise SystemExit("expected the folder csv of Rdatasets in RDATASETS, got none")
    rows = pd.read_csv(Path(os.environ["RDATASETS"]) / f"{name}.csv").dropna()
    y = np.unique(rows.pop(TARGETS[name]), return_inverse=True)[1]
    x = rows.drop(columns=NUMBERS_OF_ROWS, errors="ignore")
    words = x.select_dtypes(exclude="number").columns  # of crabs: the sex
    return x.assign(**{w: x[w] == x[w].max() for w in words}).to_numpy(float), y


R_SETS = {name.split("/")[1]: partial(_read, name) for name in TARGETS}  # as sklearn.datasets has
