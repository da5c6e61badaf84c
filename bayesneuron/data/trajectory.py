"""From windows back to a series."""

import numpy as np
import xarray as xr


def average_windows(values: np.ndarray, y: xr.DataArray) -> tuple[np.ndarray, np.ndarray]:
    """Average all values that windows give for one sample (SSA's diagonal averaging).

    Parameters
    ----------
    values : ndarray, shape (observation, output)
        One value for each entry of `y`.
    y : DataArray
        Targets from `bayesneuron.windows`, of one channel.

    Returns
    -------
    samples : ndarray of int
        Samples of the series that some target covers.
    means : ndarray

    Raises
    ------
    ValueError
        If `y` is not from `bayesneuron.windows` or the shapes differ.

    Examples
    --------
    >>> from bayesneuron.data import windows
    >>> x, y = windows([1.0, 2.0, 3.0, 5.0], 2, target="reconstruct", standardize=False)
    >>> samples, means = average_windows(y.values, y)
    >>> samples.tolist(), means.tolist()
    ([0, 1, 2, 3], [1.0, 2.0, 3.0, 5.0])
    """
    if "last_sample" not in getattr(y, "coords", {}):
        raise ValueError("average_windows: expected targets from bn.windows, got other data")
    values = np.asarray(values, float)
    if values.shape != y.shape:
        raise ValueError(f"average_windows: expected shape {y.shape}, got {values.shape}")
    width = y.shape[1]
    places = y["last_sample"].values[:, None] - (width - 1) + np.arange(width)
    samples, back = np.unique(places, return_inverse=True)
    back = back.ravel()
    return samples, np.bincount(back, values.ravel()) / np.bincount(back)
