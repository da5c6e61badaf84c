"""Which columns of a table are meant: values, recordings, time; and rows that are no samples."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bayesneuron.data.cells import is_data, is_missing_cell, is_number_or_date, numbers
from bayesneuron.data.delimited import Table
from bayesneuron.data.times import CLOCK, NUMBER, is_missing, is_stamp, odd_one, parse_times

TIMES = ("time", "t", "timestamp", "datetime", "date", "year")
TOTALS = frozenset({
    "total", "totals", "grand total", "subtotal", "sum", "mean", "average", "avg", "median",
    "minimum", "maximum", "min", "max", "std", "stdev", "count", "n",
})  # fmt: skip
MOSTLY = 0.9  # of the cells of a column are dates: it is that of time
CENTURIES = ("18", "19", "20")
FEW = 3  # rows at either end that may be no samples


def place_of(path: Path, table: Table, column: Any) -> int:
    """The place of a column that is asked for by name or by number.

    Raises
    ------
    ValueError
        If there is none, or several have the name.
    """
    if isinstance(column, str):
        name = column.strip()
        count = table.names.count(name)
        if count == 1:
            return table.names.index(name)
        if count:
            where = [j for j, other in enumerate(table.names) if other == name]
            raise ValueError(
                f"{path}: expected one column {name!r}, got {count}: ask by number, one of {where}"
            )
        _check_names(path, table)
        raise ValueError(f"{path}: expected column {column!r}, got {_shown(table.names)}")
    whole = isinstance(column, int | np.integer) and not isinstance(column, bool)
    if not whole or not 0 <= column < len(table.names):
        raise ValueError(
            f"{path}: expected a column by name or number, 0 to {len(table.names) - 1}, got "
            f"{column!r}; columns are {_shown(table.names)}"
        )
    _check_names(path, table, int(column))
    return int(column)


def chosen_columns(
    path: Path, table: Table, column: Any, *, others: Sequence[int | None], decimal: str | None
) -> list[int]:
    """Places of the columns of values; the only numeric one where none is asked for.

    Raises
    ------
    ValueError
        If a column is absent, or it is not clear which is meant.
    """
    if isinstance(column, list | tuple):
        places = [place_of(path, table, one) for one in column]
        if not places or len(set(places)) != len(places):
            raise ValueError(f"{path}: expected different columns, got {list(column)}")
        return places
    if column is not None:
        return [place_of(path, table, column)]
    free = [j for j, name in enumerate(table.names) if name and j not in others]
    numeric = [j for j in free if _is_numeric(table.column(j), decimal)]
    if len(table.names) == 1:
        numeric = [0]
    if len(numeric) != 1:
        names = _shown([table.names[j] for j in numeric or free])
        _check_names(path, table)
        named = "a column name (column=, or --column in the shell)"
        if not numeric:
            raise ValueError(
                f"{path}: expected a column of numbers or {named}, got no numbers in {names}"
            )
        raise ValueError(f"{path}: expected {named}, one of {names}")
    _check_names(path, table, numeric[0])
    return numeric


def time_column(
    path: Path, table: Table, time: Any, *, recording: int | None, chosen: Any
) -> tuple[int, np.ndarray] | None:
    """Place and values of the column of time stamps, or None.

    Raises
    ------
    ValueError
        If the column that is asked for is absent, or holds anything but times.
    """
    if time == "":
        return None
    if time is not None:
        place = place_of(path, table, time)
        return place, _times(path, table, place)
    values = chosen if isinstance(chosen, list | tuple) else [chosen]
    for j, name in enumerate(table.names):
        if j == recording or name in values or j in values:
            continue
        cells = table.column(j)
        first = next((c for c in cells if not is_missing_cell(c)), "")
        stamps = [is_stamp(cell) for cell in cells if cell] if is_stamp(first) else []
        if stamps and np.mean(stamps) > MOSTLY and parse_times([first]) is not None:
            return j, _with_clock(_times(path, table, j), table, j)
        if first and name.lower() in TIMES and all(NUMBER.fullmatch(c) for c in cells if c):
            numeric = _times(path, table, j)
            steps = np.diff(numeric[~is_missing(numeric)].astype(float))
            if len(steps) and max((steps > 0).mean(), (steps < 0).mean()) > 0.5:
                return j, numeric
    return None


def _with_clock(dates: np.ndarray, table: Table, place: int) -> np.ndarray:
    """Dates without a time of day, and that of the next column if it holds one."""
    if place + 1 == len(table.names) or dates.dtype.kind != "M":
        return dates
    cells = table.column(place + 1)
    if not all(CLOCK.fullmatch(c) for c in cells) or (dates.astype("M8[D]") != dates).any():
        return dates
    seconds = parse_times(cells)
    assert seconds is not None
    return dates.astype("M8[us]") + np.rint(1e6 * seconds).astype("m8[us]")


def _times(path: Path, table: Table, place: int) -> np.ndarray:
    cells = [cell if not is_missing_cell(cell) else "" for cell in table.column(place)]
    filled = [cell for cell in cells if cell]
    if filled and all(NUMBER.fullmatch(cell) for cell in filled):
        days = [f"{c[:4]}-{c[4:6]}-{c[6:]}" if c else "" for c in cells]
        if all(len(cell) == 8 and cell[:2] in CENTURIES for cell in filled):
            dates = parse_times(days)
            if dates is not None:
                return dates
        return np.array([float(cell) if cell else np.nan for cell in cells])
    times = parse_times(cells)
    if times is not None:
        return times
    where = odd_one(cells) if filled else 0
    raise ValueError(
        f"{path}, column {table.names[place]!r}: expected time stamps of one format, got "
        f"{cells[where]!r} in row {table.lines[where]}: leave the row out with skip_rows, or say "
        "time=''"
    )


def check_totals(path: Path, table: Table, places: Sequence[int]) -> None:
    """Raise ValueError if a first or last row holds text where others hold numbers: no sample.

    Such are rows of totals, of units or of notes, whose cell in the chosen column may be a number.
    """
    count = len(table.rows)
    ends = [*range(min(FEW, count)), *range(max(FEW, count - FEW), count)]
    for j in (j for j in range(len(table.names)) if j not in places):
        texts = [i for i in ends if _is_text(table.rows[i][j].strip())]
        if not texts:
            continue
        cells = table.column(j)
        if sum(_is_text(cell) for cell in cells) > min(len(texts), (count - 1) // 2):
            texts = [i for i in texts if cells[i].rstrip(":").lower() in TOTALS]
            texts = [i for i in texts if cells.count(cells[i]) == 1]
        if texts:
            row = table.lines[texts[0]]
            raise ValueError(
                f"{path}, row {row}: expected a sample as in the other rows, got "
                f"{cells[texts[0]]!r} in column {table.names[j]!r}: leave the row out with "
                f"skip_rows=[{row}]"
            )


def _is_text(cell: str) -> bool:
    return not is_missing_cell(cell) and not is_number_or_date(cell)


def _is_numeric(cells: list[str], decimal: str | None) -> bool:
    try:
        return bool(np.isfinite(numbers(cells, [""] * len(cells), decimal=decimal)).any())
    except ValueError:
        return False


def _check_names(path: Path, table: Table, place: int | None = None) -> None:
    """Raise ValueError if the header may be the first row of data."""
    doubtful = place is not None and is_number_or_date(table.names[place])
    if table.named or not (doubtful or is_data(table.names)):
        return
    raise ValueError(
        f"{path}: expected a header, got numbers: {_shown(table.names)}; say header=False if these "
        "are data, header=True if they are names"
    )


def _shown(names: Sequence[str]) -> list[str]:
    return [*names[:12], *(["…"] if len(names) > 12 else [])]
