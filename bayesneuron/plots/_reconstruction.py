"""A series and the network's predictions of it."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from bayesneuron.data.scaling import unscale
from bayesneuron.data.trajectory import average_windows
from bayesneuron.draws._complete import complete_if_possible
from bayesneuron.draws.check_draws import check_draws
from bayesneuron.numerics.checks import check_positive_real, check_probability, check_type
from bayesneuron.plots.style import GREY, color, new_axes


def reconstruction(
    draws: xr.DataTree,
    y: xr.DataArray,
    *,
    level: float = 0.9,
    rate: float | None = None,
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
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If there are no predictions for the entries of `y`.
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
    predicted = draws[group]
    drawn = new_axes(ax, size=(7.0, 2.8))
    tails = [(1 - level) / 2, (1 + level) / 2]
    mean, new = (np.asarray(predicted[k], float) for k in ("mean", "y"))
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
        drawn.fill_between(*(_broken(v, ends) for v in (time, low, high)), color=color(shade),
                alpha=alpha, lw=0, label=f"{level:.0%} {what}")  # fmt: skip
        drawn.vlines(time[alone], low[alone], high[alone], color=color(shade), alpha=alpha, lw=3)
    drawn.plot(time, curve["observed"][0], ".", ms=3, color=GREY, label="observed")
    drawn.plot(
        *(_broken(v, ends) for v in (time, curve["mean"][0])),
        lw=1.3,
        marker="_" if alone.any() else "",
        color=color(0),
        label="network, mean",
    )
    units = y.attrs.get("units", "")
    drawn.set_xlabel("time (s)" if rate else "sample")
    drawn.set_ylabel(f"value ({units})" if units else "value")
    drawn.set_title(str(y.attrs.get("source", "")), fontsize=10)
    drawn.legend(fontsize=8, frameon=False, ncols=4, loc="upper center", bbox_to_anchor=(0.5, -0.2))
    return drawn


def _broken(values: np.ndarray, ends: np.ndarray) -> np.ndarray:
    return np.insert(values.astype(float), np.flatnonzero(ends) + 1, np.nan)
