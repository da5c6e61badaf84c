"""How well networks predict: log density by observation, and error."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from bayesneuron.draws.convergence import spread_values, worst_of
from bayesneuron.draws.evaluate import evaluate, likelihood_scale
from bayesneuron.draws.loo import psis_loo
from bayesneuron.network.arrays import takes_labels
from bayesneuron.network.model import Model
from bayesneuron.reduction.future import Forecasts, leave_future_out
from bayesneuron.reduction.task import Weights

_BLOCK = 256  # draws whose predictions are held at once


@dataclass(frozen=True)
class Score:
    """How the predictive mixture over draws scores.

    Attributes
    ----------
    pointwise : ndarray, shape (observation,)
        Log predictive density.
    mean : ndarray, shape (observation, ...)
        Mean prediction.
    error : float
        Of the mean prediction: share of wrong classes or labels, or root mean square error in the
        units of `scale`.
    each : ndarray, shape (draw,)
        The same error of every draw alone.
    bad_k : int
        Observations whose leave-one-out density is unreliable.
    labels : bool
        Whether the targets are labels 0 and 1.
    rhat : float
        Largest R-hat over predictions at up to 200 places, NaN of one chain.
    """

    pointwise: np.ndarray
    mean: np.ndarray
    error: float
    each: np.ndarray
    bad_k: int = 0
    labels: bool = False
    rhat: float = np.nan


def score(
    model: Model,
    sites: Weights,
    x: np.ndarray,
    y: np.ndarray,
    *,
    loo: bool,
    chains: int = 1,
    temper: float = 1.0,
    scale: np.ndarray | float = 1.0,
    rows: np.ndarray | slice = slice(None),
) -> Score:
    """Score networks on data.

    Parameters
    ----------
    model, sites, x, y
        As in `Task`; draws of one chain after another.
    loo : bool
        Whether each observation is predicted from the other observations, by PSIS-LOO; it was
        then part of the training data.
    chains : int
        Number of chains, of equal length.
    temper : float
        Power of the likelihood in the posterior of the draws.
    scale : float or ndarray
        Unit of the targets.
    rows : ndarray of int or slice
        Those that are scored; by default all.
    """
    count, labels = len(next(iter(sites.values()))), takes_labels(model, x.shape[1])
    parts, each, some, total = [], [], [], 0.0
    for block in _blocks(sites, count):
        values = evaluate(model, block, x, y, keep=("mean",))
        mean = np.asarray(values["mean"], float)
        parts.append(values["log_likelihood"])
        each.append(errors(mean[:, rows], y[rows], scale, labels=labels))
        some.append(spread_values(mean))
        total = total + mean.sum(axis=0)
    log_likelihood, mean = np.concatenate(parts), np.asarray(total) / count
    bad = 0
    if loo:
        one = {k: v[0] for k, v in sites.items()}
        power = temper * likelihood_scale(model, one, x, y)
        pointwise, bad = _loo(log_likelihood.reshape(chains, -1, log_likelihood.shape[1]), power)
    else:
        pointwise = np.logaddexp.reduce(log_likelihood, axis=0) - np.log(count)
    error = _error(mean[rows], y[rows], scale, labels)
    rhat = worst_of(np.concatenate(some).reshape(chains, count // chains, -1))[0]
    return Score(pointwise[rows], mean[rows], error, np.concatenate(each), bad, labels, rhat)


def of_future(
    model: Model,
    sites: Weights,
    fit: Callable[[int], Weights],
    x: np.ndarray,
    y: np.ndarray,
    *,
    earlier: np.ndarray,
    origins: np.ndarray,
    chains: int,
    temper: float = 1.0,
    scale: np.ndarray | float = 1.0,
) -> Score:
    """Score networks on some rows, each predicted by the rows before it.

    Parameters
    ----------
    sites : dict of str to ndarray, shape (draw, ...)
        Draws of the posterior given all rows.
    fit : callable
        Those of the posterior given so many first rows.
    earlier : ndarray of int, shape (observation,)
        Number of first rows from which each row is predicted.
    origins : ndarray of int
        The rows that are predicted.
    model, x, y, chains, temper, scale
        As in `score`.
    """

    def forecast(rows: int) -> Forecasts:
        values = evaluate(model, fit(rows), x, y, keep=("mean",))
        log_likelihood = values["log_likelihood"].reshape(chains, -1, len(x))
        return Forecasts(log_likelihood, np.asarray(values["mean"], float))

    power = temper * likelihood_scale(model, {k: v[0] for k, v in sites.items()}, x, y)
    future = leave_future_out(forecast, earlier, origins, power=power)
    labels = takes_labels(model, x.shape[1])
    error = _error(future.mean, y[origins], scale, labels)
    each = errors(future.single, y[origins], scale, labels=labels)
    rhat = _rhat(model, sites, x, y, chains)
    return Score(future.pointwise, future.mean, error, each, future.bad_k, labels, rhat)


def controlled(
    small: Score, full: Score, all_draws: Score, y: np.ndarray, scale: np.ndarray | float = 1.0
) -> Score:
    """Score of a smaller network on some draws, with the full network as control variate.

    What the Monte Carlo error of the smaller network's score and the full network's on the same
    draws have in common cancels in their difference. The difference, observation by observation,
    is added to the score of the full network on all draws.

    Parameters
    ----------
    small, full : Score
        Of the smaller and of the full network, on the same draws.
    all_draws : Score
        Of the full network on all draws.
    y, scale
        As in `score`.

    Returns
    -------
    Score
        ``pointwise`` and ``mean``, and the average of ``each``, controlled; ``bad_k`` and the
        spread of ``each`` are those of `small`.

    Examples
    --------
    >>> y = np.zeros(2)
    >>> def of(density, mean):
    ...     return Score(np.full(2, density), np.full(2, mean), mean, np.full(3, mean))
    >>> moved = controlled(of(-1.5, 0.5), of(-1.2, 0.25), of(-1.0, 0.125), y)
    >>> moved.pointwise.round(6).tolist(), moved.error
    ([-1.3, -1.3], 0.375)
    """
    with np.errstate(invalid="ignore"):  # densities of zero
        pointwise = all_draws.pointwise + (small.pointwise - full.pointwise)
    mean = all_draws.mean + (small.mean - full.mean)
    each = small.each + (all_draws.each.mean() - full.each.mean())
    error = _error(mean, y, scale, small.labels)
    return Score(pointwise, mean, error, each, small.bad_k, small.labels)


def errors(
    mean: np.ndarray, y: np.ndarray, scale: np.ndarray | float = 1.0, *, labels: bool = False
) -> np.ndarray:
    """Error of each draw: share of wrong classes or labels, or RMSE over observations and outputs.

    Examples
    --------
    >>> p = np.array([[[0.9], [0.4]]])  # probabilities of 1
    >>> errors(p, np.array([[1], [1]]), labels=True).tolist()
    [0.5]
    """
    if mean.shape[1:] != y.shape:  # class probabilities
        return (mean.argmax(axis=-1) != y).mean(axis=1)
    if labels:
        return ((mean > 0.5) != y).reshape(len(mean), -1).mean(axis=1)
    return np.sqrt((((mean - y) * scale) ** 2).reshape(len(mean), -1).mean(axis=1))


def _rhat(model: Model, sites: Weights, x: np.ndarray, y: np.ndarray, chains: int) -> float:
    some = [
        spread_values(np.asarray(evaluate(model, block, x, y, keep=("mean",))["mean"], float))
        for block in _blocks(sites, len(next(iter(sites.values()))))
    ]
    values = np.concatenate(some)
    return worst_of(values.reshape(chains, -1, values.shape[1]))[0]


def _error(mean: np.ndarray, y: np.ndarray, scale: np.ndarray | float, labels: bool) -> float:
    return float(errors(mean[None], y, scale, labels=labels)[0])


def _blocks(sites: Weights, count: int) -> Iterator[Weights]:
    for start in range(0, count, _BLOCK):
        yield {k: v[start : start + _BLOCK] for k, v in sites.items()}


def _loo(log_likelihood: np.ndarray, power: np.ndarray) -> tuple[np.ndarray, int]:
    """PSIS-LOO by observation and the number of bad Pareto k, of (chain, draw, observation)."""
    estimate = psis_loo(log_likelihood, power=power)
    if estimate is None:
        raise ValueError(f"PSIS-LOO: expected more draws, got {log_likelihood.shape[:2]}")
    return estimate.pointwise, estimate.bad_k
