"""What every column of every table means, its unit, and which values are good."""

import re
from dataclasses import dataclass
from difflib import get_close_matches

from bayesneuron.diagnostics import columns, columns_of_values

INTRODUCTION = """# Glossary of the tables

Every column of every table that the package returns. In Python:

```python
>>> from bayesneuron.diagnostics import explain
>>> print(explain("hz_p"))
EXPLAINED

```

A dash stands for none. *Level* is that of the regions, 90% by default. *Units of the series* are
the original ones, before standardisation.
"""


@dataclass(frozen=True)
class Column:
    """One column of one table.

    Attributes
    ----------
    name, table, meaning, unit, good, source : str
        A dash where there is none.
    """

    name: str
    table: str
    meaning: str
    unit: str
    good: str
    source: str

    def __str__(self) -> str:
        line = f"{self.name} ({self.table}): {self.meaning}"
        for label, text in (("Unit", self.unit), ("Good", self.good), ("Source", self.source)):
            line += f" {label}: {text}." if text != "–" else ""
        return line


def _parsed() -> tuple[dict[str, str], tuple[Column, ...]]:
    """Titles of the tables, and their columns in order."""
    titles: dict[str, str] = {}
    parsed: list[Column] = []
    table, head = "", [""]
    for line in filter(None, (columns.TEXT + columns_of_values.TEXT).splitlines()):
        if line.startswith("# "):
            table, titles[table] = line[2:].split(": ", 1)
        elif line.startswith("  "):
            name, *rest = head
            parsed.append(Column(name, table, line.strip(), *rest))
        else:
            head = [part.strip() for part in line.split("|")]
    return titles, tuple(parsed)


TABLES, COLUMNS = _parsed()

VERDICTS = {  # in the order in which `bayesneuron.relevance` gives them
    "dead": "it sends nothing: its contribution is a negligible part of the output variance.",
    "constant": "its activation hardly varies over the data; a bias can stand in for it.",
    "off": "the scale of its outgoing weights is negligible, under the horseshoe prior.",
    "duplicate": "another neuron, of larger share, explains all of its activation.",
    "irrelevant": "its share of the output variance is negligible in nearly every draw.",
    "redundant": "the neurons that stay can take over what it does, for at most a few nats.",
    "live": "none of the others: without it the predictions of these draws are worse.",
}


def explain(name: str) -> str:
    """What a column of a table means, its unit, good values and source; or a verdict's meaning.

    Parameters
    ----------
    name : str
        Such as ``"hz_p"``, or a verdict of `bayesneuron.relevance` such as ``"redundant"``. A name
        that several tables use is explained for each.

    Returns
    -------
    str
        One line per table.

    Raises
    ------
    ValueError
        If there is no such column or verdict; names close matches.

    Examples
    --------
    >>> print(explain("seconds"))
    seconds (methods): Time that the estimator took, compilation included. Unit: s.
    """
    lines = [str(column) for column in COLUMNS if column.name == name]
    verdict = str(name).split(" of ")[0]  # duplicate of hidden[3]
    if verdict in VERDICTS:
        lines.append(f"{verdict} (verdict of relevance): {VERDICTS[verdict]}")
    if not lines:
        names = list(dict.fromkeys([*VERDICTS, *(column.name for column in COLUMNS)]))
        close = get_close_matches(str(name), names, n=5) or [*names[:5], "..."]
        raise ValueError(
            f"explain: expected a column or verdict such as {', '.join(close)}, got {name!r}"
        )
    return "\n".join(lines)


def hint(name: str) -> str:
    """The line that tables end with, `name` being one of their columns."""
    return f'Columns: docs/glossary, or bn.explain("{name}")'


def page() -> str:
    """The glossary as Markdown, `docs/glossary.md`, one row per column."""
    lines = INTRODUCTION.replace("EXPLAINED", explain("hz_p")).splitlines()
    for table, title in TABLES.items():
        call, rows = title.split(", ", 1)
        lines += ["", f"## {table.capitalize()}", "", f"`{call}`, {rows}.", ""]
        lines += ["| column | meaning | unit | good values | source |", "|---|---|---|---|---|"]
        for column in (c for c in COLUMNS if c.table == table):
            source = re.sub(r"docs/(\w+)", r"{doc}`\1`", column.source)
            cells = (f"`{column.name}`", column.meaning, column.unit, column.good, source)
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
