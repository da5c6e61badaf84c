"""A series in memory: arrays, pandas, xarray, darts."""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayesneuron.data.from_darts import is_darts, of_darts
from bayesneuron.data.missing import WAYS, resolve
from bayesneuron.data.times import Place
from bayesneuron.numerics.arrays import as_numbers
from bayesneuron.numerics.checks import check_choice


def as_series(series: Any, *, missing: str = "raise") -> xr.DataArray:
    """Turn a series into a finite DataArray with dims (time,) or (time, channel).

    Parameters
    ----------
    series : DataArray, Series, DataFrame or array_like, shape (time,) or (time, channel)
        The last level of a MultiIndex is the time, the others label recordings: so do the panels
        of sktime and aeon. Or a TimeSeries of darts, or a list of them, each a recording.
    missing : {"raise", "drop", "interpolate", "split"}
        What to do where a value is missing (NaN) or time stamps skip a step. ``drop`` leaves
        missing values out and lets the samples around a hole follow each other. ``interpolate``
        fills holes on a straight line, so samples depend on later ones: do it after `split` where
        data are held out. ``split`` ends a recording at each hole, so no window crosses it.

    Returns
    -------
    DataArray

    Raises
    ------
    ValueError
        If it is empty, not numeric, has other than one or two axes, a value is infinite, time
        stamps repeat or run backwards, a recording has no label, or samples are missing and
        `missing` is ``"raise"``.

    Notes
    -----
    Time stamps are compared with the usual (median) step of their recording. Months and jitter
    pass; a step of more than 1.5 or less than 0.5 usual ones is a hole. Business days follow each
    other across weekends; a holiday is a hole.

    Examples
    --------
    >>> as_series([1, 2, 4]).dims
    ('time',)
    >>> as_series([1.0, np.nan, 4.0, 5.0], missing="split")["recording"].values.tolist()
    [0, 1, 1]
    >>> as_series([1.0, np.nan, 4.0], missing="interpolate").values.tolist()
    [1.0, 2.5, 4.0]
    """
    check_choice("missing", missing, WAYS)
    if isinstance(series, xr.DataTree):
        raise ValueError("series: expected a series, got draws")
    return complete(_array(series), missing, lambda i: f"at sample {i}")


def complete(data: xr.DataArray, missing: str, place: Place) -> xr.DataArray:
    """A DataArray with the dims of a series, without missing samples.

    Parameters
    ----------
    data : DataArray
    missing : str
        As in `as_series`.
    place : callable
        Where sample i is, in words.

    Raises
    ------
    ValueError
        As in `as_series`.
    """
    if data.ndim not in (1, 2) or data.size == 0:
        raise ValueError(f"series: expected (time,) or (time, channel), got shape {data.shape}")
    as_numbers("series", data.values)
    return resolve(data.astype(float), missing, place)


def _array(series: Any) -> xr.DataArray:
    if isinstance(series, xr.DataArray):
        data = series
        if "time" not in data.dims:
            data = data.rename({data.dims[0]: "time"}) if data.ndim == 1 else data
        if "time" not in data.dims:
            raise ValueError(f"series: expected a dim 'time', got {data.dims}")
        return data.transpose("time", ...)
    if isinstance(series, pd.Series | pd.DataFrame):
        return _of_table(series)
    if is_darts(series):
        table = of_darts(series)
        return _of_table(table.iloc[:, 0] if table.shape[1] == 1 else table)
    values = as_numbers("series", series)
    if values.ndim not in (1, 2):
        raise ValueError(f"series: expected (time,) or (time, channel), got shape {values.shape}")
    return xr.DataArray(values, dims=("time", "channel")[: values.ndim])


def _of_table(table: pd.Series | pd.DataFrame) -> xr.DataArray:
    index = table.index
    coords: dict[str, Any] = {}
    if isinstance(index, pd.MultiIndex):
        labels = [index.get_level_values(k) for k in range(index.nlevels - 1)]
        names = labels[0].to_numpy()
        if len(labels) > 1:
            names = np.array([", ".join(map(str, row)) for row in zip(*labels, strict=True)])
        coords["recording"] = ("time", names)
        index = index.get_level_values(-1)
    coords["time"] = _stamps(index)
    if isinstance(table, pd.Series):
        return xr.DataArray(
            _numbers("series", table), dims="time", coords=coords, name=_name(table)
        )
    columns = [
        _numbers(f"series, column {name!r}", table.iloc[:, k])
        for k, name in enumerate(table.columns)
    ]
    if not columns:
        raise ValueError("series: expected at least one column, got none")
    coords["channel"] = [str(name) for name in table.columns]
    return xr.DataArray(np.stack(columns, axis=1), dims=("time", "channel"), coords=coords)


def _name(table: pd.Series) -> str | None:
    return None if table.name is None else str(table.name)


def _numbers(name: str, column: pd.Series) -> np.ndarray:
    """Missing values of pandas' own kinds of numbers become NaN."""
    own = not isinstance(column.dtype, np.dtype) and pd.api.types.is_numeric_dtype(column.dtype)
    return as_numbers(name, column.to_numpy(float, na_value=np.nan) if own else column.to_numpy())


def _stamps(index: pd.Index) -> np.ndarray:
    if isinstance(index, pd.PeriodIndex):
        index = index.to_timestamp()
    if isinstance(index, pd.DatetimeIndex) and index.tz is not None:
        index = index.tz_convert("UTC").tz_localize(None)
    return index.to_numpy()
