"""A text file becomes rows of cells, each with its number in the file; nothing is guessed away."""

import bz2
import csv
import gzip
import lzma
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bayesneuron.data.cells import is_data, is_number_or_date
from bayesneuron.numerics.files import parsed
from bayesneuron.numerics.memory import available_memory

SEPARATORS = (",", ";", "\t", "|", " ")
NAMED = {"tab": "\t", "\\t": "\t", "space": " "}
BLOCK = 2**24  # bytes that are unpacked at a time
CELLS = 8  # bytes in memory for each byte of text
SAMPLE = 100  # lines by which the separator is recognised
PACKED: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
EXCEL_ERROR = re.compile(r'"?#(N/?A|REF!|DIV/0!|VALUE!|NAME\?|NUM!|NULL!)', re.IGNORECASE)
MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


@dataclass(frozen=True)
class Layout:
    """How a file is laid out, as far as the user says so."""

    separator: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    skip_rows: int | tuple[int, ...] = 0
    comment: str = "#"
    header: bool | None = None
    sheet: str | None = None


@dataclass(frozen=True)
class Table:
    """Rows of text with the names of their columns.

    Attributes
    ----------
    names : list of str
    rows : list of list of str
        As many cells in each as there are names.
    lines : list of int
        Number of each row in the file, from 1.
    units : list of str
        By column, where the format has a row for them; otherwise empty.
    named : bool
        Whether the names are names beyond doubt, and cannot be the first row of data.
    """

    names: list[str]
    rows: list[list[str]]
    lines: list[int]
    units: list[str]
    named: bool

    def column(self, j: int) -> list[str]:
        """The cells of a column, without blanks around them."""
        return [row[j].strip() for row in self.rows]


def read_text(path: Path, layout: Layout, *, pad: bool) -> Table:
    """Read a delimited text file; `pad` makes the absent cells of short rows missing values.

    Raises
    ------
    ValueError
        If it is no text, is not in the encoding, has no rows, or has a row of another length.
    """
    lines = _lines(path, layout)
    comments: list[str] = []
    numbers, kept = [], []
    skipped = skipped_rows(layout.skip_rows)
    for number, line in enumerate(lines, start=1):
        if skipped(number):
            continue
        start = line.lstrip()
        if layout.comment and start.startswith(layout.comment) and not EXCEL_ERROR.match(start):
            if not any(kept):
                comments.append(line.strip()[len(layout.comment) :].strip())
            continue
        numbers.append(number)
        kept.append(line)
    directive = kept[0].strip().lower() if kept else ""
    if layout.separator is None and directive.startswith("sep=") and len(directive) == 5:
        layout = replace(layout, separator=directive[-1])  # a hint that Excel writes
        numbers, kept = numbers[1:], kept[1:]
    separator = layout.separator or _separator(kept)
    rows = _cells(path, kept, separator)
    return tabulate(
        path, [(numbers[at], cells) for at, cells in rows], layout, pad=pad,
        comment=_cells(path, comments[-1:], separator), comments=bool(comments),
    )  # fmt: skip


def skipped_rows(skip: int | Sequence[int]) -> Callable[[int], bool]:
    """Whether a row is to be left out: the first few, or those of some numbers."""
    if isinstance(skip, int):
        return lambda number: number <= skip
    return set(skip).__contains__


def tabulate(
    path: Path,
    rows: list[tuple[int, list[str]]],
    layout: Layout,
    *,
    pad: bool,
    comment: list[tuple[int, list[str]]] | None = None,
    comments: bool = False,
) -> Table:
    """Numbered rows of cells as a table: where the header is, and that no row is of other length.

    Raises
    ------
    ValueError
    """
    blank = lambda at: not any(c.strip() for c in rows[at][1])
    start = next((at for at in range(len(rows)) if not blank(at)), None)
    if start is None:
        raise ValueError(f"{path}: expected a CSV file with a header and rows, got an empty one")
    end = next(at for at in reversed(range(len(rows))) if not blank(at))
    rows = rows[start : end + 1]  # a blank row between others is a missing sample
    units: list[str] = []
    first = [c.strip() for c in rows[0][1]]
    if first[0] == "TOA5" and len(rows) > 3:  # Campbell loggers: station, names, units, processing
        units = [c.strip() for c in rows[2][1]]
        first, named, body = [c.strip() for c in rows[1][1]], True, rows[4:]
    elif layout.header is False or (layout.header is None and comments and is_data(first)):
        above = [c.rpartition(":=")[2].strip() for c in comment[0][1]] if comment else []
        names = above if len(above) == len(first) else [str(j) for j in range(len(first))]
        first, named, body = names, True, rows
    else:
        named, body = layout.header is not None, rows[1:]
    while len(first) > 1 and not first[-1]:
        first.pop()
    if not body:
        raise ValueError(f"{path}: expected at least one row under the header, got none")
    cells = [_fitted(path, number, row, len(first), pad=pad) for number, row in body]
    units = (units + [""] * len(first))[: len(first)] if units else []
    return Table(first, cells, [number for number, _ in body], units, named)


def _fitted(path: Path, number: int, row: list[str], width: int, *, pad: bool) -> list[str]:
    """The row with empty cells beyond the header left out."""
    if len(row) == width:
        return row
    if len(row) > width and not any(c.strip() for c in row[width:]):
        row = row[:width]
    blank = not any(c.strip() for c in row)
    if len(row) < width and (blank or pad):
        row = row + [""] * (width - len(row))
    if len(row) != width:
        hint = "rows above the header? then skip_rows" if width == 1 else "see skip_rows, separator"
        hint = hint if len(row) > width else f"{hint}, or missing"
        raise ValueError(
            f"{path}, row {number}: expected {width} cell{'s' * (width > 1)} as in the header, got "
            f"{len(row)}: {hint}"
        )
    return row


def _content(path: Path, file: Any) -> bytes:
    """All bytes, unpacked; refused before they fill the memory: a packed file may be small."""
    most, content = available_memory() // CELLS, bytearray()
    while block := file.read(BLOCK):
        content += block
        if len(content) > most:
            raise ValueError(f"{path}: expected text of at most {most:,} bytes, got more")
    return bytes(content)


def _lines(path: Path, layout: Layout) -> list[str]:
    with (
        parsed(path, "a file that can be read"),
        PACKED.get(path.suffix.lower(), open)(path, "rb") as file,
    ):
        content = _content(path, file)
    encoding = layout.encoding or MARKS.get(content[:2], "utf-8-sig")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        raise ValueError(
            f"{path}, row {row}: expected text in {encoding.removesuffix('-sig')}, got byte "
            f"0x{content[error.start]:02x}: say encoding, such as 'latin-1'"
        ) from None
    except (UnicodeError, LookupError) as error:  # not of text, such as base64
        raise ValueError(f"{path}: expected text in {encoding}, got {error}") from None
    if "\0" in text:
        row = text[: text.index("\0")].count("\n") + 1
        raise ValueError(f"{path}, row {row}: expected text, got a zero byte: say encoding")
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _cells(path: Path, lines: list[str], separator: str) -> list[tuple[int, list[str]]]:
    """Cells of every row, with the place of its last line among `lines`."""
    if separator == " ":
        lines = [" ".join(line.split()) for line in lines]
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True)
    rows = []
    try:
        for row in reader:
            rows.append((reader.line_num - 1, row))
    except csv.Error as error:
        raise ValueError(
            f"{path}, row {max(reader.line_num, 1)}: expected cells separated by {separator!r}, "
            f"got {error}"
        ) from None
    return rows


def _separator(lines: list[str]) -> str:
    """The separator by which the first rows have as many cells as the header."""
    sample = [line for line in lines if line.strip()][:SAMPLE]
    if sample and sample[0].lstrip('"').startswith("TOA5"):
        return ","
    best, best_rank = ",", (0.0, 0.0, 0.0)
    for separator in SEPARATORS:
        try:
            rows = [_stripped(row) for _, row in _cells(Path(), sample, separator)]
        except ValueError:
            continue
        width, body = len(rows[0]) if rows else 0, rows[1:]
        if width < 2 or (separator == " " and (best_rank[0] >= 0.5 or _marked(sample[1:]))):
            continue
        even = sum(len(row) == width for row in body) / max(1, len(body))
        cells = [cell for row in body for cell in row]
        numeric = sum(is_number_or_date(cell) for cell in cells) / max(1, len(cells))
        rank = (even if separator != " " or even > 0.9 else 0.0, numeric, float(width))
        if rank > best_rank:
            best, best_rank = separator, rank
    if best_rank[0] > 0:
        return best
    # no separator fits the header: the one that occurs, so that the message names a row
    text = "\n".join(sample[1:])
    return max(SEPARATORS[:4], key=text.count) if sample else ","


def _marked(lines: list[str]) -> bool:
    """Whether most lines hold a separator, so that blanks stand within cells."""
    return 2 * sum(any(mark in line for mark in ";\t|") for line in lines) > len(lines)


def _stripped(row: list[str]) -> list[str]:
    cells = [cell.strip() for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return cells
