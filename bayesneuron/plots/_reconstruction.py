"""A series and the network's predictions of it."""

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from bayesneuron.data.scaling import unscale
from bayesneuron.data.trajectory import average_windows, channels_of, one_channel
from bayesneuron.draws._complete import complete_if_possible
from bayesneuron.draws.check_draws import check_draws
from bayesneuron.numerics.checks import check_positive_real, check_probability, check_type
from bayesneuron.plots.drawing import (
    AUTO,
    GREY,
    color,
    columns_of,
    dress,
    legend_size,
    new_axes,
    set_title,
)


def reconstruction(
    draws: xr.DataTree,
    y: xr.DataArray,
    *,
    level: float = 0.9,
    rate: float | None = None,
    channel: int | None = None,
    title: str | None = AUTO,
    legend: bool | str = True,
    ax: Axes | None = None,
) -> Axes:
    """The series and the network's output, in original units.

    Predictions of one sample by several windows are averaged. The dark band is the
    interval of the output, the light one that of a new observation; recordings are drawn
    one after another.

    Parameters
    ----------
    draws : DataTree
        From an estimator (or `bayesneuron.predict`).
    y : DataArray
        The targets, from `bayesneuron.windows`.
    level : float
    rate : float, optional
        Samples per second, to label the axis in seconds.
    channel : int, optional
        The channel to draw; by default all, one panel each.
    title : str or None
        By default the figure's own.
    legend : bool or str
        Whether, or where (a location of Matplotlib).
    ax : Axes, optional
        For one channel.

    Returns
    -------
    Axes
        Of the first panel; ``ax.figure.axes`` has all.

    Raises
    ------
    ValueError
        If there are no predictions for the entries of `y`, there is no such channel, or one axes
        is given for several channels.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.align(bn.laplace(model, x, y, samples=50, starts=4))
    >>> ax = bn.plot.reconstruction(draws, y)
    """
    check_type("draws", draws, xr.DataTree)
    check_type("y", y, xr.DataArray, "windows, see bn.windows")
    check_probability(level=level)
    if rate is not None:
        check_positive_real(rate=rate)
    if "predictions" not in draws.children:
        check_draws(draws)
    group = "predictions" if "predictions" in draws.children else "posterior_predictive"
    if group == "posterior_predictive":
        draws = complete_if_possible(draws, group)
    if group not in draws.children:
        raise ValueError("reconstruction: expected draws with predictions, got none")
    check_probability(level=level)
    predicted = draws[group]
    mean, new = (np.asarray(predicted[k], float) for k in ("mean", "y"))
    if np.shape(y) != mean.shape[2:]:
        raise ValueError(f"y: expected shape {mean.shape[2:]} as predicted, got {np.shape(y)}")
    count = channels_of(y)
    if channel is not None and channel not in range(count):
        raise ValueError(f"channel: expected 0 to {count - 1}, got {channel!r}")
    shown = range(count) if channel is None else [channel]
    if ax is not None and len(shown) > 1:
        raise ValueError(f"reconstruction: expected channel= with ax=, got {count} channels")
    size = (7.0, 2.8 + 2.0 * (len(shown) - 1))
    panels = np.ravel(new_axes(ax, size=size, nrows=len(shown), sharex=True))
    for panel, c in zip(panels, shown, strict=True):
        own = one_channel(y, c)
        _draw(panel, own, mean[..., c::count], new[..., c::count], level=level, rate=rate)
    first, last = panels[0], panels[-1]
    set_title(first, str(y.attrs.get("source", "")))
    last.set_xlabel("time (s)" if rate else "sample")
    below = -0.2 if len(panels) == 1 else -0.25
    last.legend(
        fontsize=legend_size(), frameon=False, ncols=columns_of(last, 4),
        loc="upper center", bbox_to_anchor=(0.5, below),
    )  # fmt: skip
    return dress(first, title, legend)


def _draw(
    ax: Any,
    y: xr.DataArray,
    mean: np.ndarray,
    new: np.ndarray,
    *,
    level: float,
    rate: float | None,
) -> None:
    """One channel: `mean` and `new` have shape (chain, draw, observation, step)."""
    tails = [(1 - level) / 2, (1 + level) / 2]
    layers = {
        "observed": np.asarray(y),
        "mean": mean.mean(axis=(0, 1)),
        "band": np.quantile(mean, tails, axis=(0, 1)),
        "new": np.quantile(new, tails, axis=(0, 1)),
    }
    lines = {
        name: [average_windows(unscale(v, y), y) for v in np.atleast_3d(values.T).T]
        for name, values in layers.items()
    }
    samples = lines["mean"][0][0]
    time = samples / (rate or 1.0)
    curve = {name: [values for _, values in outputs] for name, outputs in lines.items()}
    ends = np.diff(samples) > 1  # nothing is drawn across what was not predicted
    alone = np.append(ends, True) & np.append(True, ends)
    bands = (("new", 4, 0.3, "of new observations"), ("band", 0, 0.45, "of outputs"))
    for name, shade, alpha, what in bands:
        low, high = curve[name]
        ax.fill_between(*(_broken(v, ends) for v in (time, low, high)), color=color(shade),
                alpha=alpha, lw=0, label=f"{level:.0%} {what}")  # fmt: skip
        ax.vlines(time[alone], low[alone], high[alone], color=color(shade), alpha=alpha, lw=3)
    ax.plot(time, curve["observed"][0], ".", ms=3, color=GREY, label="observed")
    ax.plot(
        *(_broken(v, ends) for v in (time, curve["mean"][0])),
        lw=1.3,
        marker="_" if alone.any() else "",
        color=color(0),
        label="network, mean",
    )
    units, name = y.attrs.get("units", ""), y.attrs.get("channel") or "value"
    ax.set_ylabel(f"{name} ({units})" if units else name)


def _broken(values: np.ndarray, ends: np.ndarray) -> np.ndarray:
    return np.insert(values.astype(float), np.flatnonzero(ends) + 1, np.nan)
