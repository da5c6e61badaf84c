"""How many independent draws a covariance between neurons rests on."""

import numpy as np
from arviz_stats.base.array import array_stats

from bayesneuron.geometry.posterior import NeuronPosterior
from bayesneuron.geometry.similarity.blocks import blocks_of, draws_of, squares_of


def effective_counts(values: np.ndarray | NeuronPosterior) -> np.ndarray:
    """Effective number of draws for the covariance of every two neurons.

    n_ij = n / (1 + 2 Σ_t (1 - t/n) r_i(t) r_j(t))

    A covariance of two series is an average of their products, whose correlation at lag t is
    the product of both autocorrelations. It is thus less harmed by slow mixing than a mean.

    Parameters
    ----------
    values : NeuronPosterior, or ndarray, shape (draw, neuron, k)
        r_i is the average autocorrelation over the k coordinates, cut off where it first is
        within the noise of independent draws: 1.96/√n, or 3/√(n m) if that is less, for m =
        k²/‖R_ii‖² coordinates that do not move together.

    Returns
    -------
    ndarray, shape (neuron, neuron)
        At most n, exactly n for draws whose first autocorrelation is noise.

    References
    ----------
    Bartlett 1935; Bayley and Hammersley, "The 'effective' number of independent observations in
    an autocorrelated time series", 1946.

    Examples
    --------
    >>> effective_counts(np.random.default_rng(0).normal(size=(500, 2, 3))).tolist()
    [[500.0, 500.0], [500.0, 500.0]]
    """
    values = draws_of(values)
    count, n, _ = values.shape
    if count < 4:
        return np.full((n, n), float(count))
    r = np.stack([_autocorrelation(values[:, i]) for i in range(n)])
    noise = np.array([_noise(values[:, i]) for i in range(n)])
    first = np.argmax(np.abs(r) < noise[:, None], axis=1)  # lag 0 is left out of r
    r = np.where(np.arange(r.shape[1]) < first[:, None], r, 0.0)
    weighted = r * (1 - np.arange(1, count) / count)
    return count / np.maximum(1 + 2 * weighted @ r.T, 1.0)


def _noise(series: np.ndarray) -> float:
    """What the average autocorrelation of independent draws (draw, k) does not exceed."""
    count = len(series)
    blocks = blocks_of(series[:, None])
    apart = blocks.live[0] ** 2 / max(float(squares_of(blocks)[0, 0]), 1.0)
    return min(1.96, 3 / np.sqrt(max(apart, 1.0))) / np.sqrt(count)


def _autocorrelation(series: np.ndarray) -> np.ndarray:
    """Average autocorrelation of the columns at lags 1, 2, …, and 0 after the last."""
    moving = series[:, np.abs(series - series.mean(axis=0)).max(axis=0) > 0]
    if not moving.shape[1]:
        return np.zeros(len(series) - 1)
    return array_stats.autocorr(moving.T)[:, 1:].mean(axis=0)  # it takes the last axis only
