"""Calibration of an estimator by simulation, its alignment blind to the truth.

A true network is drawn, data are simulated from it, the estimator is run on them. Its draws are
aligned to the reference that they agree on by themselves. Only then is the truth brought to that
reference, by the same rule as any draw. So no choice favours the truth.
"""

import inspect
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from bayesneuron.alignment import align
from bayesneuron.alignment._align import sites_of
from bayesneuron.diagnostics.calibration._simulate import seed_of, simulate, strengths
from bayesneuron.diagnostics.calibration.ranks import distance_shares, rank_shares, tarp_share
from bayesneuron.draws.check_draws import check_draws
from bayesneuron.draws.coordinates import coordinates
from bayesneuron.draws.evaluate import evaluate, latent_sites
from bayesneuron.draws.network import network_of
from bayesneuron.draws.tree import inputs_of, layout_of, sites_of_draws
from bayesneuron.geometry.posterior import posteriors_of
from bayesneuron.inference.estimator import check_estimator
from bayesneuron.inference.work import work_of
from bayesneuron.network.arrays import as_inputs
from bayesneuron.network.model import Model
from bayesneuron.network.travelling import Travelling
from bayesneuron.numerics.checks import (
    check_count,
    check_not_negative,
    check_positive,
    check_probability,
    check_seed,
)
from bayesneuron.numerics.tasks import map_tasks
from bayesneuron.numerics.warn import StatisticalWarning, collected

THIN = 99  # draws among which a rank is taken, so that it has 100 values


def calibrate(
    estimate: Callable[..., xr.DataTree],
    model: Model,
    x: Any,
    *,
    sets: int = 200,
    first: int = 0,
    seed: int = 0,
    floor: float = 0.0,
    level: float = 0.9,
    executor: Executor | None = None,
    checkpoint: str | Path | None = None,
    **options: Any,
) -> pd.DataFrame:
    """Simulate data sets, fit each, and rank every true neuron among the draws.

    Parameters
    ----------
    estimate : callable
        ``estimate(model, x, y, seed=..., **options)``, such as `bayesneuron.nuts`.
    model : Model
    x : array_like, shape (observation, input), or callable
        Inputs of every data set, or ``x(number)`` those of each.
    sets, first : int
        Data sets ``first, …, first + sets - 1`` are made; each depends on its number and `seed`
        alone, so that a long study can be done in parts.
    seed : int
    floor : float
        Least strength of a true neuron, see `bayesneuron.calibration.simulate`.
    level : float
        Of the regions.
    executor : concurrent.futures.Executor, optional
        Runs data sets on its workers; by default they run here, one after another. The table is
        the same to the last bit.
    checkpoint : str or Path, optional
        A folder that keeps data sets as they end. The same call goes on from there after a stop,
        and one with other `sets` or `first` reads those that it has.
    **options
        For `estimate`.

    Returns
    -------
    DataFrame
        The rows of `score`, with column ``set``.

    Raises
    ------
    ValueError
        As `estimate` and `bayesneuron.calibration.simulate` do, or if the checkpoint is of another
        study.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> from bayesneuron.diagnostics.calibration import calibrate, coverage
    >>> model = bn.load("two_layer", inputs=2, hidden=2, outputs=1, noise=0.3)
    >>> x = np.random.default_rng(0).normal(size=(60, 2))
    >>> table = calibrate(bn.laplace, model, x, sets=3, samples=200, starts=4)
    >>> coverage(table)["sets"].tolist()
    [3]
    """
    check_positive(sets=sets)
    check_count(first=first)
    check_seed(seed)
    check_probability(level=level)
    check_not_negative(floor=floor)
    check_estimator(estimate, options)
    work = work_of(
        executor, checkpoint, method="calibrate", model=model, seed=seed,
        data=() if checkpoint is None or callable(x) else (as_inputs(model, x),),
        x=x if callable(x) else None, estimate=estimate, options=options, floor=floor, level=level,
    )  # fmt: skip
    sent = Travelling(estimate)
    with warnings.catch_warnings():  # of the estimator itself
        warnings.simplefilter("ignore", StatisticalWarning)
        parts = map_tasks(
            scores_of_set,
            lambda number: (sent, model, _inputs(x, number), number, seed, floor, level, options),
            range(first, first + sets),
            work=work,
            returns=Scores,
        )
    tables = [pd.DataFrame({name: part.columns[name] for name in COLUMNS}) for part in parts]
    return pd.concat(tables, ignore_index=True)


COLUMNS = ("kind", "part", "neuron", "rank", "inside", "normal", "margin", "set")


class Scores(NamedTuple):
    """The columns of a table of `score`."""

    columns: dict[str, np.ndarray]


def scores_of_set(
    estimate: Callable[..., xr.DataTree],
    model: Model,
    x: Any,
    number: int,
    seed: int,
    floor: float,
    level: float,
    options: Mapping[str, Any],
) -> Scores:
    """Data set `number` of a study: simulated, fitted and scored."""
    set_seed = seed_of(seed, number)
    truth, y = simulate(model, x, seed=set_seed, floor=floor)
    with collected():  # hundreds of fits, each with its own warnings
        draws = estimate(model, x, y, seed=set_seed, **options)
    table = score(draws, truth, x, model=model, level=level, seed=set_seed).assign(set=number)
    words = {"kind", "part"}
    return Scores({str(k): np.array(v, str if k in words else None) for k, v in table.items()})


def _inputs(x: Any, number: int) -> Any:
    """Inputs of a data set: the same for all, or of a function of its number."""
    if not callable(x):
        return x
    try:
        inspect.signature(x).bind(number)
    except TypeError as error:
        raise ValueError(f"x: expected a function of the number of a set, got {error}") from None
    return x(number)


def score(
    draws: xr.DataTree,
    truth: xr.DataTree,
    x: Any = None,
    *,
    model: Model | None = None,
    level: float = 0.9,
    seed: int = 0,
) -> pd.DataFrame:
    """Rank a known truth among the draws of an estimate.

    Parameters
    ----------
    draws : DataTree
        From an estimator; aligned here, without the truth.
    truth : DataTree
        One draw, from `bayesneuron.calibration.simulate`.
    x : array_like, shape (observation, input), optional
        The network's output at its first row is one of the quantities ranked; by default the
        inputs that the draws carry.
    model : Model, optional
        Needed where the model is not one of the shipped ones.
    level : float
        Of the regions.
    seed : int
        Of TARP's random point.

    Returns
    -------
    DataFrame
        ``kind`` neuron: one row per hidden neuron. ``rank`` is the share of draws at a smaller
        Mahalanobis distance, each from the others; ``inside`` is 1 where ``region(level)`` holds
        the truth, ``normal`` 1 where the χ² region ``region(level, kind="normal")`` does;
        ``margin`` is that of the truth's match, in nats. ``kind`` output: the same for the output
        neurons. ``kind`` joint: ``rank`` is TARP's share over all aligned weights. ``kind``
        invariant: ``rank`` of quantities that no symmetry changes: each scalar site outside the
        layout (the noise scale), the output at the first row, and Σ |incoming| · |outgoing|.

    Raises
    ------
    ValueError
        If the draws have no layout or their sites do not fit it.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x = np.linspace(-1, 1, 30)[:, None]
    >>> model = bn.load("two_layer", inputs=1, hidden=2, outputs=1)
    >>> truth, y = bn.calibration.simulate(model, x, seed=0)
    >>> table = score(bn.laplace(model, x, y, samples=50, starts=4), truth)
    >>> bool(table["rank"].between(0, 50).all())
    True
    """
    check_draws(draws)
    check_draws(truth, "truth")
    size = truth["posterior"].sizes
    if size["chain"] * size["draw"] != 1:
        raise ValueError(f"truth: expected one draw, got {size['chain'] * size['draw']}")
    check_probability(level=level)
    check_seed(seed)
    model, x = network_of(draws, model), inputs_of(draws, x)[0]
    x = as_inputs(model, x)
    layout = layout_of(draws)
    plain = draws.copy()
    if "prior" in plain.children:
        del plain["prior"]  # the null is not asked for here
    aligned = align(plain)
    aligned_truth = align(truth, reference=aligned)
    true_sites = sites_of(aligned_truth, layout)
    rows: list[dict[str, Any]] = []
    for layer, post in posteriors_of(aligned).items():
        at = coordinates(layout, true_sites, layer).values[0]
        rank = distance_shares(post.by_draw, at, post.mean, post.cov, post.shrinkage)
        inside = post.region(level).contains(at)
        normal = post.region(level, kind="normal").contains(at)
        margin = np.full(len(at), np.inf)
        if layer in layout.hidden:
            margin = np.asarray(aligned_truth["alignment"][f"{layer}_margin"])[0, 0]
        kind = "neuron" if layer in layout.hidden else "output"
        rows += [
            {"kind": kind, "part": layer, "neuron": i, "rank": rank[i],
             "inside": float(inside[i]), "normal": float(normal[i]), "margin": margin[i]}
            for i in range(len(at))
        ]  # fmt: skip
    flat = [_flat(sites_of(aligned, layout)), _flat(true_sites)[0]]
    shares = {("joint", "joint"): tarp_share(flat[0], flat[1], seed=seed)}
    drawn, true = (invariants(model, tree, x) for tree in (draws, truth))
    for name, values in true.items():
        if name in drawn:
            shares["invariant", name] = float(rank_shares(drawn[name], values[0], thin=THIN))
    rows += [
        {"kind": kind, "part": part, "neuron": 0, "rank": share, "inside": np.nan,
         "normal": np.nan, "margin": np.nan}
        for (kind, part), share in shares.items()
    ]  # fmt: skip
    return pd.DataFrame(rows)


def invariants(model: Model, draws: xr.DataTree, x: Any) -> dict[str, np.ndarray]:
    """Quantities that no symmetry of the network changes, by name, (draw,)."""
    layout = layout_of(draws)
    sites = sites_of_draws(draws)
    inputs = np.asarray(x, float)
    values = {k: v for k, v in sites.items() if k not in layout.sites and v.ndim == 1}
    mean = evaluate(model, latent_sites(draws, model, inputs), inputs[:1], keep=("mean",))["mean"]
    values["function"] = mean.reshape(len(mean), -1)[:, 0]
    if layout.hidden:
        strong = strengths(layout, sites).values()
        values["strength"] = np.sum([s.sum(axis=1) for s in strong], axis=0)
    return values


def _flat(sites: dict[str, np.ndarray]) -> np.ndarray:
    return np.concatenate([v.reshape(len(v), -1) for v in sites.values()], axis=1)
