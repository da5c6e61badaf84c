"""How well networks predict: log density by observation, and error."""

from typing import NamedTuple

import numpy as np

from bayesneuron.draws.evaluate import evaluate
from bayesneuron.draws.loo import psis_loo
from bayesneuron.network.model import Model
from bayesneuron.reduction.task import Weights

LEAST = 50  # draws from which leave-one-out says anything


class Score(NamedTuple):
    """Of the predictive mixture over draws.

    pointwise : ndarray, shape (observation,)
        Log predictive density.
    error : float
        Share of wrong classes, or root mean square error in the units of `scale`.
    each : ndarray, shape (draw,)
        The same error of every draw alone.
    bad_k : int
        Observations whose leave-one-out density is not to be trusted.
    """

    pointwise: np.ndarray
    error: float
    each: np.ndarray
    bad_k: int = 0


def score(
    model: Model,
    sites: Weights,
    x: np.ndarray,
    y: np.ndarray,
    *,
    loo: bool,
    chains: int = 1,
    scale: np.ndarray | float = 1.0,
) -> Score:
    """Score networks on data; with `loo` each observation by the draws weighted as without it.

    Draws come chain after chain, as many of each.
    """
    told = evaluate(model, sites, x, y, keep=("mean",))
    mean, log_lik = np.asarray(told["mean"], float), told["log_likelihood"]
    each = errors(mean, y, scale)
    error = float(errors(mean.mean(axis=0)[None], y, scale)[0])
    if loo:
        left_out = psis_loo(log_lik.reshape(chains, -1, log_lik.shape[-1]))
        assert left_out is not None  # there are at least LEAST draws
        return Score(left_out.pointwise, error, each, left_out.bad_k)
    mixed = np.logaddexp.reduce(log_lik, axis=0) - np.log(len(log_lik))
    return Score(mixed, error, each)


def errors(mean: np.ndarray, y: np.ndarray, scale: np.ndarray | float = 1.0) -> np.ndarray:
    """Error of each draw: wrong classes, or RMSE over observations and outputs."""
    if mean.shape[1:] != y.shape:  # class probabilities
        return (mean.argmax(axis=-1) != y).mean(axis=1)
    return np.sqrt((((mean - y) * scale) ** 2).reshape(len(mean), -1).mean(axis=1))
