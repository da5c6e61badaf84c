"""A forecast at many origins, beside what came: its moments, its quantiles and its scores."""

from typing import NamedTuple

import numpy as np

from bayesneuron.forecasting.peers import Ahead
from bayesneuron.forecasting.scores import crps_of_normal, crps_of_samples, log_score_of_normal
from bayesneuron.forecasting.spread import QUANTILES


class Judged(NamedTuple):
    """Of one forecaster.

    Attributes
    ----------
    mean, sd : ndarray, shape (origin, step, channel)
    quantiles : ndarray, shape (quantile, origin, step, channel)
    crps : ndarray, shape (origin, step, channel)
        In the units of the series.
    log_score : ndarray, shape (origin, step, channel)
        In nats, of the normal distribution with this mean and sd, for every forecaster alike.
    diverged : ndarray, shape (origin, step)
        Share of paths that are left out.
    """

    mean: np.ndarray
    sd: np.ndarray
    quantiles: np.ndarray
    crps: np.ndarray
    log_score: np.ndarray
    diverged: np.ndarray


def judge_normal(ahead: Ahead, observed: np.ndarray) -> Judged:
    """A normal forecast, beside what came, (origin, step, channel).

    Examples
    --------
    >>> ahead = Ahead(np.zeros((1, 1, 1)), np.ones((1, 1, 1)))
    >>> judge_normal(ahead, np.zeros((1, 1, 1))).quantiles.ravel().round(2).tolist()
    [-1.64, -0.67, 0.0, 0.67, 1.64]
    """
    from scipy.stats import norm

    mean, sd = ahead
    quantiles = mean + norm.ppf(np.array(QUANTILES)).reshape(-1, 1, 1, 1) * sd
    return Judged(
        mean, sd, quantiles, crps_of_normal(mean, sd, observed),
        log_score_of_normal(mean, sd, observed), np.zeros(mean.shape[:2]),
    )  # fmt: skip


def judge_samples(
    samples: np.ndarray, diverged: np.ndarray, observed: np.ndarray, mean: np.ndarray | None = None
) -> Judged:
    """A forecast by samples, those left out that have diverged by a step.

    Parameters
    ----------
    samples : ndarray, shape (sample, origin, step, channel)
    diverged : ndarray of bool, shape (sample, origin, step)
    observed : ndarray, shape (origin, step, channel)
    mean : ndarray, shape (origin, step, channel), optional
        By default that of the samples.

    Examples
    --------
    >>> samples = np.array([1.0, 2.0, 1e9]).reshape(3, 1, 1, 1)
    >>> judged = judge_samples(samples, samples[..., 0] > 1e3, np.full((1, 1, 1), 1.5))
    >>> judged.mean.item(), judged.diverged.round(2).item()
    (1.5, 0.33)
    """
    kept = np.where(diverged[..., None], np.nan, samples)
    flat = kept.reshape(len(kept), -1)
    some = (~np.isnan(flat)).sum(axis=0) > 1
    values = np.full((2 + len(QUANTILES), flat.shape[1]), np.nan)
    values[0, some] = np.nanmean(flat[:, some], axis=0)
    values[1, some] = np.nanstd(flat[:, some], axis=0, ddof=1)
    quantile = np.nanquantile if diverged.any() else np.quantile  # the former is many times slower
    values[2:, some] = quantile(flat[:, some], QUANTILES, axis=0)
    centre, sd, *quantiles = values.reshape(-1, *observed.shape)
    middle = centre if mean is None else mean
    return Judged(
        middle, sd, np.stack(quantiles), crps_of_samples(kept, observed),
        log_score_of_normal(middle, sd, observed), diverged.mean(axis=0),
    )  # fmt: skip
