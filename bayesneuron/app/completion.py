"""What the shell completes values of options with."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

import typer

from bayesneuron.app.settings import METHODS
from bayesneuron.data.delimited import Layout
from bayesneuron.data.formats import read_table

MOST_BYTES = 2**24  # of a file whose columns are read while the user waits
_PLAIN = re.compile(r"[\w.%+@/-]+")  # what no shell needs in quotes


def one_of(words: Iterable[str]) -> Callable[[str], list[str]]:
    """A completion by one of some words.

    Examples
    --------
    >>> one_of(["normal", "hierarchical"])("h")
    ['hierarchical']
    """
    words = list(words)
    return lambda incomplete: [word for word in words if word.startswith(incomplete)]


def methods(incomplete: str) -> list[str]:
    """Methods between commas, none twice.

    Examples
    --------
    >>> methods("svi,l"), methods("svi,nuts,s")
    (['svi,laplace'], [])
    """
    before, comma, last = incomplete.rpartition(",")
    left = [name for name in METHODS if name not in before.split(",")]
    return [f"{before}{comma}{name}" for name in left if name.startswith(last)]


def column_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """Columns of the file that the command line names, as far as it lays the file out."""
    params = ctx.params
    file, header = params.get("file"), params.get("header")
    try:
        path = Path(file or "")
        if not path.is_file() or path.stat().st_size > MOST_BYTES:
            return []
        layout = Layout(
            separator=params.get("separator"), encoding=params.get("encoding"),
            comment=params.get("comment") or "#", header=header, sheet=params.get("sheet"),
        )  # fmt: skip
        names = read_table(path, layout, pad=False).names
    except (ValueError, OSError, TypeError):  # the command itself will say what is wrong
        return []
    return [name for name in names if name.startswith(incomplete) and _PLAIN.fullmatch(name)]
