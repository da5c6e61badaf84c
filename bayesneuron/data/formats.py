"""Files of other formats as the same rows of text: Parquet and Excel; and NumPy's arrays."""

import datetime
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayesneuron.data.delimited import PACKED, Layout, Table, read_text, skipped_rows, tabulate
from bayesneuron.numerics.files import parsed

TEXT = ("", ".csv", ".tsv", ".txt", ".dat", ".asc", ".data", ".tab", ".prn", ".log", *PACKED)


def read_table(path: Path, layout: Layout, *, pad: bool) -> Table:
    """Read a file of any format that has columns.

    Raises
    ------
    ValueError
        If the format is not known, its package is not installed, or an option is not for it.
    """
    suffix = path.suffix.lower()
    if suffix in (".parquet", ".pq"):
        only(path, layout)
        return _parquet(path)
    if suffix in (".xlsx", ".xlsm"):
        only(path, layout, "skip_rows", "comment", "header", "sheet", "decimal")
        return _excel(path, layout, pad=pad)
    if suffix not in TEXT:
        raise ValueError(
            f"{path}: expected a text file with a header (.csv, .txt, …), .npy, .parquet or .xlsx, "
            f"got {suffix}"
        )
    only(path, layout, *(name for name in vars(layout) if name != "sheet"))
    return read_text(path, layout, pad=pad)


def only(path: Path, layout: Layout, *names: str) -> None:
    """Raise ValueError if an option is set that such a file does not have."""
    usual = Layout()
    for name, value in vars(layout).items():
        if name not in names and value != getattr(usual, name):
            raise ValueError(
                f"{path}: {name} is not an option of {path.suffix or 'text'} files, got {value!r}"
            )


def read_array(path: Path, column: Any, attrs: dict[str, str]) -> xr.DataArray:
    """Read a ``.npy`` file: all its columns, or those of some numbers.

    Raises
    ------
    ValueError
        If it holds no array of numbers with one or two axes, or there is no such column.
    """
    with parsed(path, "an array of numbers"):
        values = np.load(path, allow_pickle=False)
    if not isinstance(values, np.ndarray) or values.ndim not in (1, 2):
        shape = getattr(values, "shape", None)
        raise ValueError(f"{path}: expected shape (time,) or (time, channel), got {shape}")
    if column is not None:
        width = values.shape[1] if values.ndim == 2 else 1
        chosen = list(column) if isinstance(column, list | tuple) else [column]
        for one in chosen:
            whole = isinstance(one, int | np.integer) and not isinstance(one, bool)
            if not whole or not 0 <= one < width:
                raise ValueError(
                    f"{path}: expected column numbers 0 to {width - 1}, got {one!r}; columns of "
                    "an array have no names"
                )
        values = values.reshape(len(values), width)[:, chosen]
        values = values if isinstance(column, list | tuple) else values[:, 0]
    return xr.DataArray(values, dims=("time", "channel")[: values.ndim], attrs=attrs)


def _parquet(path: Path) -> Table:
    if find_spec("pyarrow") is None:
        raise ValueError(f'{path}: needs pyarrow: pip install "bayesneuron[files]"')
    with parsed(path, "a Parquet file"):
        frame = pd.read_parquet(path)
        if not isinstance(frame.index, pd.RangeIndex):
            frame = frame.reset_index()
        columns = [_texts(frame.iloc[:, j].tolist()) for j in range(frame.shape[1])]
    rows = [list(cells) for cells in zip(*columns, strict=True)]
    if not rows:
        raise ValueError(f"{path}: expected at least one row, got none")
    names = [str(name) for name in frame.columns]
    return Table(names, rows, list(range(1, len(rows) + 1)), [], named=True)


def _excel(path: Path, layout: Layout, *, pad: bool) -> Table:
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise ValueError(f'{path}: needs openpyxl: pip install "bayesneuron[files]"') from None
    skipped = skipped_rows(layout.skip_rows)
    with parsed(path, "an Excel file"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of decorations that it does not read
        book = load_workbook(path, read_only=True, data_only=True)
        sheet = book[_sheet(path, book.sheetnames, layout.sheet)]
        rows = [
            (number, _texts(list(cells)))
            for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1)
            if not skipped(number)
        ]
        book.close()
    mark = layout.comment
    rows = [
        (number, cells)
        for number, cells in rows
        if not (mark and cells and cells[0].lstrip().startswith(mark))
    ]
    # sheets are rectangles: cells beyond the header's last are empty
    return tabulate(path, rows, layout, pad=pad)


def _sheet(path: Path, names: list[str], wanted: str | None) -> str:
    if (wanted is None and len(names) > 1) or (wanted is not None and wanted not in names):
        raise ValueError(f"{path}: expected a sheet, one of {names}, got {wanted!r}")
    return wanted or names[0]


def _texts(values: list[Any]) -> list[str]:
    return [_text(value) for value in values]


def _text(value: Any) -> str:
    if value is None or value is pd.NaT or value is pd.NA:
        return ""
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat()
    return str(value).strip()
