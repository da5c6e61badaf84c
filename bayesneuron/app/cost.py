"""What the main job will take on long series, judged before it starts: memory, and time."""

import inspect
import time
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from bayesneuron.app.cut import Pair
from bayesneuron.app.settings import METHODS, Settings
from bayesneuron.draws.evaluate import COPIES
from bayesneuron.inference.optimizers import Adam
from bayesneuron.network.density import density
from bayesneuron.network.model import Model
from bayesneuron.numerics.checks import check_memory
from bayesneuron.numerics.precision import double

LONG = 20_000  # windows from which the time is judged
TREE = 15  # gradients of a draw by NUTS, of usual trees
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
    seconds = _seconds_of_gradient(model, *(np.asarray(v) for v in train))
    each = {name: _gradients(name, _options(name, settings)) for name in settings.methods}
    parts = ", ".join(f"{name} {_long(seconds * number)}" for name, number in each.items())
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


@double
def _seconds_of_gradient(model: Model, x: np.ndarray, y: np.ndarray) -> float:
    data = jnp.asarray(x), jnp.asarray(y)
    dens = density(model, *data)
    gradient, theta = jax.jit(jax.grad(dens.log_joint)), jnp.zeros(dens.size)
    jax.block_until_ready(gradient(theta, *data))  # compiles
    began = time.perf_counter()
    jax.block_until_ready(gradient(theta, *data))
    return time.perf_counter() - began


def _long(seconds: float) -> str:
    """A duration in the unit that suits it.

    Examples
    --------
    >>> _long(40.0), _long(300.0), _long(9000.0)
    ('40 s', '5 min', '2.5 h')
    """
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.2g} {unit}"
    return f"{seconds:.0f} s"
