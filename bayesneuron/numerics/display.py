"""How results print: a headline and a table, on one screen, as text or HTML."""

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import pandas as pd

ROWS = 20  # rows of a table that fit one screen
COLUMNS = 16


def show(head: str, table: pd.DataFrame, rows: int = ROWS) -> str:
    """A headline and a table as text, at most `rows` rows of it.

    Examples
    --------
    >>> print(show("Two neurons", pd.DataFrame({"norm": [1.23456, 2.0], "p": [np.nan, 3e-9]})))
    Two neurons
        norm      p
    0  1.235      –
    1      2  3e-09
    """
    if table.empty:
        return head
    return f"{head}\n{table.map(number).to_string(max_rows=rows, max_cols=COLUMNS)}"


def html(head: str, table: pd.DataFrame, rows: int = ROWS) -> str:
    """The same as HTML, for notebooks.

    Examples
    --------
    >>> html("one <neuron>", pd.DataFrame({"norm": [1.0]})).startswith("<p>one &lt;neuron&gt;</p>")
    True
    """
    lines = "<br>".join(escape(line) for line in head.splitlines())
    if table.empty:
        return f"<p>{lines}</p>"
    return f"<p>{lines}</p>\n{table.map(number).to_html(max_rows=rows, max_cols=COLUMNS)}"


def listed(names: Sequence[str], most: int = 6) -> str:
    """Names in one line, the first and the last few of many.

    Examples
    --------
    >>> listed(["a", "b"]), listed([str(i) for i in range(99)])
    ('a, b', '0, 1, 2, …, 96, 97, 98')
    """
    if len(names) <= most:
        return ", ".join(names)
    half = most // 2
    return ", ".join([*names[:half], "…", *names[-half:]])


def number(value: Any) -> str:
    """A value to four significant digits; a dash for NaN.

    Examples
    --------
    >>> [number(v) for v in (1.00449, 12.0, 12345.67, 1e-5, float("nan"), "live", True)]
    ['1.004', '12', '12346', '1e-05', '–', 'live', 'True']
    """
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.number):
        return str(value)
    if not np.isfinite(value):
        return "–" if np.isnan(value) else str(float(value))
    value = value + 0  # no negative zero
    whole = float(value).is_integer() and abs(value) < 1e6
    return f"{value:.0f}" if whole or 1e4 <= abs(value) < 1e6 else f"{value:.4g}"
