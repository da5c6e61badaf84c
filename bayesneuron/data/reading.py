"""A user's own series: CSV, NumPy, pandas, xarray."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayesneuron.numerics.arrays import as_numbers


def as_series(series: Any) -> xr.DataArray:
    """Turn a series into a finite DataArray with dims (time,) or (time, channel).

    Raises
    ------
    ValueError
        If it is empty, not numeric, has other than one or two axes, or a value is not finite.

    Examples
    --------
    >>> as_series([1, 2, 4]).dims
    ('time',)
    """
    if isinstance(series, xr.DataArray):
        data = series
        if "time" not in data.dims:
            data = data.rename({data.dims[0]: "time"}) if data.ndim == 1 else data
        if "time" not in data.dims:
            raise ValueError(f"series: expected a dim 'time', got {data.dims}")
        data = data.transpose("time", ...)
    else:
        table = isinstance(series, pd.Series | pd.DataFrame)
        values = as_numbers("series", series.to_numpy() if table else series)
        if values.ndim not in (1, 2):
            raise ValueError(
                f"series: expected (time,) or (time, channel), got shape {values.shape}"
            )
        dims = ("time", "channel")[: values.ndim]
        coords = {"time": series.index.to_numpy()} if table else {}
        data = xr.DataArray(values, dims=dims, coords=coords)
    if data.ndim > 2 or data.size == 0:
        raise ValueError(f"series: expected (time,) or (time, channel), got shape {data.shape}")
    as_numbers("series", data.values)
    bad = np.argwhere(~np.isfinite(data.values))
    if len(bad):
        raise ValueError(
            f"series: expected finite values, got {len(bad)} missing or infinite, "
            f"first at sample {int(bad[0][0])}"
        )
    return data.astype(float)


def read_series(
    path: str | Path, *, column: str | None = None, recording: str | None = None, units: str = ""
) -> xr.DataArray:
    r"""Read one column of a CSV file, or a NumPy ``.npy`` file, as a series.

    Parameters
    ----------
    path : str or Path
    column : str, optional
        Name of the column; may be left out where only one is numeric.
    recording : str, optional
        Column that labels recordings; no window will cross from one to the next.
    units : str
        Of the values, for figures and tables.

    Returns
    -------
    DataArray, dim (time,)

    Raises
    ------
    ValueError
        If the file is missing, empty, without a header or not readable, the column is absent, not
        numeric or that of the recordings, or a value is missing.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(f"{folder}/a.csv").write_text("t,speed\n0,1.5\n1,2.5\n")
    ...     series = read_series(f"{folder}/a.csv", column="speed")
    >>> series.values.tolist(), series.attrs["source"]
    ([1.5, 2.5], 'a.csv')
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"{path}: expected a file, got none")
    attrs = {"units": units, "source": path.name}
    if path.suffix == ".npy":
        try:
            values = np.load(path, allow_pickle=False)
        except ValueError as error:
            raise ValueError(f"{path}: expected an array of numbers: {error}") from None
        return as_series(xr.DataArray(values, dims=("time", "channel")[: values.ndim], attrs=attrs))
    try:
        table = pd.read_csv(path, skip_blank_lines=False)  # a blank line is a missing value
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: expected a CSV file with a header: {error}") from None
    names = np.asarray(pd.to_numeric(pd.Series(table.columns), errors="coerce"), float)
    if column not in table and np.isfinite(names).all():
        raise ValueError(
            f"{path}: expected a header, got numbers: {list(table.columns)}; a column of such a "
            "name has to be asked for by it"
        )
    filled = np.flatnonzero(table.notna().any(axis=1))
    if not len(filled):
        raise ValueError(f"{path}: expected at least one row under the header, got none")
    table = table.iloc[: filled[-1] + 1]  # but not at the end of the file
    column = _column(path, table, column)
    coords = {}
    if recording is not None:
        if recording not in table:
            raise ValueError(f"{path}: expected column {recording!r}, got {list(table.columns)}")
        if recording == column:
            raise ValueError(f"{path}: expected two columns, got {column!r} for both")
        coords["recording"] = ("time", table[recording].to_numpy())
    values = table[column]
    if not pd.api.types.is_numeric_dtype(values):
        numbers = pd.Series(pd.to_numeric(values, errors="coerce"))
        bad = values[numbers.isna() & values.notna()]
        raise ValueError(
            f"{path}: expected numbers in column {column!r}, "
            f"got {bad.iloc[0]!r} in row {bad.index[0] + 2}"
        )
    series = xr.DataArray(
        values.to_numpy(float), dims="time", coords=coords, name=column, attrs=attrs
    )
    try:
        return as_series(series)
    except ValueError as error:
        raise ValueError(f"{path}, column {column!r}: {error}") from None


def _column(path: Path, table: pd.DataFrame, column: str | None) -> str:
    if column is not None:
        if column not in table:
            raise ValueError(f"{path}: expected column {column!r}, got {list(table.columns)}")
        return column
    numeric = list(table.select_dtypes("number").columns)
    if len(numeric) != 1:
        raise ValueError(f"{path}: expected a column name, one of {numeric or list(table.columns)}")
    return numeric[0]
