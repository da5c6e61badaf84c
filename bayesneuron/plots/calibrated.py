"""How often predictions are right, against how often they say they are."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import binom


@dataclass(frozen=True)
class Bins:
    """Predictions by their probability.

    Attributes
    ----------
    predicted, observed : ndarray, shape (bin,)
        Mean probability, and how often it was so.
    count : ndarray of int, shape (bin,)
    error : float
        Expected calibration error: mean |observed - predicted| over predictions.
    what : str
        That the probability is of.
    """

    predicted: np.ndarray
    observed: np.ndarray
    count: np.ndarray
    error: float
    what: str


def bins_of(mean: np.ndarray, observed: np.ndarray, bins: int) -> Bins:
    """Predictions in bins of (nearly) equal numbers.

    Parameters
    ----------
    mean : ndarray, shape (draw, observation, class) or (draw, observation, output)
        Probabilities of all classes; or, of the shape of `observed`, of 1.
    observed : ndarray, shape (observation,) or (observation, output)
        Class numbers; or zeros and ones.
    bins : int
        At most: equal probabilities stay in one bin.
    """
    probability = mean.mean(axis=0)
    if probability.shape == observed.shape:
        claimed, right, what = probability.ravel(), observed.ravel() == 1, "1"
    else:
        claimed, right = probability.max(axis=-1), probability.argmax(axis=-1) == observed
        what = "the predicted class"
    edges = np.unique(np.quantile(claimed, np.linspace(0, 1, bins + 1)[1:-1]))
    places = np.searchsorted(edges, claimed, side="left")
    count = np.bincount(places, minlength=len(edges) + 1)
    kept = count > 0
    means = [
        np.bincount(places, v, minlength=len(count))[kept] / count[kept] for v in (claimed, right)
    ]
    error = float(np.abs(means[0] - means[1]) @ count[kept] / len(claimed))
    return Bins(means[0], means[1], count[kept], error, what)


def pit_of(new: np.ndarray, observed: np.ndarray, *, seed: int) -> np.ndarray:
    """Place of each observation among predicted ones, (value,): uniform if calibrated.

    Exactly so with any number of draws: an observation takes a random place between the draws
    next to it, and among those that it equals.

    Parameters
    ----------
    new : ndarray, shape (draw, ...)
    observed : ndarray, shape (...)
    seed : int
    """
    below, ties = (new < observed).sum(axis=0), (new == observed).sum(axis=0)
    within = np.random.default_rng(seed).random(observed.shape)
    return ((below + within * (ties + 1)) / (len(new) + 1)).ravel()


def coverage_of(pit: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Share of observations in their central interval of each level, (level,).

    Examples
    --------
    >>> coverage_of(np.array([0.1, 0.5, 0.6, 0.99]), np.array([0.5, 0.9])).tolist()
    [0.5, 0.75]
    """
    return (np.abs(2 * pit - 1) <= levels[:, None]).mean(axis=1)


def range_of_counts(
    count: np.ndarray, share: np.ndarray, level: float
) -> tuple[np.ndarray, np.ndarray]:
    """Central interval of a binomial share, such as is observed if `share` is right."""
    low, high = binom.interval(level, count, np.clip(share, 0.0, 1.0))
    return low / count, high / count
