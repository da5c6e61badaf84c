"""A user's own file as a series."""

import codecs
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from bayesneuron.data.cells import labels, numbers
from bayesneuron.data.columns import check_totals, chosen_columns, place_of, time_column
from bayesneuron.data.delimited import NAMED, Layout, Table
from bayesneuron.data.formats import only, read_array, read_table
from bayesneuron.data.missing import WAYS, suspected_code
from bayesneuron.data.series import complete
from bayesneuron.numerics.checks import check_choice, check_count, check_finite, check_positive
from bayesneuron.numerics.files import parsed

Column = str | int
DONE = {
    "drop": "missing samples left out",
    "interpolate": "missing samples interpolated",
    "split": "cut where samples are missing",
}


def read_series(
    path: str | Path,
    *,
    column: Column | Sequence[Column] | None = None,
    recording: Column | None = None,
    time: Column | None = None,
    units: str = "",
    missing: str = "raise",
    missing_values: Sequence[float | str] | None = None,
    separator: str | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
    skip_rows: int | Sequence[int] = 0,
    comment: str = "#",
    header: bool | None = None,
    sheet: str | None = None,
) -> xr.DataArray:
    r"""Read a series from a file: text with columns, Parquet, Excel, or NumPy's ``.npy``.

    Parameters
    ----------
    path : str or Path
        Text may be compressed (``.gz``, ``.bz2``, ``.xz``). Parquet and Excel need
        ``bayesneuron[files]``.
    column : str, int or sequence of them, optional
        By name, or by number from 0; several make a series of several channels. May be left out
        where only one column is numeric, and for arrays, of which all columns are read.
    recording : str or int, optional
        Column that labels recordings; no window will cross from one to the next.
    time : str or int, optional
        Column of time stamps, dates or numbers. By default the first column of dates (with times
        of day in the next), or one of numbers that is named ``time``, ``t``, ``timestamp``,
        ``date`` or ``year``. An empty name: none.
    units : str
        Of the values, for figures and tables; by default those that a TOA5 file states.
    missing : {"raise", "drop", "interpolate", "split"}
        What to do where values are missing or time stamps skip a step, see `as_series`.
    missing_values : sequence of float or str, optional
        What stands for a missing value beside empty cells and words such as ``NA``. By default a
        number such as -9999 far from all others is refused; an empty sequence takes it as data.
    separator, decimal : str, optional
        By default recognised: comma, semicolon, tab, bar or blanks; point or comma.
    encoding : str, optional
        By default UTF-8, or UTF-16 where the file begins with its mark.
    skip_rows : int or sequence of int
        Rows at the top of the file, or rows of these numbers, from 1 as an editor counts them.
    comment : str
        Lines that begin with it are left out; where the last of them above the data has as many
        cells, it is the header.
    header : bool, optional
        Whether the first row holds names. By default it must, unless comments stand above it.
    sheet : str, optional
        Of an Excel file that has several.

    Returns
    -------
    DataArray, dim (time,), or dims (time, channel) for several columns
        With coordinates ``time`` and ``recording`` where there are such columns.

    Raises
    ------
    ValueError
        If the file is not as described or an option is not valid. The message names the file, the
        row or column, what was expected and what is there.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(f"{folder}/a.csv").write_text("day;speed\n2024-01-01;1,5\n2024-01-02;2,5\n")
    ...     series = read_series(f"{folder}/a.csv", column="speed")
    >>> series.values.tolist(), series.attrs["source"]
    ([1.5, 2.5], 'a.csv')
    """
    if not isinstance(path, str | PathLike):
        raise ValueError(f"path: expected the name of a file, got {path!r}")
    path = Path(path)
    check_choice("missing", missing, WAYS)
    layout = _layout(separator, decimal, encoding, skip_rows, comment, header, sheet)
    codes = _codes(missing_values)
    if not path.is_file():
        kind = "a folder" if path.is_dir() else "none"
        raise ValueError(f"{path}: expected a file, got {kind}")
    attrs = {"units": units, "source": path.name}
    if path.suffix.lower() == ".npy":
        only(path, layout)
        for name, value in (("recording", recording), ("time", time)):
            if value is not None and value != "":
                raise ValueError(f"{path}: {name} is not an option of .npy files, got {value!r}")
        data, rows = read_array(path, column, attrs), None
        if data.dtype.kind in "iuf":
            data = data.where(~np.isin(data, [c for c in codes or () if not isinstance(c, str)]))
    else:
        with parsed(path, "rows of numbers"):
            table = read_table(path, layout, pad=missing != "raise")
            data = _series(path, table, column, recording, time, layout, codes or ())
        rows = table.lines
        if not units and table.units:
            of_columns = {table.units[table.names.index(name)] for name in _names(data)}
            data.attrs["units"] = of_columns.pop() if len(of_columns) == 1 else ""
        data.attrs = {**attrs, **{k: v for k, v in data.attrs.items() if v}}

    def place(i: int) -> str:
        return f"at sample {i}" if rows is None else f"in row {rows[i]}"

    where = f"{path}, column {data.name!r}" if data.name is not None else f"{path}"
    try:
        if codes is None and data.dtype.kind in "iuf":
            _check_codes(data, place)
        series = complete(data, missing, place)
    except (ValueError, OverflowError) as error:  # of dates too far apart
        other = " (time='': no column is that of time)" if str(error).startswith("time") else ""
        raise ValueError(f"{where}: {error}{other}") from None
    how = DONE.get(series.attrs.get("missing", ""))
    return series.assign_attrs(source=f"{path.name}, {how}") if how else series


def _series(
    path: Path,
    table: Table,
    column: Any,
    recording: Any,
    time: Any,
    layout: Layout,
    codes: Sequence[float | str],
) -> xr.DataArray:
    """The chosen columns as a DataArray, missing cells as NaN."""
    where = [f"row {line}" for line in table.lines]
    by = None if recording is None else place_of(path, table, recording)
    stamps = time_column(path, table, time, recording=by, chosen=column)
    at = None if stamps is None else stamps[0]
    places = chosen_columns(path, table, column, others=[by, at], decimal=layout.decimal)
    if by in places:
        name = table.names[places[places.index(by)]]
        raise ValueError(f"{path}: expected two columns, got {name!r} for both")
    values = []
    for j in places:
        try:
            values.append(numbers(table.column(j), where, decimal=layout.decimal, codes=codes))
        except ValueError as error:
            raise ValueError(f"{path}, column {table.names[j]!r}: {error}") from None
    check_totals(path, table, places)
    coords: dict[str, Any] = {}
    if stamps is not None:
        coords["time"] = stamps[1]
    if by is not None:
        try:
            coords["recording"] = ("time", labels(table.column(by), where))
        except ValueError as error:
            raise ValueError(f"{path}, column {table.names[by]!r}: {error}") from None
    if isinstance(column, list | tuple):
        coords["channel"] = [table.names[j] for j in places]
        return xr.DataArray(np.stack(values, axis=1), dims=("time", "channel"), coords=coords)
    return xr.DataArray(values[0], dims="time", coords=coords, name=table.names[places[0]])


def _names(data: xr.DataArray) -> list[str]:
    return data["channel"].values.tolist() if "channel" in data.coords else [str(data.name)]


def _check_codes(data: xr.DataArray, place: Any) -> None:
    values = data.values.reshape(len(data), -1)
    for channel in values.T:
        finite = np.isfinite(channel)
        code = suspected_code(channel[finite]) if finite.any() else None
        if code is not None:
            first = place(int(np.flatnonzero(finite)[code.places[0]]))
            raise ValueError(
                f"expected values, got {code}, first {first}: for missing values say "
                f"missing_values=[{code.value:.15g}], for data missing_values=[] (none)"
            )


def _layout(
    separator: Any, decimal: Any, encoding: Any, skip: Any, comment: Any, header: Any, sheet: Any
) -> Layout:
    if separator is not None:
        separator = NAMED.get(separator, separator) if isinstance(separator, str) else separator
        if not isinstance(separator, str) or len(separator) != 1 or separator in '"\r\n':
            raise ValueError(f"separator: expected one character, got {separator!r}")
    if decimal is not None:
        check_choice("decimal", decimal, (".", ","))
    if encoding is not None:
        try:
            codecs.lookup(encoding)
        except (LookupError, TypeError):
            raise ValueError(f"encoding: expected the name of one, got {encoding!r}") from None
    if isinstance(skip, list | tuple):
        for number in skip:
            check_positive(skip_rows=number)
        skip = tuple(skip)
    else:
        check_count(skip_rows=skip)
    if not isinstance(comment, str):
        raise ValueError(f"comment: expected text, got {comment!r}")
    if header is not None and not isinstance(header, bool):
        raise ValueError(f"header: expected True, False or None, got {header!r}")
    return Layout(separator, decimal, encoding, skip, comment, header, sheet)


def _codes(values: Any) -> tuple[float | str, ...] | None:
    if values is None:
        return None
    if isinstance(values, str | int | float):
        raise ValueError(f"missing_values: expected a list, got {values!r}")
    for value in (v for v in values if not isinstance(v, str)):
        check_finite(missing_values=value)
    return tuple(v if isinstance(v, str) else float(v) for v in values)
