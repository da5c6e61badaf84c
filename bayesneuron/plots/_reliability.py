"""Whether predictions are as often right as they say."""

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from bayesneuron.draws._complete import complete_if_possible
from bayesneuron.draws.check_draws import check_draws
from bayesneuron.draws.tree import data_of
from bayesneuron.numerics.checks import (
    check_choice,
    check_positive,
    check_probability,
    check_seed,
    check_type,
)
from bayesneuron.plots.calibrated import Bins, bins_of, coverage_of, pit_of, range_of_counts
from bayesneuron.plots.drawing import AUTO, GREY, color, dress, legend_size, new_axes, set_title

KINDS = ("coverage", "pit", "classes")


def reliability(
    draws: xr.DataTree,
    y: Any = None,
    *,
    kind: str | None = None,
    bins: int = 10,
    level: float = 0.9,
    seed: int = 0,
    title: str | None = AUTO,
    legend: bool | str = True,
    ax: Axes | None = None,
) -> Axes:
    """Calibration of predictions: coverage of intervals, PIT, or a reliability diagram of classes.

    Parameters
    ----------
    draws : DataTree
        From `bayesneuron.predict` at new inputs; or from an estimator, judged on its own data.
    y : array_like, optional
        What was observed; by default what `draws` carry.
    kind : {"coverage", "pit", "classes"}, optional
        ``coverage``: observed against nominal coverage of central predictive intervals. ``pit``:
        histogram of the probability integral transform P(y_new ≤ y), which is uniform if
        predictions are calibrated. ``classes``: how often the predicted class is right, against
        its predicted probability; of one output of 0 and 1, how often it is 1. By default
        ``classes`` where outputs are probabilities and y are class numbers, else ``coverage``.
    bins : int
        Of the histogram, and of the probabilities (as many predictions in each).
    level : float
        Of the grey intervals, within which counts of calibrated predictions lie.
    seed : int
        Of the places of observations among equal predicted ones, which counts need.
    title : str or None
        By default the expected calibration error of classes, or what is drawn.
    legend : bool or str
        Whether, or where.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If there are no predictions, y has another shape, or the kind does not fit them.

    Notes
    -----
    The grey intervals are binomial, of independent observations: overlapping windows of one
    series are not, and scatter more widely. Judged on the training data, a fit that follows its
    noise looks better calibrated than it is. Bars of classes are those of Bröcker and Smith,
    "Increasing the reliability of reliability diagrams", Weather and Forecasting 2007; the
    calibration error is that of Guo et al., ICML 2017.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=80), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.laplace(model, x[:40], y[:40], samples=50, starts=2)
    >>> ax = bn.plot.reliability(bn.predict(draws, x[40:], y[40:]))
    """
    check_type("draws", draws, xr.DataTree, "bn.predict")
    check_probability(level=level)
    check_positive(bins=bins)
    check_seed(seed)
    if kind is not None:
        check_choice("kind", kind, KINDS)
    mean, new, observed = _predictions(draws, y)
    classes = _are_classes(mean, observed)
    kind = kind or ("classes" if classes else "coverage")
    if classes != (kind == "classes"):
        what = "class numbers and their probabilities" if kind == "classes" else "a regression"
        raise ValueError(f"kind {kind!r}: expected {what}, got others")
    drawn: Axes = new_axes(ax, size=(4.2, 3.8))
    if kind == "classes":
        _draw_classes(drawn, bins_of(mean, observed, bins), level)
    else:
        pit = pit_of(new, observed, seed=seed)
        if kind == "pit":
            _draw_pit(drawn, pit, bins, level)
        else:
            _draw_coverage(drawn, pit, level)
    return dress(drawn, title, legend)


def _predictions(draws: xr.DataTree, y: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Means and new observations, (draw, observation, ...), and what was observed."""
    group = "predictions" if "predictions" in draws.children else "posterior_predictive"
    if group == "posterior_predictive":
        check_draws(draws)
        draws = complete_if_possible(draws, group)
    if group not in draws.children:
        raise ValueError("draws: expected predictions, got none; bn.predict makes them")
    if y is None:
        if group == "predictions" and "observed_data" not in draws.children:
            raise ValueError("y: expected what was observed (bn.predict(draws, x, y)), got none")
        y = draws["observed_data"]["y"] if group == "predictions" else data_of(draws)[1]
    values = [np.asarray(draws[group][k], float) for k in ("mean", "y")]
    mean, new = (v.reshape(-1, *v.shape[2:]) for v in values)
    observed = np.asarray(y, float)
    if observed.shape != new.shape[1:]:
        raise ValueError(f"y: expected shape {new.shape[1:]} as predicted, got {observed.shape}")
    return mean, new, observed


def _are_classes(mean: np.ndarray, observed: np.ndarray) -> bool:
    """Probabilities of all classes, or of 1 against 0."""
    if not (mean.min() >= 0 and mean.max() <= 1 + 1e-6):
        return False
    if mean.shape[1:] == observed.shape:
        return bool(np.isin(observed, (0, 1)).all())
    return bool(np.allclose(mean.sum(axis=-1), 1, atol=1e-4))


def _draw_classes(ax: Axes, bins: Bins, level: float) -> None:
    low, high = range_of_counts(bins.count, bins.predicted, level)
    ax.plot([0, 1], [0, 1], color=GREY, lw=0.8)
    ax.vlines(
        bins.predicted,
        low,
        high,
        color="#BBBBBB",
        lw=4,
        alpha=0.7,
        label=f"{level:.0%} if calibrated",
    )
    ax.plot(
        bins.predicted, bins.observed, "o-", ms=4, lw=1, color=color(0), label="observed",
        clip_on=False, zorder=3,
    )  # fmt: skip
    ax.set_xlabel(f"predicted probability of {bins.what}")
    ax.set_ylabel("how often it was so")
    ax.legend(fontsize=legend_size(), frameon=False, loc="upper left")
    _square(ax)
    set_title(ax, f"Expected calibration error {bins.error:.3f}")


def _draw_coverage(ax: Axes, pit: np.ndarray, level: float) -> None:
    nominal = np.linspace(0.02, 0.98, 49)
    observed = coverage_of(pit, nominal)
    low, high = range_of_counts(np.full(len(nominal), pit.size), nominal, level)
    ax.fill_between(
        nominal, low, high, color="#BBBBBB", alpha=0.6, lw=0, label=f"{level:.0%} if calibrated"
    )
    ax.plot([0, 1], [0, 1], color=GREY, lw=0.8)
    ax.plot(nominal, observed, color=color(0), lw=1.6, label="observed")
    ax.set_xlabel("probability of central predictive interval")
    ax.set_ylabel("share of observations inside")
    ax.legend(fontsize=legend_size(), frameon=False, loc="upper left")
    _square(ax)
    at = float(coverage_of(pit, np.array([0.9]))[0])
    set_title(ax, f"{at:.0%} of {pit.size} observations in 90% intervals")


def _draw_pit(ax: Axes, pit: np.ndarray, bins: int, level: float) -> None:
    counts, edges = np.histogram(pit, bins=bins, range=(0, 1))
    low, high = range_of_counts(np.array([pit.size]), np.array([1 / bins]), level)
    ax.axhspan(
        float(low[0]) * bins, float(high[0]) * bins, color="#BBBBBB", alpha=0.6, lw=0,
        label=f"{level:.0%} if calibrated",
    )  # fmt: skip
    ax.axhline(1, color=GREY, lw=0.8)
    ax.stairs(counts / pit.size * bins, edges, color=color(0), lw=1.6, label="observed")
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1.25 * max(counts.max() / pit.size * bins, float(high[0]) * bins))
    ax.set_xlabel("probability integral transform")
    ax.set_ylabel("density")
    ax.legend(fontsize=legend_size(), frameon=False, loc="upper left", ncols=2)
    set_title(ax, f"PIT of {pit.size} observations")


def _square(ax: Axes) -> None:
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1)
    ax.set_aspect("equal")
