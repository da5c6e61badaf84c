"""From a network's draws to the smallest network that predicts as well."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayesneuron.alignment import aligned
from bayesneuron.data.scaling import scaling_of
from bayesneuron.draws._activations import layer_of, spread
from bayesneuron.draws._predict import model_of
from bayesneuron.draws.tree import sites_of_draws
from bayesneuron.network.arrays import as_arrays
from bayesneuron.network.model import Model
from bayesneuron.numerics.checks import check_positive
from bayesneuron.numerics.precision import double
from bayesneuron.reduction.by_partition import merging
from bayesneuron.reduction.rebuild import data_of, rebuild
from bayesneuron.reduction.score import LEAST, Score, score
from bayesneuron.reduction.shrink import plans_for, shrink
from bayesneuron.reduction.task import Method, Weights
from bayesneuron.reduction.width import widths

NOTHING = 1e-3  # nats in all: networks that are equal but for rounding


@dataclass(frozen=True)
class Reduction:
    """The way from the full network to small ones, and the one that was chosen.

    Attributes
    ----------
    curve : DataFrame
        One row a network, the full one last: a column for the width of each reduced layer;
        ``neurons`` (of all hidden layers), ``parameters``; ``elpd``, the expected log predictive
        density summed over observations, its standard error ``se``; ``loss``, how far below the
        best row, and that difference's own standard error ``loss_se``; ``bad_k``, observations
        whose leave-one-out density is not to be trusted; ``error`` of the mean
        prediction and its spread over draws, ``error_each`` and ``error_sd``; ``chosen``.
    scored : str
        ``test`` for held-out data, ``loo`` for PSIS-LOO on the training data, ``train`` where
        the draws are too few for that.
    widths : dict of str to int
        Width of each reduced layer in the chosen network.
    model : Model
    draws : DataTree
        The chosen network, with every draw.
    """

    curve: pd.DataFrame
    scored: str
    widths: dict[str, int]
    model: Model
    draws: xr.DataTree

    def __repr__(self) -> str:
        to = ", ".join(f"{layer}: {size}" for layer, size in self.widths.items())
        head = f"Reduction to {to} (elpd by {self.scored})"
        bad = int(self.curve["bad_k"].to_numpy().max())
        if bad:
            head += f"; up to {bad} observations with a bad Pareto k: better give test=(x, y)"
        return f"{head}\n{self.curve.round(4).to_string()}"


def reduce(
    draws: xr.DataTree,
    x: Any = None,
    y: Any = None,
    *,
    test: tuple[Any, Any] | None = None,
    sizes: Sequence[Any] | None = None,
    layer: str | None = None,
    method: Method = merging,
    model: Model | None = None,
    most: int = 200,
    seed: int = 0,
) -> Reduction:
    """Reduce the network to every size, and choose the smallest that is as good as the best.

    The rule: the smallest network whose expected log predictive density is within one standard
    error of the best network's, the standard error being that of the difference, observation
    by observation.

    Parameters
    ----------
    draws : DataTree
        From an estimator; aligned first unless they are.
    x, y : array_like, optional
        Training data; by default those the draws carry.
    test : pair of array_like, optional
        Held-out x and y to choose by; by default PSIS-LOO on the training data, which takes
        merged draws for a posterior: where ``bad_k`` is more than a few, it is unfair to small
        networks, and held-out data are needed.
    sizes : sequence, optional
        Widths to try: numbers for one layer, tuples for several; by default about ten, halving.
    layer : str, optional
        By default all hidden layers, in proportion.
    method : callable
        Ours, or any of `bayesneuron.baselines`.
    model : Model, optional
        Needed where the model is not one of the shipped ones.
    most : int
        Draws on which sizes are judged; the chosen network gets all.
    seed : int
        Of the method.

    Returns
    -------
    Reduction

    Raises
    ------
    ValueError
        If data, sizes or model do not fit.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=4, outputs=1)
    >>> found = bn.reduce(bn.laplace(model, x, y, samples=60, starts=4))
    >>> found.curve["hidden"].tolist(), found.model.options["hidden"] <= 4
    ([1, 2, 3, 4], True)
    """
    check_positive(most=most)
    model = model or model_of(draws)
    x, y = data_of(draws, x, y)
    inputs, targets = as_arrays(model, x, y)
    held = None if test is None else as_arrays(model, *test)
    layers = list(model.layout.hidden) if layer is None else [layer_of(model.layout, layer)]
    if not layers:
        raise ValueError(f"reduce: expected a network with hidden layers, got {model.name}")
    full = widths(model, inputs.shape[1])
    plans = plans_for(full, layers, sizes)
    whole = {name: full[name] for name in layers}
    plans = [plan for plan in plans if plan != whole]
    sites = sites_of_draws(aligned(draws))
    count = len(next(iter(sites.values())))
    few = {k: v[spread(count, most)] for k, v in sites.items()}
    loo = held is None and min(count, most) >= LEAST
    scale = scaling_of(draws)[1]

    @double
    def judge(model: Model, sites: Weights) -> Score:
        return score(model, sites, *(held or (inputs, targets)), loo=loo, scale=scale)

    @double
    def path(sites: Weights, plans: list[dict[str, int]]) -> list[tuple[Model, Weights]]:
        return shrink(model, sites, inputs, targets, plans, method, seed=seed)

    tried = [*(path(few, plans) if plans else []), (model, few)]
    scores = [judge(*one) for one in tried]
    rows = [
        {**plan, "neurons": _neurons(model, plan, full), "parameters": _parameters(model, one[1])}
        for plan, one in zip([*plans, whole], tried, strict=True)
    ]
    curve = _curve(rows, scores)
    plan = [*plans, whole][int(curve["chosen"].to_numpy().argmax())]
    small, weights = (model, sites) if plan == whole else path(sites, [plan])[0]
    reduced = rebuild(small, weights, draws, x, y, reduced_from=sum(whole.values()))
    scored = "test" if held is not None else "loo" if loo else "train"
    return Reduction(curve, scored, plan, small, reduced)


def _curve(rows: list[dict[str, int]], scores: list[Score]) -> pd.DataFrame:
    table = pd.DataFrame(rows)
    pointwise = np.stack([s.pointwise for s in scores])
    count = pointwise.shape[1]
    elpd = pointwise.sum(axis=1)
    gap = pointwise[elpd.argmax()] - pointwise
    table["elpd"] = elpd
    table["se"] = _deviation(pointwise) * np.sqrt(count)
    table["loss"] = gap.sum(axis=1)
    table["loss_se"] = _deviation(gap) * np.sqrt(count)
    table["bad_k"] = [s.bad_k for s in scores]
    table["error"] = [s.error for s in scores]
    table["error_each"] = [s.each.mean() for s in scores]
    table["error_sd"] = [s.each.std() for s in scores]
    good = (table["loss"] <= table["loss_se"] + NOTHING).to_numpy()
    size = np.where(good, table["parameters"], np.inf)
    table["chosen"] = np.arange(len(table)) == int(size.argmin())
    return table


def _deviation(values: np.ndarray) -> np.ndarray:
    return values.std(axis=1, ddof=1) if values.shape[1] > 1 else np.zeros(len(values))


def _neurons(model: Model, plan: Mapping[str, int], full: Mapping[str, int]) -> int:
    return sum(plan.get(name, full[name]) for name in model.layout.hidden)


def _parameters(model: Model, sites: Weights) -> int:
    own = [s for s in model.layout.sites if s not in model.layout.auxiliary]
    return int(sum(np.prod(sites[s].shape[1:]) for s in own))
