"""What noisy paths say by step: quantiles, and how much of their variance is whose.

By the law of total variance, Var y = Var E[y | θ] + E Var[y | θ]: the first is the uncertainty of
the weights θ, the second the noise, as it builds up along the steps. Several paths of each draw
give both, as in a one-way analysis of variance: the variance within draws, and the variance of the
means of draws less the noise that is left in these means.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
RANGES = 10.0  # of the training series, beyond which a path has diverged


class Spread(NamedTuple):
    """Of each entry (...) of the paths.

    Attributes
    ----------
    mean, sd : ndarray, shape (...)
    quantile : ndarray, shape (quantile, ...)
    weights, noise : ndarray, shape (...)
        Parts of the variance; NaN with one path per draw.
    """

    mean: np.ndarray
    sd: np.ndarray
    quantile: np.ndarray
    weights: np.ndarray
    noise: np.ndarray


def has_diverged(paths: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Whether a path has left every sensible range by each step, (..., step).

    Parameters
    ----------
    paths : ndarray, shape (..., step, channel)
    low, high : ndarray, shape (channel,)
        Range of the training series.

    Examples
    --------
    >>> paths = np.array([[0.0], [20.0], [0.0]])
    >>> has_diverged(paths, np.array([0.0]), np.array([1.0])).tolist()
    [False, True, True]
    """
    room = np.where(high > low, RANGES * (high - low), np.inf)
    # written so that NaN counts as outside
    inside = np.isfinite(paths) & (paths >= low - room) & (paths <= high + room)
    return np.logical_or.accumulate(~inside.all(axis=-1), axis=-1)


def spread(paths: np.ndarray, kept: np.ndarray) -> Spread:
    """Summarise the paths that are kept.

    Parameters
    ----------
    paths : ndarray, shape (draw, path, ...)
    kept : ndarray of bool, broadcastable to it

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> paths = rng.normal(0, 3, (4000, 1)) + rng.normal(0, 2, (4000, 2))
    >>> parts = spread(paths, np.ones(paths.shape, bool))
    >>> round(float(parts.weights)), round(float(parts.noise))
    (9, 4)
    """
    kept = np.broadcast_to(kept, paths.shape)
    if kept.all():
        quantile = np.quantile(paths, QUANTILES, axis=(0, 1))
    else:
        kept_paths = np.where(kept, paths, np.nan)
        quantile = quantiles_of(kept_paths.reshape(-1, *paths.shape[2:]), QUANTILES)
    values = np.where(kept, paths, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        count = kept.sum(axis=(0, 1))
        mean = np.where(count > 0, values.sum(axis=(0, 1)) / count, np.nan)
        off = np.where(kept, values - mean, 0.0)
        sd = np.sqrt((off**2).sum(axis=(0, 1)) / (count - 1))
        each = kept.sum(axis=1)
        own = off.sum(axis=1) / each  # of each draw, from the mean of all
        within = np.where(kept, off - own[:, None], 0.0)
        noise = (within**2).sum(axis=(0, 1)) / np.maximum(each - 1, 0).sum(axis=0)
        draws = (each > 0).sum(axis=0)
        centre = np.nansum(own, axis=0) / draws
        between = np.nansum((own - centre) ** 2, axis=0) / (draws - 1)
        left = np.where(each > 0, 1.0 / each, 0.0).sum(axis=0) / draws
        weights = np.maximum(between - noise * left, 0.0)
    noise = np.where(np.isfinite(noise), noise, np.nan)
    return Spread(mean, sd, quantile, np.where(np.isnan(noise), np.nan, weights), noise)


def quantiles_of(paths: np.ndarray, levels: Sequence[float]) -> np.ndarray:
    """Quantiles over paths, (level, ...), of those that are not NaN; NaN where none is left.

    Examples
    --------
    >>> quantiles_of(np.array([[1.0, np.nan], [3.0, np.nan]]), [0.5]).tolist()
    [[2.0, nan]]
    """
    some = ~np.isnan(paths).all(axis=0)
    result = np.full((len(levels), *paths.shape[1:]), np.nan)
    result[:, some] = np.nanquantile(paths[:, some], levels, axis=0)
    return result
