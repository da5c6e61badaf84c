"""Recordings of a series: runs of samples under one label, which no window or block crosses.

The label stands in a coordinate ``recording`` along the first axis. A label that comes back after
another one begins a new recording.
"""

from typing import Any

import numpy as np
import xarray as xr


def recording_of(*data: Any) -> np.ndarray | None:
    """Labels along the first axis, from the first of `data` that carries them.

    Returns
    -------
    ndarray or None
        One label per sample or observation; None where nothing carries any.

    Examples
    --------
    >>> coords = {"recording": ("time", ["a", "a", "b"])}
    >>> recording_of(xr.DataArray([1.0, 2.0, 3.0], dims="time", coords=coords)).tolist()
    ['a', 'a', 'b']
    """
    for part in data:
        if isinstance(part, xr.DataArray) and "recording" in part.coords:
            labels = part.coords["recording"]
            if labels.dims == part.dims[:1]:
                return labels.values
    return None


def recording_lengths(recording: np.ndarray | None, count: int) -> np.ndarray:
    """Lengths of the recordings, in order; one of length `count` where there are no labels.

    Parameters
    ----------
    recording : ndarray, shape (count,), or None
    count : int
        Samples or observations in all.

    Raises
    ------
    ValueError
        If there is not one label per sample.

    Examples
    --------
    >>> recording_lengths(np.array(["a", "a", "b", "a"]), 4).tolist()
    [2, 1, 1]
    """
    if recording is None:
        return np.array([count])
    recording = np.asarray(recording)
    if recording.shape != (count,):
        raise ValueError(f"recording: expected shape ({count},), got {recording.shape}")
    change = np.flatnonzero(recording[1:] != recording[:-1]) + 1
    return np.diff(np.concatenate([[0], change, [count]]))


def by_recording(values: np.ndarray, lengths: np.ndarray, axis: int = 0) -> list[np.ndarray]:
    """Cut `values` along an axis into one piece per recording.

    Examples
    --------
    >>> [piece.tolist() for piece in by_recording(np.arange(4), np.array([3, 1]))]
    [[0, 1, 2], [3]]
    """
    return np.split(values, np.cumsum(lengths)[:-1], axis=axis)
