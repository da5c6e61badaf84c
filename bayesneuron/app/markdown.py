"""Blocks of Markdown that read well in a terminal too."""

import re
from collections.abc import Iterable, Sequence

import pandas as pd

from bayesneuron.numerics.display import number

CAPTION = "Table: "  # begins the line above a table


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table with padded columns, the first to the left and the others to the right.

    Examples
    --------
    >>> print(table(["forecast", "RMSE"], [["nuts", "1.05"], ["persistence", "2"]]))
    | forecast    | RMSE |
    | :---------- | ---: |
    | nuts        | 1.05 |
    | persistence |    2 |
    """
    cells = [[_cell(text) for text in row] for row in (header, *rows)]
    width = [max(3, *(len(row[i]) for row in cells)) for i in range(len(header))]
    rule = [":" + "-" * (width[0] - 1), *("-" * (w - 1) + ":" for w in width[1:])]
    lines = [
        [row[0].ljust(width[0]), *(v.rjust(w) for v, w in zip(row[1:], width[1:], strict=True))]
        for row in cells
    ]
    lines.insert(1, rule)
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cell(text: str) -> str:
    """One line, and no bar that would end the cell."""
    return re.sub(r"(?<!\\)\|", r"\|", " ".join(text.split()))


def bullets(lines: Iterable[str]) -> str:
    """A list, one line per item."""
    return "\n".join(f"- {' '.join(line.split())}" for line in lines)


def code(text: str, language: str = "text") -> str:
    """A block of code, or of text with fixed width."""
    return f"```{language}\n{text}\n```"


def figure(name: str, caption: str) -> str:
    """A figure (PNG) and, under it, its caption with a link to the PDF."""
    return f"![{caption}]({name}.png)\n\n{caption} ([PDF]({name}.pdf))."


def frame(values: pd.DataFrame, most: int | None = None) -> str:
    """A table of four significant digits, the index first, at most `most` rows of it.

    Examples
    --------
    >>> print(frame(pd.DataFrame({"rhat": [1.00449]}, index=pd.Index(["nuts"], name="method"))))
    | method |  rhat |
    | :----- | ----: |
    | nuts   | 1.004 |
    """
    shown = values.head(most) if most else values
    header = [str(values.index.name or ""), *map(str, values.columns)]
    rows = zip(shown.index, shown.to_numpy(object), strict=True)
    return table(header, ([str(name), *map(number, row)] for name, row in rows))


def captioned(caption: str, body: str) -> str:
    """A table under its caption, which the HTML page takes as such."""
    return f"{CAPTION}{caption}\n\n{body}"
