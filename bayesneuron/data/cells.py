"""Cells of a table as numbers, labels and times; what is none of them is refused with its row."""

import re
from collections.abc import Sequence

import numpy as np

from bayesneuron.data.times import NUMBER, is_stamp

MISSING = frozenset({
    "", "na", "n/a", "#n/a", "#na", "nan", "-nan", "null", "none", "nat", "<na>", ".", "-", "--",
    "---", "?", "missing",
})  # fmt: skip
COMMA = re.compile(r"[+-]?(\d+,\d*|,\d+)([eE][+-]?\d+)?", re.ASCII)
THOUSANDS = re.compile(r"[+-]?\d{1,3}((,\d{3})+(\.\d*)?|(\.\d{3})+,\d*)", re.ASCII)


def is_number_or_date(cell: str) -> bool:
    """Whether a cell holds a number (with either decimal mark) or a date.

    Examples
    --------
    >>> [is_number_or_date(c) for c in ("1.5", "20,02", "2024-01-01 00:00", "speed")]
    [True, True, True, False]
    """
    return any(kind.fullmatch(cell) for kind in (NUMBER, COMMA)) or is_stamp(cell)


def is_data(cells: Sequence[str]) -> bool:
    """Whether a row holds nothing but numbers and dates, and so is no header."""
    filled = [cell for cell in cells if cell and cell.lower() not in MISSING]
    return bool(filled) and all(is_number_or_date(cell) for cell in filled)


def is_missing_cell(cell: str, codes: Sequence[float | str] = ()) -> bool:
    """Whether a cell is empty, a usual word for a missing value, or one of `codes`."""
    return cell.lower() in MISSING or cell in {code for code in codes if isinstance(code, str)}


def numbers(
    cells: list[str],
    place: Sequence[str],
    *,
    decimal: str | None = None,
    codes: Sequence[float | str] = (),
) -> np.ndarray:
    """A column as numbers, NaN where a cell is missing.

    Parameters
    ----------
    cells : list of str
    place : sequence of str
        Where each cell is, in words, for the message.
    decimal : {".", ",", None}
        None: a comma in cells that can be nothing else is a decimal comma.
    codes : sequence of float or str
        What stands for a missing value beside the usual words.

    Raises
    ------
    ValueError
        If a cell is neither a number nor missing, or a comma may be either mark.

    Examples
    --------
    >>> numbers(["20,5", "NA", "7"], ["row 2", "row 3", "row 4"]).tolist()
    [20.5, nan, 7.0]
    """
    decimal = decimal or _decimal(cells, place)
    if decimal == ",":
        cells = [c.replace(",", ".") if COMMA.fullmatch(c) else _not_a_point(c) for c in cells]
    words = {code for code in codes if isinstance(code, str)} | {""}
    values = np.full(len(cells), np.nan)
    for i, cell in enumerate(cells):
        if NUMBER.fullmatch(cell) and cell not in words:
            values[i] = float(cell)
        elif cell.lower() not in MISSING and cell not in words:
            hint = _remedy(cells, i)
            raise ValueError(f"expected a number, got {cell.strip()!r} in {place[i]}{hint}")
    stands = [code for code in codes if not isinstance(code, str)]
    values[np.isin(values, stands)] = np.nan
    return values


def _remedy(cells: list[str], at: int) -> str:
    """What to do about a cell that is no number."""
    if COMMA.fullmatch(cells[at]):
        return ": a decimal comma needs decimal=','"
    if NUMBER.fullmatch(cells[at].strip()):  # read with decimal commas
        return ": a decimal point needs decimal='.'"
    numeric = sum(bool(NUMBER.fullmatch(cell)) for cell in cells)
    if not numeric:
        return ": a column of text is no series, name columns of numbers (column=, or --column)"
    if at == 0 and len(cells) > 1 and NUMBER.fullmatch(cells[1]):
        return ": leave a row of units out with skip_rows"
    return f": where it stands for a missing value, say missing_values=[{cells[at].strip()!r}]"


def _not_a_point(cell: str) -> str:
    """A point beside decimal commas separates thousands, which are not read as decimals."""
    return f" {cell}" if NUMBER.fullmatch(cell) and "." in cell else cell


def _decimal(cells: list[str], place: Sequence[str]) -> str:
    marked = (i for i, cell in enumerate(cells) if "," in cell)
    comma = [i for i in marked if COMMA.fullmatch(cells[i]) or THOUSANDS.fullmatch(cells[i])]
    if not comma:
        return "."
    first, shown = comma[0], cells[comma[0]]
    if all(THOUSANDS.fullmatch(cells[i]) for i in comma):
        raise ValueError(
            f"expected a number, got {shown!r} in {place[first]}, which may have a decimal comma "
            "or a separator of thousands: say decimal=',', or write thousands without one"
        )
    point = next((i for i, c in enumerate(cells) if "." in c and NUMBER.fullmatch(c)), None)
    if point is not None:
        raise ValueError(
            f"expected one decimal mark, got {shown!r} in {place[first]} and {cells[point]!r} in "
            f"{place[point]}: say decimal"
        )
    return ","


def labels(cells: list[str], place: Sequence[str]) -> np.ndarray:
    """A column of labels; whole numbers where all are.

    Raises
    ------
    ValueError
        If one is missing.
    """
    for cell, where in zip(cells, place, strict=True):
        if cell.lower() in MISSING:
            raise ValueError(f"expected a label of the recording in {where}, got {cell or 'none'}")
    if all(cell.isascii() and cell.isdigit() and str(int(cell)) == cell for cell in cells):
        return np.array([int(cell) for cell in cells])
    return np.array(cells)
