"""What figures are drawn from and on, checked before anything is drawn."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from bayesneuron.numerics.arrays import as_numbers
from bayesneuron.numerics.checks import check_type


def check_axes(ax: Any, count: int | None = None) -> None:
    """Raise ValueError unless `ax` is Matplotlib axes or, with a count, a sequence of so many."""
    if count is None:
        check_type("ax", ax, Axes, "matplotlib.pyplot.subplots makes them")
        return
    listed = list(ax) if isinstance(ax, list | tuple | np.ndarray) else []
    if len(listed) != count or not all(isinstance(one, Axes) for one in listed):
        got = len(listed) if listed else type(ax).__name__
        raise ValueError(f"ax: expected {count} axes, got {got}")


def check_columns(
    name: str, table: Any, columns: Iterable[str], numeric: Iterable[str] = ()
) -> None:
    """Raise ValueError unless `table` is a DataFrame with rows, these columns and finite numbers.

    Parameters
    ----------
    name : str
        Of the argument.
    table : DataFrame
    columns : iterable of str
    numeric : iterable of str
        Those of the columns that hold finite numbers.
    """
    check_type(name, table, pd.DataFrame)
    missing = [column for column in columns if column not in table]
    if missing or table.empty:
        raise ValueError(
            f"{name}: expected rows with columns {list(columns)}, missing {missing or 'all rows'}"
        )
    for column in numeric:
        values = as_numbers(f"{name}, {column}", table[column].to_numpy())
        if not np.isfinite(values).all():
            raise ValueError(f"{name}, {column}: expected finite numbers, got others")


def check_references(references: Any, known: Iterable[Any]) -> None:
    """Raise ValueError unless `references` are a tuple or list of names that are `known`."""
    names = list(references) if isinstance(references, tuple | list) else [references]
    known = [str(name) for name in known]
    unknown = [name for name in names if name not in known]
    if unknown or not isinstance(references, tuple | list):
        raise ValueError(f"references: expected some of {known}, got {references!r}")
