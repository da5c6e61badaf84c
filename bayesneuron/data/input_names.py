"""What the columns of x are called: samples of a window by channel and lag, or features."""

import re
from collections.abc import Sequence
from typing import Any

import pandas as pd
import xarray as xr

NAMES = "input_name"  # coordinate of x along its inputs
NOW = "(t)"  # ends the name of a last sample
LAGGED = re.compile(r".+\(t([+-]\d+)?\)")
AHEAD = re.compile(r"(.+)\(t\+\d+\)")  # of an exogenous series
TAKEN = "bias"  # what the other weight of a neuron is called


def lagged_names(history: int, delay: int = 1, channels: Sequence[str] = ("s",)) -> list[str]:
    """Names of the entries of a window, oldest first, the channels of a sample together.

    Examples
    --------
    >>> lagged_names(3)
    ['s(t-2)', 's(t-1)', 's(t)']
    >>> lagged_names(2, delay=5, channels=["Fz", "Cz"])
    ['Fz(t-5)', 'Cz(t-5)', 'Fz(t)', 'Cz(t)']
    """
    lags = [delay * k for k in reversed(range(history))]
    return [f"{channel}(t-{k})" if k else f"{channel}{NOW}" for k in lags for channel in channels]


def input_names(x: Any) -> tuple[str, ...]:
    """Names that x carries for its inputs: a coordinate of windows, the columns of a table.

    Empty where there are none, or two are the same.

    Examples
    --------
    >>> input_names(pd.DataFrame({"age": [1.0], "weight": [2.0]}))
    ('age', 'weight')
    >>> input_names([[0.0, 1.0]])
    ()
    """
    names: list[Any] = []
    if isinstance(x, xr.DataArray) and NAMES in x.coords:
        names = list(x[NAMES].values)
    elif isinstance(x, pd.DataFrame):
        names = list(x.columns)
    if not all(isinstance(name, str) for name in names) or len({*names, TAKEN}) <= len(names):
        return ()
    return tuple(map(str, names))


def numbered_names(name: str, count: int) -> list[str]:
    """Names of series that have none.

    Examples
    --------
    >>> numbered_names("s", 1), numbered_names("s", 2)
    (['s'], ['s0', 's1'])
    """
    return [name] if count == 1 else [f"{name}{k}" for k in range(count)]


def names_of_series(series: xr.DataArray) -> list[str] | None:
    """Names of a series' channels, or None where it has none.

    Examples
    --------
    >>> names_of_series(xr.DataArray([1.0], dims="time", name="sales"))
    ['sales']
    >>> names_of_series(xr.DataArray([1.0], dims="time")) is None
    True
    """
    if series.ndim == 1:
        return [series.name] if isinstance(series.name, str) and series.name else None
    return [str(c) for c in series["channel"].values] if "channel" in series.coords else None


def names_read(inputs: Sequence[str], count: int) -> list[str]:
    """Names of the `count` inputs that a network reads at once.

    All of them, or, in a network that reads windows sample by sample, what it reads at a step: the
    channels of a sample, exogenous series at the samples that follow, covariates. Empty where the
    names do not fit.

    Examples
    --------
    >>> names_read(["age", "weight"], 2)
    ['age', 'weight']
    >>> names_read(lagged_names(3, channels=["Fz", "Cz"]), 2)
    ['Fz', 'Cz']
    >>> names_read(["s(t-1)", "s(t)", "u(t-1)", "u(t)", "u(t+1)", "age"], 3)
    ['s(t)', 'u(t+1)', 'age']
    """
    if len(inputs) == count:
        return list(inputs)
    known = [name for name in inputs if AHEAD.fullmatch(name)]
    exogenous = {AHEAD.sub(r"\1(t)", name) for name in known}
    channels = [name for name in inputs if name.endswith(NOW) and name not in exogenous]
    fixed = [name for name in inputs if not LAGGED.fullmatch(name)]
    read = [*channels, *known, *fixed]
    if not channels or len(read) != count:
        return []
    return read if known or fixed else [name.removesuffix(NOW) for name in read]
