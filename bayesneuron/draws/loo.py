"""PSIS-LOO: how well draws predict each observation, had they not seen it."""

from typing import Any, NamedTuple

import numpy as np
from arviz_stats.base.array import array_stats
from scipy.special import logsumexp

FEWEST = 25  # draws: a fifth of them is the tail, and a Pareto fit needs five


class Loo(NamedTuple):
    """Expected log predictive density by Pareto-smoothed leave-one-out.

    Attributes
    ----------
    elpd, se : float
        Summed over observations, in nats, and its standard error.
    pointwise : ndarray, shape (observation,)
    pareto_k : ndarray, shape (observation,)
    good_k : float
        Largest Pareto k with which so many draws can be trusted.
    bad_k : int
        Observations above it, or whose k could not be estimated.
    """

    elpd: float
    se: float
    pointwise: np.ndarray
    pareto_k: np.ndarray
    good_k: float
    bad_k: int


def psis_loo(log_likelihood: np.ndarray) -> Loo | None:
    """Leave each observation out by weighting the draws.

    Parameters
    ----------
    log_likelihood : array_like, shape (chain, draw, observation)

    Returns
    -------
    Loo or None
        None where there are too few draws for the tail of a Pareto fit, fewer than 25.

    Notes
    -----
    The length of the tail depends on how efficient the draws are. That is measured on the
    likelihood of each observation itself, so the result does not depend on
    which symmetric copy of the network a draw is.

    References
    ----------
    Vehtari, Gelman, Gabry, "Practical Bayesian model evaluation using leave-one-out
    cross-validation and WAIC", Statistics and Computing 2017; Vehtari et al., "Pareto smoothed
    importance sampling", JMLR 2024.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> mean = rng.normal(0, 0.1, (4, 500, 1))  # posterior of the mean of 100 values of sd 1
    >>> loo = psis_loo(-0.5 * (rng.normal(size=100) - mean) ** 2 - 0.5 * np.log(2 * np.pi))
    >>> -160 < loo.elpd < -120, loo.bad_k
    (True, 0)
    """
    values = np.asarray(log_likelihood, float)
    draws = values.shape[0] * values.shape[1]
    if draws < FEWEST:
        return None
    efficiency = _relative_efficiency(values)
    flat = values.reshape(draws, -1).T  # (observation, draw)
    parts = [_leave_out(row, one) for row, one in zip(flat, efficiency, strict=True)]
    pointwise, k = (np.array(column) for column in zip(*parts, strict=True))
    good = min(1 - 1 / np.log10(draws), 0.7)
    with np.errstate(invalid="ignore"):
        se = float(np.sqrt(len(pointwise) * pointwise.var()))
    return Loo(
        elpd=float(pointwise.sum()),
        se=se,
        pointwise=pointwise,
        pareto_k=k,
        good_k=float(good),
        bad_k=int((~(k <= good)).sum()),
    )


def _leave_out(log_likelihood: np.ndarray, efficiency: float) -> tuple[float, float]:
    """Log density of one observation by the other ones, and its Pareto k."""
    if not np.isfinite(log_likelihood).all():  # a likelihood of zero: infinite weight
        return (-np.inf if np.isneginf(log_likelihood).any() else np.nan), np.inf
    smooth: Any = array_stats.psislw  # its annotations are narrower than its arguments
    try:
        log_weight, k = smooth(log_likelihood, r_eff=efficiency)
    except ValueError:  # the largest weights are all equal: there is no tail to smooth
        log_weight, k = -log_likelihood - logsumexp(-log_likelihood), 0.0
    return float(np.asarray(logsumexp(log_weight + log_likelihood))), float(k)


def _relative_efficiency(log_likelihood: np.ndarray) -> np.ndarray:
    """Effective share of the draws for the mean likelihood of each observation, (observation,)."""
    if log_likelihood.shape[1] < 4:
        return np.ones(log_likelihood.shape[2])
    with np.errstate(invalid="ignore", divide="ignore"):
        likelihood = np.exp(log_likelihood - log_likelihood.max(axis=(0, 1)))
        share = array_stats.ess(likelihood, chain_axis=0, draw_axis=1, method="mean", relative=True)
    share = np.asarray(share, float)
    return np.where(np.isfinite(share) & (share > 0), share, 1.0)
