"""The tasks that `_memory.py` measures: each makes its data and returns the call."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from _symmetry import random_moves

import bayesneuron as bn

RECIPE = bn.Adam(epochs=70, batch=16, learning_rate=3e-3)  # of the study


def adam(**changes: Any) -> dict[str, Any]:
    """Options of `bn.bootstrap` for the study's recipe, with the changes."""
    return {"optimizer": replace(RECIPE, **changes)}


def newton() -> dict[str, Any]:
    """Options of `bn.bootstrap` for training to convergence."""
    return {"optimizer": bn.Newton()}


def _sine(hidden: int, length: int) -> tuple[bn.results.Model, Any, Any]:
    x, y = bn.windows(bn.datasets.noisy_sine(length=length, noise=0.2, seed=0), 10, 20)
    return bn.load("two_layer", inputs=10, hidden=hidden, outputs=20), x, y


def bootstrap(
    replicates: int = 100, hidden: int = 3, length: int = 500, optimizer: str = "adam",
    **changes: Any,
) -> Callable[[], Any]:  # fmt: skip
    model, x, y = _sine(hidden, length)
    options = {"adam": adam, "newton": newton}[optimizer](**changes)
    return lambda: bn.bootstrap(model, x, y, replicates=replicates, seed=0, **options)


def nuts(samples: int = 1000, hidden: int = 2, length: int = 500) -> Callable[[], Any]:
    model, x, y = _sine(hidden, length)
    return lambda: bn.nuts(model, x, y, samples=samples, seed=0)


def laplace(samples: int = 1000, hidden: int = 3, length: int = 500) -> Callable[[], Any]:
    model, x, y = _sine(hidden, length)
    return lambda: bn.laplace(model, x, y, samples=samples, seed=0)


def align(draws: int = 1000, hidden: int = 8) -> Callable[[], Any]:
    """Noisy copies of one network, their neurons permuted and flipped."""
    rng = np.random.default_rng(0)
    order, sign = random_moves(rng, draws, hidden)
    w, v = rng.normal(size=(hidden, 11)), rng.normal(size=(20, hidden))
    rows = w[order] * sign[:, :, None] + 0.3 * rng.normal(size=(draws, hidden, 11))
    columns = np.swapaxes(v.T[order] * sign[:, :, None], 1, 2)
    columns = columns + 0.3 * rng.normal(size=columns.shape)
    sites = {"W": ("hidden", "input"), "V": ("output", "hidden")}
    layout = bn.Layout(sites, {"hidden": "tanh"})
    tree = bn.from_arrays({"W": rows, "V": columns}, layout=layout)
    return lambda: bn.align(tree)
