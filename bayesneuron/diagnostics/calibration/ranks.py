"""Ranks of a truth among draws: shares that are uniform if the draws are of its posterior.

Given the data, the truth and exact posterior draws are exchangeable. Any function of one
network and the data then ranks the truth uniformly among the draws.
"""

import numpy as np

from bayesneuron.geometry.ellipsoid_regions import left_out, mahalanobis_of
from bayesneuron.numerics.arrays import as_covariances, as_finite, as_numbers, check_all_finite
from bayesneuron.numerics.checks import check_positive, check_seed


def rank_shares(draws: np.ndarray, truth: np.ndarray, *, thin: int | None = None) -> np.ndarray:
    """Rank of the truth among scalar draws, as a share in (0, 1).

    Parameters
    ----------
    draws : ndarray, shape (draw, ...)
    truth : ndarray, shape (...)
    thin : int, optional
        Evenly spaced draws to keep, so that those of a chain are nearly independent.

    Returns
    -------
    ndarray, shape (...)
        (r + ½) / (L + 1), r of L draws below the truth.

    References
    ----------
    Talts, Betancourt, Simpson, Vehtari, Gelman, "Validating Bayesian inference algorithms with
    simulation-based calibration", arXiv 1804.06788.

    Examples
    --------
    >>> float(rank_shares(np.arange(9.0), np.array(4.5)))
    0.55
    """
    draws = as_numbers("draws", draws).astype(float)
    truth = as_numbers("truth", truth).astype(float)
    if draws.ndim == 0 or not len(draws) or truth.shape not in ((), draws.shape[1:]):
        raise ValueError(
            f"truth: expected the shape of a draw, {draws.shape[1:]} of {draws.shape}, "
            f"got {truth.shape}"
        )
    check_all_finite("draws", draws)
    check_all_finite("truth", truth)
    if thin is not None:
        check_positive(thin=thin)
    if thin is not None and thin < len(draws):
        draws = draws[np.linspace(0, len(draws) - 1, thin).round().astype(int)]
    return _shares_below(draws, truth)


def _shares_below(draws: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return ((draws < truth).sum(axis=0) + 0.5) / (len(draws) + 1)


def distance_shares(
    draws: np.ndarray,
    truth: np.ndarray,
    mean: np.ndarray,
    cov: np.ndarray,
    shrinkage: np.ndarray | float = 0.0,
) -> np.ndarray:
    """Share of draws nearer, in Mahalanobis distance, to each neuron's mean than the truth.

    Each draw's distance is from the mean and covariance of the others, which have not seen it, as
    they have not seen the truth. The 90% region holds the truth where this is at most about 0.9.

    Parameters
    ----------
    draws : ndarray, shape (draw, neuron, k)
    truth : ndarray, shape (neuron, k)
    mean, cov : ndarray, shapes (neuron, k) and (neuron, k, k)
    shrinkage : ndarray, shape (neuron,), or float
        Of `cov`.

    Returns
    -------
    ndarray, shape (neuron,)

    Examples
    --------
    >>> draws = np.random.default_rng(0).normal(size=(1000, 1, 2))
    >>> far = distance_shares(draws, np.array([[9.0, 0.0]]), np.zeros((1, 2)), np.eye(2)[None])
    >>> bool(far[0] > 0.999)
    True
    """
    mean = as_finite("mean", mean, "neuron", "k")
    truth = as_finite("truth", truth, "neuron", "k")
    cov = as_covariances("cov", cov, "neuron", "k", "k")
    draws = as_finite("draws", draws, "draw", "neuron", "k")
    shapes = {mean.shape, truth.shape, cov.shape[:2], draws.shape[1:]}
    if len(shapes) > 1:
        raise ValueError(f"draws, truth, mean, cov: expected the same neurons, got {shapes}")
    shares = as_numbers("shrinkage", shrinkage)
    if shares.shape not in ((), mean.shape[:1]) or not ((shares >= 0) & (shares <= 1)).all():
        raise ValueError(f"shrinkage: expected shares in [0, 1], got {shrinkage!r}")
    apart = left_out(draws, mean, cov, shrinkage)
    return _shares_below(apart, mahalanobis_of(truth, mean, cov))


def tarp_share(draws: np.ndarray, truth: np.ndarray, *, seed: int = 0) -> float:
    """Share of draws nearer to a random point than the truth is.

    Coordinates are standardised by the draws, and the point is normal around their mean. Neither
    depends on the truth, so over data sets the share is uniform if the draws are exact, and,
    unlike ranks of one coordinate, only then (the point may depend on the data).

    Parameters
    ----------
    draws : ndarray, shape (draw, d)
    truth : ndarray, shape (d,)
    seed : int
        Of the random point.

    References
    ----------
    Lemos, Coogan, Hezaveh, Perreault-Levasseur, "Sampling-based accuracy testing of posterior
    estimators for general inference" (TARP), ICML 2023.

    Examples
    --------
    >>> draws = np.random.default_rng(0).normal(size=(1000, 3))
    >>> 0 < tarp_share(draws, np.zeros(3)) < 0.5 < tarp_share(draws, np.full(3, 9.0))
    True
    """
    check_seed(seed)
    draws, truth = as_finite("draws", draws, "draw", "d"), as_finite("truth", truth, "d")
    if truth.shape != draws.shape[1:]:
        raise ValueError(f"truth: expected {draws.shape[1:]}, got {truth.shape}")
    sd = draws.std(axis=0)
    unit = np.where(sd > 0, sd, 1.0)
    point = draws.mean(axis=0) + unit * np.random.default_rng(seed).standard_normal(len(truth))
    far = np.linalg.norm((draws - point) / unit, axis=1)
    return float(_shares_below(far, np.asarray(np.linalg.norm((truth - point) / unit))))


def uniformity(shares: np.ndarray) -> float:
    """p-value of Kolmogorov and Smirnov's test that independent shares are uniform on (0, 1).

    Examples
    --------
    >>> even = (np.arange(100) + 0.5) / 100
    >>> uniformity(even) > 0.99, uniformity(even**2) < 1e-4
    (True, True)
    """
    from scipy.stats import kstest

    return float(kstest(as_finite("shares", shares, "share"), "uniform").pvalue)
