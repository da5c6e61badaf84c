"""The study's hypothesis, that a point of the phase trajectory is a normal random vector, tested.

Points of one trajectory overlap and are dependent. Under the hypothesis they are points of a
Gaussian process, so the null distribution of a statistic is that over Gaussian series with the same
memory (`bayesneuron.data.surrogates`); p-values for independent points would be far too small.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from bayesneuron.data.recordings import recording_lengths, recording_of
from bayesneuron.data.series import as_series
from bayesneuron.geometry.normality import evenly
from bayesneuron.geometry.posterior import NeuronPosterior
from bayesneuron.geometry.trajectory_points import (
    FLAT,
    NAMES,
    TrajectoryPoints,
    joint_p_value,
    p_value,
)
from bayesneuron.numerics.arrays import check_all_finite
from bayesneuron.numerics.checks import check_positive, check_seed, check_type
from bayesneuron.numerics.display import html, show
from bayesneuron.numerics.normality_statistics import normality_statistics
from bayesneuron.numerics.warn import warn_once

LEVEL = 0.05


@dataclass(frozen=True)
class PointNormality:
    """Tests that the points of a trajectory are normal.

    Attributes
    ----------
    width, delay : int
        Of the windows.
    period : int or None
        Samples of the cycle whose phases are tested apart; None for all points together.
    points : ndarray of int, shape (phase,)
        Points at each phase.
    statistics, p_values : ndarray, shape (phase, 3)
        Henze and Zirkler's, Mardia's skewness and kurtosis.
    p_value : float
        Of Henze and Zirkler's test, over all phases together.
    components, share : int, float
        Leading directions that are tested, and their share of the variance of the points.
    order, surrogates, seed : int
        Of the autoregression behind the null; Gaussian series drawn from it.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> noise = np.random.default_rng(0).normal(size=200)
    >>> bn.point_normality(noise, 3, surrogates=19).width
    3
    """

    width: int
    delay: int
    period: int | None
    points: np.ndarray
    statistics: np.ndarray
    p_values: np.ndarray
    p_value: float
    components: int
    share: float
    order: int
    surrogates: int
    seed: int

    @property
    def rejected(self) -> float:
        """Share of phases at which Henze and Zirkler's test rejects at 5%; chance alone: 0.05."""
        return float((self.p_values[:, 0] <= LEVEL).mean())

    def table(self) -> pd.DataFrame:
        """One row per phase: ``points``, and each statistic with its p-value."""
        whole = self.period is None
        labels = ["points"] if whole else [f"phase {g}" for g in range(len(self.points))]
        columns: dict[str, Any] = {"points": self.points}
        for k, name in enumerate(NAMES):
            columns |= {name: self.statistics[:, k], f"{name}_p": self.p_values[:, k]}
        return pd.DataFrame(columns, index=pd.Index(labels, name="tested"))

    def beside(self, neurons: NeuronPosterior | Mapping[str, NeuronPosterior]) -> pd.DataFrame:
        """The same tests of points and of neurons, in one table.

        Parameters
        ----------
        neurons : NeuronPosterior, or mapping of str to NeuronPosterior
            Of `bayesneuron.neurons`. Their p-values are those of as many independent normal draws:
            too small where draws are correlated.

        Returns
        -------
        DataFrame
            Rows of `table`, then one per neuron. NaN where a neuron has no more draws than weights.
        """
        listed = [neurons] if isinstance(neurons, NeuronPosterior) else list(neurons.values())
        rows = []
        for posterior in listed:
            check_type("neurons", posterior, NeuronPosterior, "bayesneuron.neurons")
            draws = evenly(posterior.by_draw)
            observed = np.array([normality_statistics(draws[:, i]) for i in range(draws.shape[1])])
            rng = np.random.default_rng(self.seed)
            null = np.array(
                [
                    normality_statistics(rng.standard_normal((len(draws), draws.shape[2])))
                    for _ in range(self.surrogates)
                ]
            )
            columns: dict[str, Any] = {"points": len(draws)}
            for k, name in enumerate(NAMES):
                own = p_value(name, observed[:, k], null[:, k, None])
                columns |= {name: observed[:, k], f"{name}_p": own}
            rows.append(pd.DataFrame(columns, index=pd.Index(posterior.names, name="tested")))
        return pd.concat([self.table(), *rows])

    @property
    def verdict(self) -> str:
        """What the tests say, in one sentence."""
        said = "not normal" if self.p_value <= LEVEL else "normality not rejected"
        if not np.isfinite(self.p_value):
            said = "not to be tested, their covariance being singular"
        if self.period is None:
            return f"points: {said} (Henze–Zirkler, p = {self.p_value:.2g})"
        return (
            f"points at {len(self.points)} phases of {self.period} samples: {said} "
            f"(Henze–Zirkler, all phases together, p = {self.p_value:.2g}); rejected at "
            f"{self.rejected:.0%} of phases, by chance 5%"
        )

    def _head(self) -> str:
        delay = f" at delay {self.delay}" if self.delay > 1 else ""
        return (
            f"PointNormality of windows of {self.width}{delay}: {self.verdict}; {self.components} "
            f"directions, {self.share:.0%} of the variance; null: {self.surrogates} Gaussian "
            f"series, autoregression of order {self.order}"
        )

    def __repr__(self) -> str:
        return show(self._head(), self.table())

    def _repr_html_(self) -> str:
        return html(self._head(), self.table())


def point_normality(
    series: Any,
    width: int,
    *,
    delay: int = 1,
    period: int | None = None,
    phases: int = 8,
    components: int = 5,
    surrogates: int = 199,
    seed: int = 0,
) -> PointNormality:
    """Test whether the points of a phase trajectory are normal, dependence allowed for.

    Parameters
    ----------
    series : DataArray, Series, DataFrame or array_like, shape (time,) or (time, channel)
        Stationary. Recordings (coordinate ``recording``) are taken as pieces of one process.
    width, delay : int
        Samples of a window, and from one to the next; all windows are points.
    period : int, optional
        Of a cycle, in samples. Points are then compared with the mean at their own phase, and
        tested at each phase: is what varies around the cycle normal? Without it the points are
        tested as they lie along the whole trajectory.
    phases : int
        Bins of the period, each tested on its own.
    components : int
        Leading principal directions of the points that are tested, at most the width: in many
        dimensions tests have little power. At most 500 points, evenly spaced, enter a statistic.
    surrogates : int
        Gaussian series that make the null; p-values are multiples of 1 / (surrogates + 1).
    seed : int

    Returns
    -------
    PointNormality

    Raises
    ------
    ValueError
        As `bayesneuron.as_series`, or if the series is constant, an argument is not valid, or there
        are too few points, at some phase, for the dimensions.

    Notes
    -----
    The null is exact for a Gaussian process of known spectrum; here it is estimated. Rejection may
    also mean that the series is not stationary. A wave that never drifts in phase cannot be told
    from a Gaussian process with a very narrow line, however far its points are from normal; here it
    counts as not normal as soon as its amplitude is steadier than that of such a process.

    References
    ----------
    Henze, Zirkler, Comm. Statist. 1990; Mardia, Biometrika 1970; Theiler et al., "Testing for
    nonlinearity in time series: the method of surrogate data", Physica D 1992; phases together:
    Westfall, Young, "Resampling-based multiple testing", 1993.

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(size=600)
    >>> point_normality(noise, 3, surrogates=39).p_value > 0.1
    True
    >>> point_normality(noise**2, 3, surrogates=39).verdict
    'points: not normal (Henze–Zirkler, p = 0.025)'
    """
    check_positive(width=width, delay=delay, phases=phases, components=components)
    check_positive(surrogates=surrogates)
    check_seed(seed)
    data = as_series(series)
    values = data.values.reshape(len(data), -1)
    check_all_finite("series", values)
    if (np.ptp(values, axis=0) == 0).any():
        raise ValueError("series: expected samples that vary, got a constant channel")
    lengths = recording_lengths(recording_of(data), len(data))
    reach = (width - 1) * delay + 1
    if lengths.max() < reach:
        raise ValueError(
            f"series: expected a recording of at least {reach} samples (width {width} at delay "
            f"{delay}), got at most {lengths.max()}"
        )
    count = min(components, width * values.shape[1])
    groups = 1
    if period is not None:
        check_positive(period=period)
        groups = min(phases, period)
    points = TrajectoryPoints(width, delay, lengths, period, groups, count)
    values = points.centred(values)
    variances = points.spread(values)
    if not variances[0] > 0:
        raise ValueError(f"series: expected samples that vary around their cycle of {period}")
    rank = int((variances > FLAT**2 * variances[0]).sum())
    points = replace(points, components=min(count, rank))
    counts = np.array([len(group) for group in points.points(values)])
    if counts.min() <= points.components + 1:
        raise ValueError(
            f"series: expected more than {points.components + 1} points"
            f"{' at every phase' if groups > 1 else ''} for {points.components} directions, got "
            f"{counts.min()}"
        )
    observed = points.statistics(values)
    null, order = points.null(values, surrogates, seed)
    if not np.isfinite(observed).all():
        warn_once("point_normality: points with a singular covariance are not tested (NaN)")
    p_values = [p_value(name, observed[:, k], null[:, :, k]) for k, name in enumerate(NAMES)]
    return PointNormality(
        width=int(width),
        delay=int(delay),
        period=None if period is None else int(period),
        points=counts,
        statistics=observed,
        p_values=np.stack(p_values, axis=1),
        p_value=joint_p_value(observed[:, 0], null[:, :, 0]),
        components=points.components,
        share=float(variances[: points.components].sum() / variances.sum()),
        order=order,
        surrogates=int(surrogates),
        seed=int(seed),
    )
