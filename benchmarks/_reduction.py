"""The networks of the reduction benchmarks: data, sizes, training, error.

"The study's recipe" is Adam with batches of 16, from a prior draw.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import jax
import numpy as np
from _tables import FIGURES, RESULTS
from sklearn.model_selection import train_test_split

import bayesneuron as bn
from bayesneuron.reduction._leader_merging import leader_merging
from bayesneuron.reduction._refit import train
from bayesneuron.reduction.scoring import score
from bayesneuron.reduction.shrink import shrink

Data = tuple[np.ndarray, np.ndarray]
Sites = dict[str, Any]  # weights, a network per row
OURS = leader_merging


@dataclass(frozen=True)
class Case:
    """One data set with its network.

    `data` maps a seed to training data, test data and the scale of the error. `sizes` are the
    reduced widths of all hidden layers, `label` names the error on an axis.
    """

    title: str
    data: Callable[[int], tuple[Data, Data, float]]
    model: bn.results.Model
    sizes: tuple[tuple[int, ...], ...]
    label: str
    recipe: dict[str, Any] = field(default_factory=lambda: {"epochs": 70, "prior": True})


def forecast(series: Any, **windows: Any) -> tuple[Data, Data, float]:
    early, late = bn.split(series, test_size=0.3)
    x, y = bn.windows(early, **windows)
    test = bn.windows(late, **{**windows, "standardize": x})
    return (x.values, y.values), tuple(v.values for v in test), float(np.ravel(y.attrs["scale"])[0])


def walking(seed: int, **windows: Any) -> tuple[Data, Data, float]:
    del seed  # there is one recording; the seed is that of the training
    return forecast(bn.datasets.motionsense("wlk_7"), **windows)


def classes(load: Callable[[], tuple[Any, Any]], seed: int) -> tuple[Data, Data, float]:
    x, y = (np.asarray(v) for v in load())
    x_train, x_test, y_train, y_test = train_test_split(
        x, y, test_size=1 / 3, stratify=y, random_state=seed
    )
    center, sd = x_train.mean(0), x_train.std(0)
    sd = np.where(sd > 0, sd, 1.0)
    return ((x_train - center) / sd, y_train), ((x_test - center) / sd, y_test), 1.0


def perceptron(*widths: int) -> bn.results.Model:
    return bn.load(
        "mlp", inputs=widths[0], hidden=widths[1:-1], outputs=widths[-1],
        likelihood="categorical", prior="normal",
    )  # fmt: skip


def with_relu(case: Case) -> Case:
    """The same data and sizes, ReLU in place of tanh."""
    model = bn.load(case.model.name, **{**case.model.options, "activation": "relu"})
    return replace(case, title=f"{case.title}, ReLU", model=model)


NO_PRIOR = {"epochs": 70, "prior": False}
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
        "held-out error rate",
        NO_PRIOR,
    ),
    "digits": Case(
        "Digits, 64-32-16-10",
        lambda seed: classes(bn.datasets.digits, seed),
        perceptron(64, 32, 16, 10),
        tuple((2 * k, k) for k in (1, 2, 3, 4, 6, 8, 10, 12, 14)),
        "held-out error rate",
        NO_PRIOR,
    ),
    "mnist": Case(
        "MNIST (5,000 images), 784-8-100-10",
        lambda seed: classes(bn.datasets.mnist, seed),
        perceptron(784, 8, 100, 10),
        ((8, 5), (8, 10), (8, 20), (8, 40), (6, 75), (4, 50)),
        "held-out error rate",
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
CASES |= {f"{name}_relu": with_relu(CASES[name]) for name in ("walking", "sine", "iris", "digits")}


def stacked(networks: list[Sites]) -> Sites:
    """Networks of one model as draws of it."""
    return {k: np.concatenate([sites[k] for sites in networks]) for k in networks[0]}


def unstacked(sites: Sites) -> list[Sites]:
    """The networks, one by one."""
    count = len(next(iter(sites.values())))
    return [{k: v[s : s + 1] for k, v in sites.items()} for s in range(count)]


def merged(
    model: bn.results.Model, networks: list[Sites], data: Data, plans: list[dict[str, int]]
) -> list[tuple[bn.results.Model, Sites]]:
    """Networks merged one by one, as their neurons do not correspond; one item per plan."""
    with jax.enable_x64(True):
        each = [shrink(model, sites, *data, plans, OURS) for sites in networks]
    return [(same[0][0], stacked([sites for _, sites in same])) for same in zip(*each, strict=True)]


def trained(case: Case, data: Data, seed: int, model: bn.results.Model | None = None) -> Sites:
    """One network from a prior draw, by the study's recipe."""
    model = model or case.model
    with jax.enable_x64(True):
        start = bn.prior(model, data[0][:1], samples=1, seed=seed)["posterior"].data_vars
    sites = {str(k): np.asarray(v)[0] for k, v in start.items()}
    if "noise" in sites:
        sites["noise"] = np.ones_like(sites["noise"])
    return trained_on(case, model, sites, data, epochs=case.recipe["epochs"], seed=seed)


def trained_on(
    case: Case, model: bn.results.Model, sites: Sites, data: Data, *, epochs: int, seed: int = 0,
    **options: Any,
) -> Sites:  # fmt: skip
    """Networks trained further by the recipe of the case."""
    optimizer, prior = bn.Adam(epochs=epochs, learning_rate=1e-3), case.recipe["prior"]
    return train(model, sites, *data, optimizer=optimizer, prior=prior, seed=seed, **options)


def held_out_error(model: bn.results.Model, sites: Sites, test: Data, scale: float) -> np.ndarray:
    """Error of each network on the test data."""
    return score(model, sites, *test, loo=False, scale=scale).each


def folder_options(parser: argparse.ArgumentParser) -> None:
    """Options for the folders of the tables and the figures."""
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--figures", type=Path, default=FIGURES)
