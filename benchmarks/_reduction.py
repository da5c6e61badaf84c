"""The networks that the reduction benchmarks train: data, sizes, recipe."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np
from sklearn.model_selection import train_test_split

import bayesneuron as bn
from bayesneuron.inference import Adam
from bayesneuron.reduction import _refit, merging
from bayesneuron.reduction.shrink import shrink

Data = tuple[np.ndarray, np.ndarray]


def train(
    model: bn.Model, sites: Any, x: Any, y: Any, *, epochs: int, learning_rate: float = 1e-3,
    **options: Any,
) -> Any:  # fmt: skip
    """Train networks further by Adam, batches of 16."""
    optimizer = Adam(epochs=epochs, learning_rate=learning_rate)
    return _refit.train(model, sites, x, y, optimizer=optimizer, **options)


@dataclass(frozen=True)
class Case:
    """One data set with its network.

    `sizes` are widths of all hidden layers; `units` those of the error.
    """

    title: str
    data: Callable[[int], tuple[Data, Data, float]]  # seed -> train, test, scale of the error
    model: bn.Model
    sizes: tuple[tuple[int, ...], ...]
    label: str
    recipe: dict[str, Any] = field(default_factory=lambda: {"epochs": 70, "prior": True})


def forecast(series: Any, **cut: Any) -> tuple[Data, Data, float]:
    early, late = bn.split(series, test=0.3)
    x, y = bn.windows(early, **cut)
    held = bn.windows(late, **{**cut, "standardize": x})
    return (x.values, y.values), tuple(v.values for v in held), float(np.ravel(y.attrs["scale"])[0])


def walking(seed: int, **cut: Any) -> tuple[Data, Data, float]:
    del seed  # one recording; the seed starts the network
    return forecast(bn.datasets.motionsense("wlk_7"), **cut)


def classes(load: Callable[[], tuple[Any, Any]], seed: int) -> tuple[Data, Data, float]:
    x, y = (np.asarray(v) for v in load())
    a, b, ya, yb = train_test_split(x, y, test_size=1 / 3, stratify=y, random_state=seed)
    centre, spread = a.mean(0), a.std(0)
    spread = np.where(spread > 0, spread, 1.0)
    return ((a - centre) / spread, ya), ((b - centre) / spread, yb), 1.0


def perceptron(*widths: int) -> bn.Model:
    return bn.load(
        "mlp", inputs=widths[0], hidden=widths[1:-1], outputs=widths[-1], likelihood="categorical"
    )


LIKELIHOOD = {"epochs": 70, "prior": False}
CASES: dict[str, Case] = {
    "walking": Case(
        "MotionSense walking, 100-10-100",
        lambda seed: walking(seed, history=100, horizon=100, stride=5),
        bn.load("two_layer", inputs=100, hidden=10, outputs=100),
        tuple((k,) for k in (1, 2, 3, 4, 5, 6, 7, 8, 9)),
        "held-out RMSE, g",
    ),
    "sine": Case(
        "Noisy sine, 20-8-20",
        lambda seed: forecast(bn.datasets.noisy_sine(seed=seed), history=20, horizon=20),
        bn.load("two_layer", inputs=20, hidden=8, outputs=20),
        tuple((k,) for k in (1, 2, 3, 4, 5, 6, 7)),
        "held-out RMSE",
    ),
    "iris": Case(
        "Iris, 4-128-3",
        lambda seed: classes(bn.datasets.iris, seed),
        perceptron(4, 128, 3),
        tuple((k,) for k in (1, 2, 3, 4, 6, 8, 12, 16, 32, 64)),
        "share of wrong classes, held out",
        LIKELIHOOD,
    ),
    "digits": Case(
        "Digits, 64-32-16-10",
        lambda seed: classes(bn.datasets.digits, seed),
        perceptron(64, 32, 16, 10),
        tuple((2 * k, k) for k in (1, 2, 3, 4, 6, 8, 10, 12, 14)),
        "share of wrong classes, held out",
        LIKELIHOOD,
    ),
    "mnist": Case(
        "MNIST (5,000 images), 784-8-100-10",
        lambda seed: classes(bn.datasets.mnist, seed),
        perceptron(784, 8, 100, 10),
        ((8, 5), (8, 10), (8, 20), (8, 40), (6, 75), (4, 50)),
        "share of wrong classes, held out",
        {"epochs": 30, "prior": False},
    ),
    "rnn": Case(
        "MotionSense walking, recurrent network of 16",
        lambda seed: walking(seed, history=20, stride=5, standardize="maxabs"),
        bn.load("rnn", inputs=1, hidden=16),
        tuple((k,) for k in (1, 2, 3, 4, 6, 8, 10, 12, 14)),
        "held-out RMSE, g",
        {"epochs": 200, "prior": True},
    ),
}


def stacked(nets: list[dict[str, Any]]) -> dict[str, Any]:
    """Networks of one model as draws of it."""
    return {k: np.concatenate([n[k] for n in nets]) for k in nets[0]}


def merged(
    model: bn.Model, nets: list[dict[str, Any]], data: Data, plans: list[dict[str, int]]
) -> list[tuple[bn.Model, dict[str, Any]]]:
    """Networks merged one by one (their neurons have nothing in common), stacked, plan by plan."""
    with jax.enable_x64(True):
        each = [shrink(model, n, *data, plans, merging) for n in nets]
    return [(of[0][0], stacked([sites for _, sites in of])) for of in zip(*each, strict=True)]


def trained(case: Case, data: Data, seed: int, model: bn.Model | None = None) -> dict[str, Any]:
    """One network from a prior draw, by the study's recipe (Adam, batches of 16)."""
    model = model or case.model
    with jax.enable_x64(True):
        start = bn.prior(model, data[0][:1], samples=1, seed=seed)["posterior"].data_vars
    sites = {str(k): np.asarray(v)[0] for k, v in start.items()}
    if "noise" in sites:
        sites["noise"] = np.ones_like(sites["noise"])
    return train(model, sites, *data, seed=seed, **case.recipe)
