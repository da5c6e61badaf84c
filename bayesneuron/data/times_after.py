"""Time stamps that continue those of a series."""

import re
import warnings
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayesneuron.data.times import as_times

Step = str | np.timedelta64 | float  # a calendar step of pandas, a length of time, a number

_TO_INFER = 3  # stamps that pandas needs to see months, quarters or business days


def time_of(at: Any, times: np.ndarray) -> Any:
    """A moment of the same kind as `times`: datetime64 in UTC, or a number.

    Raises
    ------
    ValueError
        If it is no date, where times are dates, or no number, where they are numbers.

    Examples
    --------
    >>> time_of("1958-01", np.array(["1957-12-01"], "datetime64[ns]")).astype("datetime64[D]")
    np.datetime64('1958-01-01')
    """
    dated = times.dtype.kind == "M"
    if dated and isinstance(at, str) and re.match(r"\s*\d{1,2}[/.-]\d{1,2}[/.-]\d", at):
        raise ValueError(f"at: expected a date with the year first, as 2019-02-03, got {at!r}")
    if not dated and isinstance(at, int | float | np.number) and not isinstance(at, bool):
        return float(at)
    if dated and not isinstance(at, int | float | np.number):
        try:
            moment = at.to_timestamp() if isinstance(at, pd.Period) else pd.Timestamp(at)
        except (ValueError, TypeError):
            moment = pd.NaT
        if moment is not pd.NaT:
            return (moment if moment.tz is None else moment.tz_convert(None)).to_datetime64()
    kind = "date, such as '2019-02' or '2019-02-03'" if dated else "number"
    raise ValueError(f"at: expected a {kind}, got {at!r}")


def usual_step(times: Any) -> Step | None:
    """The step of stamps in order: of the calendar where there is one, else the median.

    None where no step is known: a single stamp, or labels that are no times.

    Examples
    --------
    >>> usual_step(np.array([0.0, 0.5, 1.0]))
    0.5
    >>> usual_step(pd.date_range("2024-11-30", periods=3, freq="ME"))
    'ME'
    """
    stamps = as_times(times)
    if stamps is None or len(stamps) < 2:
        return None
    if np.asarray(times).dtype.kind != "m" and stamps.dtype.kind != "M":
        return float(np.median(np.diff(stamps)))
    freq = _calendar_step(stamps)
    if freq is not None:
        return freq
    lengths = np.diff(stamps)
    whole = lengths.astype("timedelta64[ns]").astype(np.int64)
    return np.timedelta64(round(float(np.median(whole))), "ns")


def step_of_windows(x: xr.DataArray) -> Step | None:
    """The step between samples, from the time stamps that windows of a series carry.

    Examples
    --------
    >>> from bayesneuron.data import windows
    >>> days = pd.date_range("2024-01-01", periods=8, freq="D")
    >>> x, _ = windows(pd.Series([1.0, 3.0, 2.0, 5.0, 4.0, 7.0, 6.0, 8.0], days), 3)
    >>> step_of_windows(x)
    'D'
    """
    if not {"time", "first_sample"} <= set(x.coords) or x["time"].dims != x.dims[:1]:
        return None
    places, times = x["first_sample"].values, as_times(x["time"].values)
    if len(x) < 2 or times is None:
        return None
    apart = np.diff(places)
    same = np.ones(len(apart), bool)
    if "recording" in x.coords:
        same = x["recording"].values[1:] == x["recording"].values[:-1]
    runs = np.split(np.arange(len(x)), np.flatnonzero((apart != 1) | ~same) + 1)
    longest = max(runs, key=len)
    if len(longest) >= _TO_INFER:
        return usual_step(x["time"].values[longest])
    return _equal_step(np.diff(times)[same], apart[same])


def _equal_step(lengths: np.ndarray, apart: np.ndarray) -> Step | None:
    """The step between samples, from pairs that lie `apart`; None where it differs."""
    if not len(apart) or (apart <= 0).any():
        return None
    dated = lengths.dtype.kind == "m"
    steps = (lengths.astype("timedelta64[ns]").astype(np.int64) if dated else lengths) / apart
    step = float(np.median(steps))
    if np.ptp(steps) > 1e-6 * abs(step):
        return None
    return np.timedelta64(round(step), "ns") if dated else step


def times_after(last: Any, step: Step, count: int) -> np.ndarray:
    """The `count` time stamps that follow `last`.

    Examples
    --------
    >>> times_after(np.datetime64("2025-01-31"), "ME", 2).astype("datetime64[D]")[0].item().day
    28
    >>> times_after(7, 1.0, 3).tolist()
    [8, 9, 10]
    """
    ahead = np.arange(1, count + 1)
    if isinstance(step, str):
        return pd.date_range(pd.Timestamp(last), periods=count + 1, freq=step).to_numpy()[-count:]
    if isinstance(step, np.timedelta64):
        return np.asarray(last) + ahead * step
    following = float(last) + step * ahead
    whole = np.asarray(last).dtype.kind in "iu" and float(step).is_integer()
    return following.astype(np.int64) if whole else following


def _calendar_step(stamps: np.ndarray) -> str | None:
    if stamps.dtype.kind != "M" or len(stamps) < _TO_INFER:
        return None
    with warnings.catch_warnings():  # pandas 3 warns that pandas 4 returns an offset, no string
        warnings.simplefilter("ignore")
        freq = pd.infer_freq(pd.DatetimeIndex(stamps))
    return None if freq is None else str(getattr(freq, "freqstr", freq))
