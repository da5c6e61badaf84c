"""The points of a phase trajectory as samples of a random vector, and their null distribution."""

from dataclasses import dataclass

import numpy as np

from bayesneuron.data.recordings import by_recording
from bayesneuron.data.surrogates import gaussian_process
from bayesneuron.geometry.normality import evenly
from bayesneuron.numerics.normality_statistics import normality_statistics
from bayesneuron.numerics.ranks import upper_p_value

NAMES = ("hz", "skewness", "kurtosis")
BLOCK = 20  # surrogate series in memory at a time
FLAT = 1e-7  # share of the largest spread below which a direction of windows is rounding


@dataclass(frozen=True)
class TrajectoryPoints:
    """Which samples make which points.

    Attributes
    ----------
    width, delay : int
    lengths : ndarray of int
        Of the recordings.
    period : int or None
        Of a cycle; None for a series that is stationary as it is.
    phases : int
        Bins of the period.
    components : int
        Leading directions of the points.
    """

    width: int
    delay: int
    lengths: np.ndarray
    period: int | None
    phases: int
    components: int

    def centred(self, values: np.ndarray) -> np.ndarray:
        """Values, (time, channel), about the mean of their recording's phase, or about no mean."""
        if self.period is None:
            return values
        phase = self._phase()
        own = np.repeat(np.arange(len(self.lengths)), self.lengths) * self.period + phase
        sums = np.zeros((len(self.lengths) * self.period, values.shape[1]))
        np.add.at(sums, own, values)
        counts = np.bincount(own, minlength=len(sums))
        return values - (sums / np.maximum(counts, 1)[:, None])[own]

    def points(self, values: np.ndarray) -> list[np.ndarray]:
        """Points of every group, (point, width · channel)."""
        span = (self.width - 1) * self.delay
        starts = [
            at[: max(0, len(at) - span)]
            for at in by_recording(np.arange(len(values)), self.lengths)
        ]
        first = np.concatenate(starts)
        if self.period is None:
            groups = [first]
        else:
            bins = self._phase()[first] * self.phases // self.period
            groups = [first[bins == g] for g in range(self.phases)]
        steps = self.delay * np.arange(self.width)
        return [values[at[:, None] + steps].reshape(len(at), -1) for at in groups]

    def statistics(self, values: np.ndarray) -> np.ndarray:
        """Statistics of the leading directions of every group, (group, statistic)."""
        each = []
        for points in self.points(values):
            centred = points - points.mean(axis=0)
            vectors = np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, : self.components]
            each.append(normality_statistics(evenly(centred) @ vectors))
        return np.array(each)

    def spread(self, values: np.ndarray) -> np.ndarray:
        """Variance of all points along their principal directions, largest first."""
        points = np.concatenate(self.points(values))
        return np.maximum(
            np.linalg.eigvalsh(np.cov(points.T, ddof=0).reshape(points.shape[1], -1)), 0
        )[::-1]

    def null(self, values: np.ndarray, count: int, seed: int) -> tuple[np.ndarray, int]:
        """Statistics of Gaussian series like this one, (count, group, statistic); their order."""
        process = gaussian_process(by_recording(values, self.lengths))
        rng = np.random.default_rng(seed)
        null = []
        while len(null) < count:
            block = min(BLOCK, count - len(null))
            for one in process.draw(self.lengths.tolist(), block, rng):
                null.append(self.statistics(self.centred(one)))
        return np.array(null), len(process.coefficients)

    def _phase(self) -> np.ndarray:
        assert self.period is not None
        return np.concatenate([np.arange(n) % self.period for n in self.lengths])


def p_value(name: str, observed: np.ndarray, null: np.ndarray) -> np.ndarray:
    """Share of the null that is at least as far out; two-sided for kurtosis.

    Parameters
    ----------
    name : str
        Of the statistic.
    observed : ndarray, shape (tested,)
    null : ndarray, shape (count, tested)

    Examples
    --------
    >>> p_value("hz", np.array([3.0]), np.array([[1.0], [2.0], [4.0]])).tolist()
    [0.5]
    """
    above = upper_p_value(observed, null)
    if name == "kurtosis":
        return np.minimum(1.0, 2 * np.minimum(above, upper_p_value(-observed, -null)))
    return above


def joint_p_value(observed: np.ndarray, null: np.ndarray) -> float:
    """p-value of several tests together: of the largest statistic, each in units of its null.

    Parameters
    ----------
    observed : ndarray, shape (tested,)
        Positive statistics that are large where the hypothesis fails.
    null : ndarray, shape (count, tested)

    Notes
    -----
    Logarithms of the statistics are standardised over observed and null together, and the largest
    is compared with that of each case. This allows for tests that depend on each other
    (Westfall, Young 1993), and is not bound by the resolution of single p-values.

    Returns
    -------
    float
        NaN where a statistic is.

    Examples
    --------
    >>> null = np.exp(np.random.default_rng(0).normal(size=(99, 4)))
    >>> joint_p_value(np.array([1.0, 1.0, 99.0, 1.0]), null)
    0.01
    """
    null = null[np.isfinite(null).all(axis=1)]
    if not np.isfinite(observed).all() or not len(null):
        return float("nan")
    every = np.log(np.concatenate([observed[None], null]))
    largest = ((every - every.mean(axis=0)) / every.std(axis=0)).max(axis=1)
    return float((largest >= largest[0]).mean())
