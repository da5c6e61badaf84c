"""Which of several networks is the smallest that is as good as the best."""

from typing import NamedTuple

import numpy as np

NATS = 2.0  # over all observations: a difference that is no evidence, whatever its standard error


class Decision(NamedTuple):
    """How far each network is below the best, and which is chosen.

    Attributes
    ----------
    loss : ndarray, shape (network,)
        Score of the best minus that of the network, summed over observations.
    loss_se : ndarray, shape (network,)
        Standard error of that difference, from the differences by observation.
    good : ndarray of bool, shape (network,)
        Whether the loss is within one standard error, or within 2 nats.
    chosen : int
        Place of the good network with the fewest parameters; the last place where none has a
        finite score.
    """

    loss: np.ndarray
    loss_se: np.ndarray
    good: np.ndarray
    chosen: int


def decide(pointwise: np.ndarray, parameters: np.ndarray) -> Decision:
    """Choose the network with the fewest parameters whose score is as good as the best.

    Parameters
    ----------
    pointwise : array_like, shape (network, observation)
        Log predictive densities, such as of PSIS-LOO, of held-out data, or of a later part of a
        series; rows of NaN are not candidates.
    parameters : array_like, shape (network,)

    Returns
    -------
    Decision
        Where no network has a finite score: losses are NaN, none is good.

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(size=100)
    >>> decide(np.stack([noise - 0.5, noise - 0.01, noise]), [6, 11, 16]).chosen
    1
    """
    pointwise = np.asarray(pointwise, float)
    total = np.where(np.isnan(pointwise).any(axis=1), -np.inf, pointwise.sum(axis=1))
    if not np.isfinite(total).any():
        unknown = np.full(len(total), np.nan)
        return Decision(unknown, unknown.copy(), np.zeros(len(total), bool), len(total) - 1)
    with np.errstate(invalid="ignore"):
        gap = pointwise[total.argmax()] - pointwise
        loss, loss_se = gap.sum(axis=1), deviation(gap) * np.sqrt(gap.shape[1])
    good = loss <= np.fmax(loss_se, NATS)
    size = np.where(good, np.asarray(parameters, float), np.inf)
    return Decision(loss, loss_se, good, int(size.argmin()))


def deviation(values: np.ndarray) -> np.ndarray:
    """Standard deviation of each row; 0 of a single observation."""
    return values.std(axis=1, ddof=1) if values.shape[1] > 1 else np.zeros(len(values))
