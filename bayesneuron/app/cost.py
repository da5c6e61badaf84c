"""What the main job will take on long series, judged before it starts: memory, and time."""

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np

from bayesneuron.app.cut import Pair
from bayesneuron.app.settings import METHODS, Settings
from bayesneuron.draws.evaluate import COPIES
from bayesneuron.inference.gradient_time import LONG, TREE, duration, seconds_of_gradient
from bayesneuron.inference.optimizers import Adam
from bayesneuron.network.model import Model
from bayesneuron.numerics.checks import check_memory

CLIMB = 200  # gradients of the search from one start
SMALLER = "take a shorter part of the series, fewer --methods, or --quick"


def check_fits(settings: Settings, train: Pair) -> None:
    """Raise ValueError if the log likelihoods that methods are compared by do not fit."""
    counts = {name: _draws(name, _options(name, settings)) for name in settings.methods}
    copies = sum(counts.values()) + COPIES * max(counts.values())
    check_memory("windows", len(train[0]), copies, remedy=SMALLER)


def time_it_takes(model: Model, settings: Settings, train: Pair) -> str:
    """One line on the time of each method, from one gradient over all windows; empty if short."""
    count = len(train[0])
    if count < LONG:
        return ""
    seconds = seconds_of_gradient(model, *(np.asarray(v) for v in train))
    each = {name: _gradients(name, _options(name, settings)) for name in settings.methods}
    parts = ", ".join(f"{name} {duration(seconds * number)}" for name, number in each.items())
    return (
        f"one gradient over {count:,} windows takes {seconds:.2g} s; on one core, at a rough count "
        f"of them: {parts}; for less, {SMALLER}"
    )


def _options(method: str, settings: Settings) -> dict[str, Any]:
    defaults = inspect.signature(METHODS[method]).parameters.values()
    return {p.name: p.default for p in defaults} | dict(settings.options.get(method, {}))


def _draws(method: str, options: Mapping[str, Any]) -> int:
    match method:
        case "bootstrap":
            return options["replicates"]
        case "nuts":
            return options["chains"] * options["samples"]
        case _:
            return options["samples"]


def _gradients(method: str, options: Mapping[str, Any]) -> int:
    search = CLIMB * (options.get("starts") or 25)
    match method:
        case "bootstrap":
            adam = options["optimizer"]
            passes = adam.epochs if isinstance(adam, Adam) else Adam().epochs
            return search + options["replicates"] * passes
        case "svi":
            return search + options["steps"] * options["particles"]
        case "nuts":
            return search + TREE * options["chains"] * (options["samples"] + options["warmup"])
        case _:
            return search
