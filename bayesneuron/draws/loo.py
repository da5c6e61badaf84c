"""PSIS-LOO: how well draws predict each observation, had they not seen it."""

from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from scipy.special import logsumexp

FEWEST = 25  # draws: a fifth of them is the tail, and a Pareto fit needs five
FEWEST_EFFECTIVE = 5.0  # draws that carry the weight, below which no tail is seen
POWER = "power"  # attribute of log likelihoods: the power with which they enter the posterior


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
        Observations above it, whose k could not be estimated, or of fewer than 5 effective draws.
    ess : ndarray, shape (observation,)
        Effective number of draws by the smoothed weights: 1 / Σ w², times that of the draws.
    """

    elpd: float
    se: float
    pointwise: np.ndarray
    pareto_k: np.ndarray
    good_k: float
    bad_k: int
    ess: np.ndarray


def loo_of(draws: xr.DataTree) -> Loo | None:
    """`psis_loo` of the log likelihoods that draws carry, with the power of their posterior."""
    values = draws["log_likelihood"]["y"]
    return psis_loo(np.asarray(values), power=values.attrs.get(POWER, 1.0))


def effective_number(log_weight: np.ndarray) -> float:
    """1 / Σ w² of normalised weights.

    Examples
    --------
    >>> effective_number(np.zeros(10))
    10.0
    """
    weight = np.exp(np.asarray(log_weight) - np.max(log_weight))
    return float(weight.sum() ** 2 / (weight**2).sum())


def good_k(draws: int) -> float:
    """Largest Pareto k with which so many draws can be trusted."""
    return float(min(1 - 1 / np.log10(draws), 0.7))


def psis_loo(log_likelihood: np.ndarray, *, power: np.ndarray | float = 1.0) -> Loo | None:
    """Leave each observation out by weighting the draws.

    Parameters
    ----------
    log_likelihood : array_like, shape (chain, draw, observation)
    power : float or array_like, shape (observation,)
        Of each observation's likelihood in the posterior of the draws: what is taken out is the
        likelihood to this power. The density that is averaged is the likelihood itself.

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
    efficiency = relative_efficiency(values)
    flat = values.reshape(draws, -1).T  # (observation, draw)
    powers = np.broadcast_to(np.asarray(power, float), len(flat))
    parts = [_leave_out(*one) for one in zip(flat, efficiency, powers, strict=True)]
    pointwise, k, ess = (np.array(column) for column in zip(*parts, strict=True))
    good = good_k(draws)
    with np.errstate(invalid="ignore"):
        se = float(np.sqrt(len(pointwise) * pointwise.var()))
    return Loo(
        elpd=float(pointwise.sum()),
        se=se,
        pointwise=pointwise,
        pareto_k=k,
        good_k=good,
        bad_k=int((~(k <= good) | ~(ess >= FEWEST_EFFECTIVE)).sum()),
        ess=ess,
    )


def smoothed(log_ratio: np.ndarray, efficiency: float) -> tuple[np.ndarray, float, float]:
    """Normalised log weights by Pareto smoothing of ratios, Pareto k, and effective draws.

    Parameters
    ----------
    log_ratio : ndarray, shape (draw,)
        Log density that is wanted less that of the draws.
    efficiency : float
        Effective share of the draws.
    """
    from arviz_stats.base.array import array_stats

    smooth: Any = array_stats.psislw  # its annotations are narrower than its arguments
    try:
        log_weight, k = smooth(-log_ratio, r_eff=efficiency)
    except ValueError:  # the largest weights are all equal: there is no tail to smooth
        log_weight, k = log_ratio - np.asarray(logsumexp(log_ratio)), 0.0
    log_weight = np.asarray(log_weight)
    return log_weight, float(k), effective_number(log_weight) * min(efficiency, 1.0)


def _leave_out(
    log_likelihood: np.ndarray, efficiency: float, power: float
) -> tuple[float, float, float]:
    """Log density of one observation by the other ones, its Pareto k and effective draws."""
    if not np.isfinite(log_likelihood).all():  # a likelihood of zero: infinite weight
        return (-np.inf if np.isneginf(log_likelihood).any() else np.nan), np.inf, 1.0
    log_weight, k, ess = smoothed(-power * log_likelihood, efficiency)
    return float(np.asarray(logsumexp(log_weight + log_likelihood))), k, ess


def relative_efficiency(log_likelihood: np.ndarray) -> np.ndarray:
    """Effective share of the draws for the mean likelihood of each observation, (observation,)."""
    from arviz_stats.base.array import array_stats

    if log_likelihood.shape[1] < 4:
        return np.ones(log_likelihood.shape[2])
    with np.errstate(invalid="ignore", divide="ignore"):
        likelihood = np.exp(log_likelihood - log_likelihood.max(axis=(0, 1)))
        share = array_stats.ess(likelihood, chain_axis=0, draw_axis=1, method="mean", relative=True)
    share = np.asarray(share, float)
    return np.where(np.isfinite(share) & (share > 0), share, 1.0)
