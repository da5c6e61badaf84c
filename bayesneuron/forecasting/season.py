"""The period of a series: as it says, of its calendar, or where its autocorrelation peaks."""

import re
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayesneuron.data.recordings import by_recording, recording_lengths, recording_of
from bayesneuron.data.times import as_times
from bayesneuron.data.times_after import usual_step

# Samples in a season by the step of the calendar, as forecasters set it (Hyndman and
# Athanasopoulos, "Forecasting: Principles and Practice", 3rd ed. 2021, section 2.1).
CALENDAR = {"M": 12, "ME": 12, "MS": 12, "Q": 4, "QE": 4, "QS": 4, "W": 52, "D": 7, "B": 5, "h": 24}
CLEAR = 0.3  # autocorrelation at the period, below which there is none
SAME = 0.8  # of the highest autocorrelation, above which a part of that period is the season


def period_of(series: xr.DataArray) -> int | None:
    """Samples in a season; None where none shows.

    In this order: the attribute ``period`` of the series, the season that goes with steps of its
    calendar, and the highest peak of the autocorrelation after it was negative. Seasons of which
    there are no two are passed over.

    Parameters
    ----------
    series : DataArray
        From `bayesneuron.as_series`.

    Examples
    --------
    >>> from bayesneuron.data import as_series
    >>> period_of(as_series(np.sin(np.arange(100) * 2 * np.pi / 12)))
    12
    >>> period_of(as_series(np.arange(50.0))) is None
    True
    """
    longest = int(recording_lengths(recording_of(series), len(series)).max())
    for period in (series.attrs.get("period"), _of_calendar(series)):
        if period is not None and 2 <= period <= longest // 2:
            return round(float(period))
    return _of_correlation(series)


def _of_calendar(series: xr.DataArray) -> int | None:
    if "time" not in series.coords:
        return None
    stamps = as_times(series["time"].values)
    if stamps is None or stamps.dtype.kind != "M":
        return None
    step = usual_step(stamps[:50])
    if isinstance(step, str):
        return CALENDAR.get(re.split(r"-", step)[0])
    if not isinstance(step, np.timedelta64):
        return None
    hours = round(float(step / np.timedelta64(1, "m")) / 60, 6)  # pyright: ignore
    if hours == 24 and not np.isin(pd.DatetimeIndex(stamps).day_of_week, (5, 6)).any():
        return CALENDAR["B"]  # with holidays, so that pandas sees no calendar
    return {168: 52, 24: 7, 1: 24}.get(int(hours)) if hours.is_integer() else None


def _of_correlation(series: xr.DataArray) -> int | None:
    """From the longest recording, all channels together, a straight line taken off."""
    from scipy.signal import detrend
    from statsmodels.tsa.stattools import acf

    lengths = recording_lengths(recording_of(series), len(series))
    values: Any = series.values.reshape(len(series), -1)
    piece = detrend(max(by_recording(values, lengths), key=len), axis=0)
    varied = [c for c in piece.T if c.std() > 1e-9 * max(np.abs(values).max(), 1e-300)]
    if len(piece) < 6 or not varied:
        return None
    rho = np.mean([np.asarray(acf(c, nlags=len(piece) // 2, fft=True)) for c in varied], axis=0)
    below = np.flatnonzero(rho < 0)
    if not len(below):
        return None
    peak = int(rho[below[0] :].argmax()) + int(below[0])
    if peak == len(rho) - 1 or rho[peak] < CLEAR:
        return None
    for parts in range(peak // 2, 1, -1):  # a multiple of the season may stand out by chance
        part = round(peak / parts)
        near = rho[part - 1 : part + 2]
        if near.argmax() == 1 and rho[part] > SAME * rho[peak]:
            return part
    return peak
