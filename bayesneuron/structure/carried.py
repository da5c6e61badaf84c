"""What draws bring along: one numbering of their neurons, and the data they were made with."""

from typing import Any

import numpy as np
import xarray as xr

from bayesneuron.alignment import align


def aligned(draws: xr.DataTree) -> xr.DataTree:
    """The draws themselves where they are aligned, else all of them aligned."""
    return draws if draws.attrs.get("aligned") else align(draws)


def inputs_of(draws: xr.DataTree) -> np.ndarray:
    """The inputs that the draws carry.

    Raises
    ------
    ValueError
        If they carry none.
    """
    if "constant_data" not in draws.children or "x" not in draws["constant_data"]:
        raise ValueError("x: expected inputs, since these draws carry none; got none")
    return np.asarray(draws["constant_data"]["x"])


def data_or_carried(draws: xr.DataTree, x: Any, y: Any) -> tuple[Any, Any]:
    """The data given, x with or without y, or else both as the draws carry them.

    Raises
    ------
    ValueError
        If y is given without x, or neither and the draws carry no inputs.
    """
    if x is not None:
        return x, y
    if y is not None:
        raise ValueError("x: expected the inputs that y was observed at, got y alone")
    observed = draws.children.get("observed_data")
    return inputs_of(draws), None if observed is None else observed["y"].values
