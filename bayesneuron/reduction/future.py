"""Leave-future-out: each row of a series predicted by the posterior of the rows before it.

A sampler for every origin would cost too much. From one origin to the next the draws are kept and
weighted by the likelihood of the rows that have been added; where the weights degenerate (Pareto
k), the posterior is sampled anew (Bürkner, Gabry and Vehtari, "Approximate leave-future-out
cross-validation for Bayesian time series models", Journal of Statistical Computation and Simulation
2020).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import logsumexp

from bayesneuron.draws.loo import FEWEST, FEWEST_EFFECTIVE, good_k, relative_efficiency, smoothed

SHARE = 0.1  # of the rows at which the posterior is sampled


def origins_of(earlier: np.ndarray) -> np.ndarray:
    """Rows to predict: of the later half, so many that no two of them share a target.

    Examples
    --------
    >>> origins_of(np.array([0, 0, 1, 2, 3, 4])).tolist()
    [3, 5]
    """
    count = len(earlier)
    overlapping = int((np.arange(count) - earlier)[1:].max(initial=0))
    return np.arange(count // 2, count, overlapping + 1)


class Forecasts(NamedTuple):
    """What the posterior of some of the rows says of all rows."""

    log_likelihood: np.ndarray  # (chain, draw, observation)
    mean: np.ndarray  # (chain * draw, observation, ...)


class Future(NamedTuple):
    """How rows are predicted, each by the rows before it.

    Attributes
    ----------
    pointwise : ndarray, shape (origin,)
        Log predictive density.
    mean : ndarray, shape (origin, ...)
        Mean prediction.
    single : ndarray, shape (draw, origin, ...)
        Prediction of every draw that was in use at the origin, unweighted.
    pareto_k : ndarray, shape (origin,)
        Minus infinity at the origins at which the posterior was sampled.
    bad_k : int
        Origins whose weights fail: predicted from the rows of the last posterior that was sampled.
    sampled : tuple of int
        Numbers of first rows whose posterior was sampled.
    """

    pointwise: np.ndarray
    mean: np.ndarray
    single: np.ndarray
    pareto_k: np.ndarray
    bad_k: int
    sampled: tuple[int, ...]

    @property
    def elpd(self) -> float:
        """Log predictive density, summed over origins."""
        return float(self.pointwise.sum())

    @property
    def se(self) -> float:
        """Its standard error, as if origins were independent."""
        return float(np.sqrt(len(self.pointwise) * self.pointwise.var(ddof=1)))


def leave_future_out(
    fit: Callable[[int], Forecasts],
    earlier: np.ndarray,
    origins: np.ndarray,
    *,
    power: np.ndarray | float = 1.0,
    share: float = SHARE,
) -> Future:
    """Predict some rows, each by earlier ones.

    Parameters
    ----------
    fit : callable
        The posterior given so many first rows.
    earlier : ndarray of int, shape (observation,)
        Number of first rows from which each row is predicted.
    origins : ndarray of int, shape (origin,)
        The rows to predict, in order.
    power : float or ndarray, shape (observation,)
        Of the likelihood in the posterior.
    share : float
        Largest share of the rows since the first origin at which the posterior is sampled again;
        late origins get as many as early ones. 1: wherever weights degenerate; 0: nowhere.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> y = rng.normal(1.0, 1.0, size=40)
    >>> def fit(rows):  # mean of values of sd 1, flat prior
    ...     mean = rng.normal(y[:rows].mean(), rows**-0.5, size=(4, 500, 1)) + np.zeros(40)
    ...     return Forecasts(-0.5 * (y - mean) ** 2 - 0.919, mean.reshape(2000, 40))
    >>> future = leave_future_out(fit, np.arange(40), np.arange(20, 40))
    >>> len(future.pointwise), future.bad_k, len(future.sampled) <= 2
    (20, 0, True)
    """
    rows = int(earlier[origins[0]])
    forecasts, sampled = fit(rows), [rows]
    columns: list[tuple[float, np.ndarray, np.ndarray, float, bool]] = []
    for origin in origins:
        known = int(earlier[origin])
        weights, k, reliable = _weights(forecasts.log_likelihood, rows, known, power)
        if not reliable and len(sampled) < 1 + int(share * (origin - origins[0])):
            rows, forecasts = known, fit(known)
            sampled.append(known)
            weights, k, reliable = _weights(forecasts.log_likelihood, rows, known, power)
        density = forecasts.log_likelihood[..., origin].ravel()
        single = forecasts.mean[:, origin]
        mean = np.tensordot(np.exp(weights), single, axes=1)
        columns.append((float(np.asarray(logsumexp(weights + density))), mean, single, k, reliable))
    pointwise, mean, single, k, reliable = zip(*columns, strict=True)
    return Future(
        np.array(pointwise), np.stack(mean), np.stack(single, axis=1), np.array(k),
        int(np.sum(~np.array(reliable))), tuple(sampled),
    )  # fmt: skip


def _weights(
    log_likelihood: np.ndarray, rows: int, known: int, power: np.ndarray | float
) -> tuple[np.ndarray, float, bool]:
    """Log weights that turn the posterior of `rows` into that of `known`, k, and whether sound.

    Equal weights where they are not: the posterior of fewer rows, which knows nothing of the later.
    """
    draws = log_likelihood.shape[0] * log_likelihood.shape[1]
    equal = np.full(draws, -np.log(draws))
    if known == rows:
        return equal, -np.inf, True
    ratio = (power * log_likelihood)[..., rows:known].sum(axis=-1, keepdims=True)
    if draws < FEWEST or not np.isfinite(ratio).all():
        return equal, np.inf, False
    weights, k, effective = smoothed(ratio.ravel(), float(relative_efficiency(ratio)[0]))
    sound = bool(k <= good_k(draws) and effective >= FEWEST_EFFECTIVE)
    return (weights if sound else equal), k, sound
