"""The kinds of work that `_memory.py` measures: each makes its data and returns the call."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

import bayesneuron as bn
from bayesneuron.inference import Adam, Newton

RECIPE = Adam(epochs=70, batch=16, learning_rate=3e-3)


def _sine(hidden: int, length: int) -> tuple[bn.Model, Any, Any]:
    x, y = bn.windows(bn.datasets.noisy_sine(length=length, noise=0.2, seed=0), 10, 20)
    return bn.load("two_layer", inputs=10, hidden=hidden, outputs=20), x, y


def bootstrap(
    replicates: int = 100, hidden: int = 3, length: int = 500, optimizer: str = "adam",
    epochs: int = 70,
) -> Callable[[], Any]:  # fmt: skip
    model, x, y = _sine(hidden, length)
    by = Newton() if optimizer == "newton" else replace(RECIPE, epochs=epochs)
    return lambda: bn.bootstrap(model, x, y, replicates=replicates, seed=0, optimizer=by)


def nuts(samples: int = 1000, hidden: int = 2, length: int = 500) -> Callable[[], Any]:
    model, x, y = _sine(hidden, length)
    return lambda: bn.nuts(model, x, y, samples=samples, seed=0)


def laplace(samples: int = 1000, hidden: int = 3, length: int = 500) -> Callable[[], Any]:
    model, x, y = _sine(hidden, length)
    return lambda: bn.laplace(model, x, y, samples=samples, seed=0)


def align(draws: int = 1000, hidden: int = 8) -> Callable[[], Any]:
    """Noisy copies of one network, shuffled and flipped."""
    rng = np.random.default_rng(0)
    order = rng.permuted(np.tile(np.arange(hidden), (draws, 1)), axis=1)
    sign = rng.choice([-1.0, 1.0], (draws, hidden))
    w, v = rng.normal(size=(hidden, 11)), rng.normal(size=(20, hidden))
    rows = w[order] * sign[:, :, None] + 0.3 * rng.normal(size=(draws, hidden, 11))
    columns = np.swapaxes(v.T[order] * sign[:, :, None], 1, 2)
    columns = columns + 0.3 * rng.normal(size=columns.shape)
    sites = {"W": ("hidden", "input"), "V": ("output", "hidden")}
    layout = bn.Layout(sites, {"hidden": "tanh"})
    tree = bn.from_arrays({"W": rows, "V": columns}, layout=layout)
    return lambda: bn.align(tree)
