"""Scores of one forecast against what came: proper ones, so that honesty pays.

The continuous ranked probability score is CRPS(F, y) = E|X − y| − E|X − X'| / 2 with X, X' ~ F, in
the units of y: the absolute error of a forecast that is a point (Gneiting and Raftery 2007).
"""

import numpy as np


def crps_of_samples(samples: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """The fair estimate from samples, whose mean over samples is the CRPS of what they are from.

    Σ_i |x_i − y| / n − Σ_ij |x_i − x_j| / (2 n (n − 1)); the second sum from the sorted samples
    (Zamo and Naveau 2018, eq. 3, in the form of probability-weighted moments).

    Parameters
    ----------
    samples : ndarray, shape (sample, ...)
        Those that are NaN are left out.
    observed : ndarray, shape (...)

    Returns
    -------
    ndarray, shape (...)
        NaN with fewer than two samples.

    Examples
    --------
    >>> crps_of_samples(np.array([0.0, 1.0, 2.0]), np.array(1.0)).item() == 2 / 3 - 8 / 12
    True
    """
    kept = ~np.isnan(samples)
    count = kept.sum(axis=0)
    ordered = np.where(kept, samples, np.inf)
    ordered.sort(axis=0)
    rank = np.arange(1, len(samples) + 1).reshape(-1, *[1] * (samples.ndim - 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        used = rank <= count
        ordered = np.where(used, ordered, 0.0)
        near = np.where(used, np.abs(ordered - observed), 0.0).sum(axis=0) / count
        pairs = (np.where(used, 2 * rank - count - 1, 0) * ordered).sum(axis=0)
        score = near - pairs / (count * (count - 1))
    return np.where(count > 1, score, np.nan)


def crps_of_normal(mean: np.ndarray, sd: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """The CRPS of a normal distribution (Gneiting et al. 2005, eq. 5); of a point where sd is 0.

    Examples
    --------
    >>> round(float(crps_of_normal(np.array(0.0), np.array(1.0), np.array(0.0))), 4)
    0.2337
    """
    from scipy.stats import norm

    wide = np.where(sd > 0, sd, 1.0)
    z = (observed - mean) / wide
    score = wide * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / np.sqrt(np.pi))
    return np.where(sd > 0, score, np.where(np.isnan(sd), np.nan, np.abs(observed - mean)))


def log_score_of_normal(mean: np.ndarray, sd: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """−log of the normal density, in nats: lower is better.

    Examples
    --------
    >>> round(float(log_score_of_normal(np.array(0.0), np.array(1.0), np.array(1.0))), 4)
    1.4189
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return 0.5 * np.log(2 * np.pi) + np.log(sd) + 0.5 * ((observed - mean) / sd) ** 2
