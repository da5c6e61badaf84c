"""How well networks predict: log density by observation, and error."""

import warnings
from typing import Any, NamedTuple

import arviz as az
import numpy as np
import xarray as xr

from bayesneuron.draws.evaluate import evaluate
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
    scale: np.ndarray | float = 1.0,
) -> Score:
    """Score networks on data; with `loo` each observation by the draws weighted as without it."""
    told = evaluate(model, sites, x, y, keep=("mean",))
    mean, log_lik = np.asarray(told["mean"], float), told["log_likelihood"]
    each = errors(mean, y, scale)
    error = float(errors(mean.mean(axis=0)[None], y, scale)[0])
    if loo:
        tree = az.from_dict({"posterior": {"draw_number": np.zeros((1, len(log_lik)))}})
        found = az.from_dict({"log_likelihood": {"y": log_lik[None]}}, dims={"y": ["observation"]})
        tree["log_likelihood"] = found["log_likelihood"]
        pointwise, bad = _loo(tree)
        return Score(pointwise, error, each, bad)
    mixed = np.logaddexp.reduce(log_lik, axis=0) - np.log(len(log_lik))
    return Score(mixed, error, each)


def errors(mean: np.ndarray, y: np.ndarray, scale: np.ndarray | float = 1.0) -> np.ndarray:
    """Error of each draw: wrong classes, or RMSE over observations and outputs."""
    if mean.shape[1:] != y.shape:  # class probabilities
        return (mean.argmax(axis=-1) != y).mean(axis=1)
    return np.sqrt((((mean - y) * scale) ** 2).reshape(len(mean), -1).mean(axis=1))


def _loo(tree: xr.DataTree) -> tuple[np.ndarray, int]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its warning is the count of bad k, which is returned
        found: Any = az.loo(tree, pointwise=True, reff=1.0)
    return np.asarray(found.elpd_i), int((np.asarray(found.pareto_k) > found.good_k).sum())
