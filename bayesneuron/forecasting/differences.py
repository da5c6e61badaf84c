"""Means over origins whose forecasts overlap, and whether two forecasters differ.

Errors of forecasts h steps ahead from origins closer than h share samples, and are correlated.
The variance of their mean is (1 / n²) Σ_ij γ_ij over all pairs that share samples (Diebold and
Mariano 1995: autocovariances up to lag h − 1, all with weight one). This may come out negative;
Bartlett's weights, which never do, then replace it. For few origins it is divided by
(n + 1 − 2k + k(k − 1)/n) / n, with k the origins that one forecast spans (Harvey, Leybourne and
Newbold 1997).
"""

from typing import NamedTuple

import numpy as np


class Test(NamedTuple):
    """Whether the mean of a loss difference is zero.

    Attributes
    ----------
    mean, se : float
    statistic : float
        t, corrected for few origins.
    p : float
        Two-sided.
    """

    mean: float
    se: float
    statistic: float
    p: float


def standard_error(values: np.ndarray, places: np.ndarray, reach: int) -> float:
    """Of the mean of values at these places, where those closer than `reach` are dependent.

    Parameters
    ----------
    values : ndarray, shape (origin,)
    places : ndarray of int, shape (origin,)
        Origins in different recordings lie at least `reach` apart.
    reach : int
        Steps ahead.

    Returns
    -------
    float
        NaN for a single origin.

    Examples
    --------
    >>> values = np.array([1.0, 2.0, 3.0, 4.0])
    >>> apart = standard_error(values, np.arange(4) * 10, 3)
    >>> bool(np.isclose(apart, values.std(ddof=1) / 2))
    True
    """
    count = len(values)
    if count < 2:
        return float("nan")
    off = values - values.mean()
    apart = np.abs(places[:, None] - places[None, :])
    products = off[:, None] * off[None, :]
    variance = products[apart < reach].sum()
    if variance <= 0:
        variance = (products * np.maximum(1 - apart / reach, 0.0)).sum()
    # as many origins as one forecast spans
    span = int(((apart < reach) & (places[None, :] >= places[:, None])).sum(axis=1).max())
    factor = (count + 1 - 2 * span + span * (span - 1) / count) / count
    if factor <= 0:
        return float("nan")
    return float(np.sqrt(max(variance, 0.0) / factor) / count)


def diebold_mariano(difference: np.ndarray, places: np.ndarray, reach: int) -> Test:
    """Test that two forecasters have the same expected loss, by t with n − 1 degrees of freedom.

    Parameters
    ----------
    difference : ndarray, shape (origin,)
        Of the losses.
    places, reach
        As in `standard_error`.

    Returns
    -------
    Test
        NaN where there are too few origins, or no difference at all.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> test = diebold_mariano(rng.normal(1.0, 1.0, 50), np.arange(50), 1)
    >>> bool(test.p < 0.001)
    True
    """
    from scipy.stats import t

    mean, se = float(difference.mean()), standard_error(difference, places, reach)
    if not se > 0:
        return Test(mean, se, float("nan"), float("nan"))
    return Test(mean, se, mean / se, float(2 * t.sf(abs(mean / se), len(difference) - 1)))
