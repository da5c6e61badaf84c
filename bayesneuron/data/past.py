"""Which rows lie wholly in the past of a row, where rows are windows of a series."""

from typing import Any

import numpy as np
import xarray as xr


def earlier_rows(x: Any, y: Any) -> np.ndarray | None:
    """Number of first rows whose targets all end before the first target of each row.

    Parameters
    ----------
    x, y : array_like
        Windows and targets.

    Returns
    -------
    ndarray of int, shape (observation,), or None
        None unless rows are windows, in order of time, of which some overlap.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows([1.0, 2.0, 4.0, 3.0, 5.0, 2.0, 1.0], history=2, horizon=2)
    >>> earlier_rows(x, y).tolist()
    [0, 0, 1, 2]
    """
    labels = ("first_sample", "last_sample")
    if not isinstance(x, xr.DataArray) or not set(labels) <= set(x.coords):
        return None
    first, last = (np.asarray(x[name]) for name in labels)
    if len(first) < 2 or (np.diff(first) <= 0).any() or (first[1:] > last[:-1]).all():
        return None
    if "first_target" in x.coords:
        begins = np.asarray(x["first_target"])
        return np.minimum(np.searchsorted(last, begins, side="left"), np.arange(len(last)))
    # windows of one series are equally long; samples of other recordings have other numbers
    begins = last - _width(x, y, int(last[0] - first[0]) + 1) + 1
    return np.minimum(np.searchsorted(last, begins, side="left"), np.arange(len(last)))


def _width(x: xr.DataArray, y: Any, reach: int) -> int:
    """Samples that the targets of a window cover, of `reach` samples that the window covers."""
    if x.attrs.get("target") == "forecast" and "horizon" in x.attrs:
        return int(x.attrs["horizon"])
    inputs, targets = np.asarray(x), np.asarray(y)
    if inputs.shape == targets.shape and np.array_equal(inputs, targets):  # reconstruction
        return reach
    channels = (inputs.shape[1] + targets[0].size) // reach
    return targets[0].size // max(channels, 1)
