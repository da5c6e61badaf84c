"""What was observed at the steps of a forecast."""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayesneuron.data.recordings import recording_of
from bayesneuron.data.series import as_series
from bayesneuron.data.times import as_times
from bayesneuron.numerics.arrays import as_numbers
from bayesneuron.numerics.checks import check_type

NEAR = 0.1  # of a step
ENTRIES = ("start", "step", "channel")


def check_forecast(forecast: Any) -> None:
    """Raise ValueError unless this is what `bayesneuron.forecast` returns."""
    check_type("forecast", forecast, xr.DataTree, "bn.forecast")
    missing = {"forecast", "summary", "history", "references"} - set(forecast.children)
    if missing:
        raise ValueError(
            f"forecast: expected the result of bn.forecast, missing groups {sorted(missing)}"
        )


def entries_of(data: xr.DataArray) -> np.ndarray:
    """Values with axes (..., start, step, channel), of length one where there is no such dim."""
    own = [dim for dim in ENTRIES if dim in data.dims]
    others = [dim for dim in data.dims if dim not in ENTRIES]
    values = data.transpose(*others, *own).values
    for axis, dim in enumerate(ENTRIES, start=len(others)):
        if dim not in data.dims:
            values = np.expand_dims(values, axis)
    return values


def held_out(forecast: xr.DataTree, observed: Any) -> np.ndarray:
    """What was observed, (start, step, channel), NaN where nothing was.

    Parameters
    ----------
    forecast : DataTree
        From `bayesneuron.forecast`.
    observed : DataArray, Series, DataFrame or array_like
        A series with time stamps, of which those of the forecast are taken, where both have such;
        otherwise the samples from step 1 on, ([start,] step[, channel]).

    Raises
    ------
    ValueError
        If nothing was observed at the times of the forecast, or the shape does not fit.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> model = bn.load("two_layer", inputs=2, hidden=1, outputs=1)
    >>> draws = bn.prior(model, np.zeros((1, 2)), samples=5)
    >>> ahead = bn.forecast(draws, [0.0, 1.0], 3)
    >>> held_out(ahead, [2.0, 5.0])[0, :, 0].tolist()
    [2.0, 5.0, nan]
    """
    mean = forecast["summary"].to_dataset()["mean"]
    shape = entries_of(mean).shape
    if "time" in mean.coords and _has_times(observed):
        series = as_series(observed)
        if "channel" in mean.coords and "channel" in series.coords:  # some may not be forecast
            wanted = mean["channel"].values
            if np.isin(wanted, series["channel"].values).all():
                series = series.sel(channel=wanted)
        values = series.values.reshape(len(series), -1)
        if values.shape[1] != shape[2]:
            raise ValueError(f"observed: expected {shape[2]} channels, got {values.shape[1]}")
        wanted, stamps = np.atleast_2d(mean["time"].values), series["time"].values
        own, labels = recording_of(series), mean.coords.get("recording")
        at = np.full(wanted.shape, -1)
        for start, times in enumerate(wanted):
            same = np.arange(len(series))  # recordings may share their times
            if own is not None and labels is not None:
                same = np.flatnonzero(own == np.atleast_1d(labels.values)[start])
            if len(same):
                place = places_at(times, stamps[same])
                at[start] = np.where(place < 0, -1, same[place])
        if (at < 0).all():
            raise ValueError(
                "observed: expected samples at the times of the forecast, from "
                f"{np.ravel(mean['time'].values)[0]} on, got none (leave it out if there are none)"
            )
        return np.where((at >= 0)[..., None], values[at], np.nan)
    values = as_numbers("observed", observed).astype(float)
    dims = [dim for dim in ENTRIES if dim in mean.dims]
    shown = values.shape
    if values.ndim != len(dims):
        raise ValueError(f"observed: expected axes {tuple(dims)}, got shape {shown}")
    for axis, dim in enumerate(ENTRIES):
        if dim not in dims:
            values = np.expand_dims(values, axis)
    if (values.shape[0], values.shape[2]) != (shape[0], shape[2]) or not values.shape[1]:
        raise ValueError(
            f"observed: expected axes {tuple(dims)} of {mean.shape}, got shape {shown}"
        )
    result = np.full(shape, np.nan)
    known = min(shape[1], values.shape[1])
    result[:, :known] = values[:, :known]
    return result


def _has_times(observed: Any) -> bool:
    if isinstance(observed, xr.DataArray):
        stamped = "time" in observed.dims and "time" in observed.coords
        return stamped and as_times(observed["time"].values) is not None
    return isinstance(observed, pd.Series | pd.DataFrame)


def places_at(wanted: np.ndarray, stamps: np.ndarray) -> np.ndarray:
    """Place of the sample at each time, -1 where there is none.

    Times of samples are rounded, so the nearest within a tenth of a step is the one.
    """
    both = as_times(stamps), as_times(wanted)
    assert both[0] is not None
    assert both[1] is not None
    if both[0].dtype.kind == "M":
        first = both[0].min()  # doubles hold no nanoseconds since 1970
        both = tuple((v - first).astype("timedelta64[ns]").astype(np.int64) for v in both)
    known, times = (np.asarray(v, float) for v in both)
    order = np.argsort(known)
    after = np.clip(np.searchsorted(known[order], times), 1, max(len(known) - 1, 1))
    pair = np.stack([order[after - 1], order[np.minimum(after, len(known) - 1)]])
    nearest = np.where(np.abs(known[pair[0]] - times) <= np.abs(known[pair[1]] - times), *pair)
    step = np.median(np.diff(known)) if len(known) > 1 else 1.0
    close = np.abs(known[nearest] - times) <= NEAR * abs(step)
    return np.where(close, nearest, -1)
