"""Are neurons normal random vectors? Tested, not assumed."""

import warnings

import numpy as np

MOST = 500  # draws in a test: its cost is quadratic, and its power ample


def evenly(draws: np.ndarray) -> np.ndarray:
    """At most 500 of the draws or points along the first axis, evenly spaced."""
    count = len(draws)
    return draws[np.linspace(0, count - 1, min(count, MOST)).round().astype(int)]


def henze_zirkler(draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Henze and Zirkler's test that each neuron's draws are multivariate normal.

    Parameters
    ----------
    draws : ndarray, shape (draw, neuron, k)
        At most 500, evenly spaced, are used.

    Returns
    -------
    statistic, p_value : ndarray, shape (neuron,)
        NaN where there are no more draws than dimensions, or a covariance is singular.

    Notes
    -----
    The test assumes independent draws; a chain's autocorrelation makes it reject too often.

    References
    ----------
    Henze and Zirkler, Communications in Statistics 1990 (pingouin).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> draws = np.stack([rng.normal(size=(200, 2)), rng.exponential(size=(200, 2))], axis=1)
    >>> _, p = henze_zirkler(draws)
    >>> bool(p[0] > 0.05), bool(p[1] < 0.001)
    (True, True)
    """
    from pingouin import multivariate_normality

    _, n, k = draws.shape
    chosen = evenly(draws)
    statistic, p_value = np.full(n, np.nan), np.full(n, np.nan)
    for i in range(n):
        sample = chosen[:, i]
        if len(sample) <= k + 1 or np.linalg.matrix_rank(np.cov(sample.T)) < k:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # exp of a large statistic: p is 0
            test = multivariate_normality(sample)
        statistic[i], p_value[i] = float(test.hz), float(test.pval)
    return statistic, p_value
