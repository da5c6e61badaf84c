"""What figures are drawn from and on, checked before anything is drawn."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.legend import Legend

from bayesneuron.numerics.arrays import as_numbers
from bayesneuron.numerics.checks import check_type, is_whole


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


def chosen_neurons(neurons: Any, names: Sequence[str]) -> np.ndarray:
    """Indices of the neurons to draw, in the order asked for; all without a choice.

    Parameters
    ----------
    neurons : sequence of int or str, or None
        By index, or by name as ``hidden[3]``.
    names : sequence of str
        Of all neurons.

    Raises
    ------
    ValueError
        If one is unknown or named twice, or none is chosen.

    Examples
    --------
    >>> chosen_neurons(["hidden[2]", 0], ["hidden[0]", "hidden[1]", "hidden[2]"]).tolist()
    [2, 0]
    """
    count = len(names)
    if neurons is None:
        return np.arange(count)
    if isinstance(neurons, str) or not isinstance(neurons, Iterable):
        raise ValueError(f"neurons: expected a list of indices or names, got {neurons!r}")
    asked = list(neurons)
    places = {name: i for i, name in enumerate(names)}
    known = f"0 to {count - 1}, or {names[0]} to {names[-1]}"
    found = []
    for one in asked:
        place = places.get(one) if isinstance(one, str) else int(one) if is_whole(one) else None
        if place is None or not 0 <= place < count:
            raise ValueError(f"neurons: expected some of {known}, got {one!r}")
        found.append(place)
    if not found or len(set(found)) < len(found):
        raise ValueError(f"neurons: expected some of {known}, each once, got {asked}")
    return np.array(found)


def chosen_layer(layer: str | None, known: Sequence[str]) -> str:
    """The layer to draw, by default the first of those known.

    Raises
    ------
    ValueError
        If it is not one of them.
    """
    if layer is None:
        return known[0]
    if layer not in known:
        raise ValueError(f"layer: expected one of {list(known)}, got {layer!r}")
    return layer


def chosen_weight(weight: int | str, names: Sequence[str]) -> int:
    """The place of a weight, by place or name.

    Raises
    ------
    ValueError
        If there is no such weight.
    """
    if isinstance(weight, str) and weight in names:
        return names.index(weight)
    if is_whole(weight) and 0 <= int(weight) < len(names):
        return int(weight)
    raise ValueError(f"weight: expected one of {list(names)}, got {weight!r}")


def check_dress(title: Any, legend: Any) -> None:
    """Raise ValueError unless `title` is a text or None and `legend` a bool or a location."""
    if title is not None and not isinstance(title, str):
        raise ValueError(f"title: expected a text or None, got {title!r}")
    if not isinstance(legend, bool) and legend not in Legend.codes:
        raise ValueError(
            f"legend: expected True, False or one of {sorted(Legend.codes)}, got {legend!r}"
        )
