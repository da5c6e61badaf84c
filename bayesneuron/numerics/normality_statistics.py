"""How far a sample of vectors is from a normal one: Henze and Zirkler's, and Mardia's statistics.

All three depend on the Gram matrix G of the standardised points alone, so none changes under an
affine map. Their null distributions are left to whoever knows how the points depend on each other.
"""

from typing import NamedTuple

import numpy as np


class NormalityStatistics(NamedTuple):
    """Of one sample.

    Attributes
    ----------
    hz : float
        Henze and Zirkler's: n times the weighted squared distance between the empirical
        characteristic function and the normal one.
    skewness : float
        Mardia's b₁ = mean of G_ij³; 0 if symmetric.
    kurtosis : float
        Mardia's b₂ = mean of G_ii²; d (d + 2) if normal.
    """

    hz: float
    skewness: float
    kurtosis: float


ROWS = 100  # of the Gram matrix at a time: larger pieces leave the cache
UNKNOWN = NormalityStatistics(np.nan, np.nan, np.nan)


def normality_statistics(points: np.ndarray) -> NormalityStatistics:
    """Statistics of normality of a sample.

    Parameters
    ----------
    points : ndarray, shape (point, d)
        The cost is quadratic in the number of points.

    Returns
    -------
    NormalityStatistics
        NaN where there are no more than d + 1 points or their covariance is singular.

    References
    ----------
    Henze, Zirkler, "A class of invariant consistent tests for multivariate normality", Comm.
    Statist. 1990, eq. 2.2 (with their β); Mardia, "Measures of multivariate skewness and kurtosis",
    Biometrika 1970.

    Examples
    --------
    >>> normal = np.random.default_rng(0).normal(size=(400, 2))
    >>> normality_statistics(normal).hz < 1 < normality_statistics(np.exp(normal)).hz
    True
    """
    n, d = points.shape
    if n <= d + 1:
        return UNKNOWN
    centred = points - points.mean(axis=0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    if sizes[-1] <= n * np.finfo(float).eps * sizes[0]:
        return UNKNOWN
    z = np.sqrt(n) * left
    own = np.einsum("id,id->i", z, z)
    beta2 = 0.5 * ((2 * d + 1) * n / 4) ** (2 / (d + 4))
    pairs = cubes = 0.0
    for start in range(0, n, ROWS):
        rows = slice(start, start + ROWS)
        gram = z[rows] @ z.T
        pairs += np.exp(beta2 * (gram - 0.5 * (own[rows, None] + own))).sum() / n**2
        cubes += (gram * gram * gram).sum() / n**2
    single = np.exp(-beta2 / 2 / (1 + beta2) * own).mean() * (1 + beta2) ** (-d / 2)
    hz = n * (pairs - 2 * single + (1 + 2 * beta2) ** (-d / 2))
    return NormalityStatistics(float(hz), float(cubes), float((own * own).mean()))
