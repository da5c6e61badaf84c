"""From a network's draws to the smallest network that predicts as well."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayesneuron.alignment import aligned
from bayesneuron.draws._activations import layer_of, spread
from bayesneuron.draws.loo import FEWEST
from bayesneuron.draws.network import check_widths, network_of
from bayesneuron.draws.provenance import scale_of
from bayesneuron.draws.tree import data_of, sites_of_draws
from bayesneuron.network.arrays import as_arrays
from bayesneuron.network.model import Model
from bayesneuron.network.width import widths_of
from bayesneuron.numerics.checks import (
    check_pair,
    check_positive,
    check_seed,
)
from bayesneuron.numerics.precision import double
from bayesneuron.reduction._leader_merging import leader_merging
from bayesneuron.reduction.result import Reduction
from bayesneuron.reduction.scoring import Score, controlled, score
from bayesneuron.reduction.shrink import Widths, plans_for
from bayesneuron.reduction.source import Source
from bayesneuron.reduction.task import Method, Weights

NOTHING = 1e-3  # nats over all observations: networks that differ by rounding only


def reduce(
    draws: xr.DataTree,
    x: Any = None,
    y: Any = None,
    *,
    test: tuple[Any, Any] | None = None,
    sizes: Sequence[Any] | None = None,
    layer: str | None = None,
    method: Method = leader_merging,
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
        Draws on which the smaller sizes are scored, evenly spaced, at least one of every chain; the
        full network is scored on all.
    seed : int
        Of the method.

    Returns
    -------
    Reduction
        The curve over sizes, the chosen network, and with ``.at(size)`` the network of any other
        size on the curve.

    Raises
    ------
    ValueError
        If data, sizes or model do not fit.

    Notes
    -----
    A score over few draws has a Monte Carlo error, most of which a smaller network shares with the
    full one on the same draws. So the full network serves as control variate: to its score on all
    draws is added, observation by observation, the difference between the smaller and the full
    network on the common subset of draws. The row of the full network thus agrees with
    `bayesneuron.compare`, and differences between rows are those on common draws.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=4, outputs=1)
    >>> reduction = bn.reduce(bn.laplace(model, x, y, samples=60, starts=4))
    >>> reduction.curve["hidden"].tolist(), reduction.model.options["hidden"] <= 4
    ([1, 2, 3, 4], True)
    """
    check_positive(most=most)
    check_seed(seed)
    if test is not None:
        check_pair("test", test)
    model = network_of(draws, model)
    x, y = data_of(draws, x, y)
    train = as_arrays(model, x, y)
    held_out = None if test is None else as_arrays(model, *test)
    layers = list(model.layout.hidden) if layer is None else [layer_of(model.layout, layer)]
    if not layers:
        raise ValueError(f"reduce: expected a network with hidden layers, got {model.name}")
    check_widths(draws, model, train[0].shape[1])
    full = widths_of(model, train[0].shape[1])
    whole = {name: full[name] for name in layers}
    plans = [plan for plan in plans_for(full, layers, sizes) if plan != whole]
    chains, length = (draws["posterior"].sizes[dim] for dim in ("chain", "draw"))
    judged = _evenly(chains, length, most)
    sites = sites_of_draws(aligned(draws))
    source = Source(model, draws, sites, x, y, judged, whole, method, seed)
    loo = held_out is None and len(judged) >= FEWEST
    data, scale = held_out or train, scale_of(draws)

    @double
    def judge(network: Model, sites: Weights) -> Score:
        return score(network, sites, *data, loo=loo, chains=chains, scale=scale)

    networks = source.judged_networks(plans)
    scores, on_all = [judge(*one) for one in networks], judge(model, sites)
    if not source.judges_all:
        common = judge(model, source.few)
        scores = [controlled(one, common, on_all, data[1], scale) for one in scores]
    rows = [
        {**plan, "neurons": _neurons(model, plan, full), "parameters": _parameters(model, weights)}
        for plan, weights in zip(
            [*plans, whole], [*(w for _, w in networks), source.few], strict=True
        )
    ]
    curve = _curve(rows, [*scores, on_all])
    plan = [*plans, whole][int(curve["chosen"].to_numpy().argmax())]
    scored = "test" if held_out is not None else "loo" if loo else "train"
    return Reduction(curve, scored, plan, *source.network(plan), source)


def _evenly(chains: int, length: int, most: int) -> np.ndarray:
    """Places of at most `most` draws, as many of every chain, in draws chain after chain."""
    places = spread(length, max(1, most // chains))
    return (np.arange(chains)[:, None] * length + places).ravel()


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


def _neurons(model: Model, plan: Widths, full: Widths) -> int:
    return sum(plan.get(name, full[name]) for name in model.layout.hidden)


def _parameters(model: Model, sites: Weights) -> int:
    own = [s for s in model.layout.sites if s not in model.layout.auxiliary]
    return int(sum(np.prod(sites[s].shape[1:]) for s in own))
