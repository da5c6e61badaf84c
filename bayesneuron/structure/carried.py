"""The data that draws were made with, where none are given."""

from typing import Any

import xarray as xr

from bayesneuron.geometry._activations import carried_x


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
    return carried_x(draws), None if observed is None else observed["y"].values
