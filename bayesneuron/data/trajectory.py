"""From windows back to a series."""

import numpy as np
import xarray as xr

from bayesneuron.data.row import row_of
from bayesneuron.data.transform import transform_of


def channels_of(y: xr.DataArray) -> int:
    """Channels that lie side by side in each sample of windows or targets.

    Examples
    --------
    >>> from bayesneuron.data import windows
    >>> x, y = windows([[1.0, 5.0], [2.0, 6.0], [3.0, 4.0], [4.0, 9.0]], 2)
    >>> channels_of(x), channels_of(y)
    (2, 2)
    """
    row, inputs = row_of(y), y.dims[-1] == "input"
    if not row.plain:
        return len(row.channels.names if inputs else row.targets)
    forecast = y.attrs.get("target") == "forecast" and y.dims[-1] == "output"
    steps = y.attrs.get("horizon" if forecast else "history", y.shape[-1])
    return max(1, y.shape[-1] // steps)


def window_of(x: xr.DataArray, values: np.ndarray) -> np.ndarray:
    """The columns of the window among those of `values`, (observation, input).

    Examples
    --------
    >>> from bayesneuron.data import windows
    >>> x, _ = windows([1.0, 2.0, 3.0], 1, exogenous=[7.0, 8.0, 9.0], standardize=False)
    >>> window_of(x, x.values).tolist()
    [[1.0], [2.0]]
    """
    plain = row_of(x).plain
    return values if plain else values[:, : int(x.attrs["history"]) * channels_of(x)]


def one_channel(y: xr.DataArray, channel: int) -> xr.DataArray:
    """The entries of one channel, with its own scaling and name.

    Examples
    --------
    >>> from bayesneuron.data import windows
    >>> _, y = windows([[1.0, 50.0], [2.0, 60.0], [3.0, 40.0]], 1, 2, standardize=False)
    >>> one_channel(y, 1).values.tolist()
    [[60.0, 40.0]]
    """
    count = channels_of(y)
    if count == 1:
        return y
    own = y[:, channel::count]
    attrs = {
        name: value if np.ndim(value) == 0 else list(value)[channel::count]
        for name, value in y.attrs.items()
        if name in ("center", "scale")
    }
    names = y.attrs.get("channels", [f"channel {c}" for c in range(count)])
    return own.assign_attrs(**attrs, channel=names[channel])


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
    back = np.arange(y.shape[1])[::-1]
    if y.attrs.get("target") == "reconstruct":
        back = back * transform_of(y).delay
    places = y["last_sample"].values[:, None] - back
    samples, back = np.unique(places, return_inverse=True)
    back = back.ravel()
    return samples, np.bincount(back, values.ravel()) / np.bincount(back)
