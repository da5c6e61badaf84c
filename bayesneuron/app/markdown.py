"""Blocks of Markdown that read well in a terminal too."""

from collections.abc import Iterable, Sequence


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
    cells = [list(header), *(list(row) for row in rows)]
    width = [max(3, *(len(row[i]) for row in cells)) for i in range(len(header))]
    rule = [":" + "-" * (width[0] - 1), *("-" * (w - 1) + ":" for w in width[1:])]
    lines = [
        [row[0].ljust(width[0]), *(v.rjust(w) for v, w in zip(row[1:], width[1:], strict=True))]
        for row in cells
    ]
    lines.insert(1, rule)
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def bullets(lines: Iterable[str]) -> str:
    """A list, one line per item."""
    return "\n".join(f"- {line}" for line in lines)


def code(text: str, language: str = "text") -> str:
    """A block of code, or of text with fixed width."""
    return f"```{language}\n{text}\n```"


def figure(name: str, caption: str) -> str:
    """A figure (PNG) and, under it, its caption with a link to the PDF."""
    return f"![{caption}]({name}.png)\n\n{caption} ([PDF]({name}.pdf))."
