"""A series and its continuation."""

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

from bayesneuron.forecasting.held_out import check_forecast, entries_of, held_out
from bayesneuron.numerics.checks import check_within
from bayesneuron.plots.arguments import check_references
from bayesneuron.plots.drawing import (
    AUTO,
    GREY,
    color,
    dress,
    legend_below,
    line,
    new_axes,
)

LOOK_BACK = 0.5  # of the forecast's steps: what is drawn of the history


def forecast(
    forecast: xr.DataTree,
    observed: Any = None,
    *,
    references: tuple[str, ...] = ("persistence",),
    start: int = 0,
    channel: int = 0,
    title: str | None = AUTO,
    legend: bool | str = True,
    ax: Axes | None = None,
) -> Axes:
    """Fan chart: the median and the 50% and 90% bands of a continuation, in units of the series.

    Parameters
    ----------
    forecast : DataTree
        From `bayesneuron.forecast`.
    observed : DataArray, Series, DataFrame or array_like, optional
        What came next: a whole series with time stamps, of which those of the forecast are drawn,
        or the samples from step 1 on.
    references : tuple of str
        Of ``persistence`` and ``autoregression``; () for none.
    start, channel : int
        Which one to draw, by its place.
    title : str or None
        By default the figure's own.
    legend : bool or str
        Whether, or where (a location of Matplotlib).
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If there is no such start, channel or reference, or `observed` does not fit.

    Examples
    --------
    >>> import numpy as np, bayesneuron as bn
    >>> model = bn.load("two_layer", inputs=2, hidden=1, outputs=1)
    >>> draws = bn.prior(model, np.zeros((1, 2)), samples=20)
    >>> ahead = bn.forecast(draws, [0.0, 1.0, 0.5], 8)
    >>> bn.plot.forecast(ahead, observed=[0.2, 0.1]).get_xlabel()
    'step'
    """
    check_forecast(forecast)
    summary, own = forecast["summary"].to_dataset(), forecast["references"].to_dataset()
    quantiles = entries_of(summary["quantiles"])
    check_within("start", start, 0, quantiles.shape[1] - 1)
    check_within("channel", channel, 0, quantiles.shape[3] - 1)
    check_references(references, own)
    drawn = new_axes(ax, size=(7.0, 3.2))
    x = np.atleast_2d(summary["time"].values)[start] if "time" in summary.coords else None
    steps = summary["step"].values if x is None else x
    _draw_history(drawn, forecast["history"].to_dataset()["y"], steps, start, channel)
    fan = quantiles[:, start, :, channel]
    for low, high, alpha, name in ((0, 4, 0.25, "90%"), (1, 3, 0.45, "50%")):
        drawn.fill_between(
            steps, fan[low], fan[high], color=color(0), alpha=alpha, lw=0, label=name
        )
    drawn.plot(steps, fan[2], color=color(0), lw=1.5, label="median")
    for i, name in enumerate(references, start=1):
        values = entries_of(own[name])[start, :, channel]
        drawn.plot(steps, values, color=color(i), ls=line(i), lw=1.2, label=name)
    if observed is not None:
        seen = held_out(forecast, observed)[start, :, channel]
        drawn.plot(steps, seen, ".", ms=4, color="black", label="observed")
    names = summary["channel"].values if "channel" in summary.coords else None
    value = "value" if names is None else str(names[channel])
    units = summary.attrs.get("units", "")
    drawn.set_ylabel(f"{value} ({units})" if units else value)
    drawn.set_xlabel("step" if x is None else "time")
    if x is not None and np.issubdtype(x.dtype, np.datetime64):
        dates = AutoDateLocator(maxticks=6)
        drawn.xaxis.set_major_locator(dates)
        drawn.xaxis.set_major_formatter(ConciseDateFormatter(dates))
    legend_below(drawn, points=38)
    return dress(drawn, title, legend)


def _draw_history(
    ax: Axes, history: xr.DataArray, steps: np.ndarray, start: int, channel: int
) -> None:
    """The last samples before the forecast, in its own (last) step, and where it begins."""
    values = history if "start" not in history.dims else history.isel(start=start)
    values = values if "channel" not in values.dims else values.isel(channel=channel)
    step = steps[1] - steps[0] if len(steps) > 1 else 1
    shown = min(values.sizes["lag"], max(2, int(LOOK_BACK * len(steps))))
    if len(steps) == 1 and steps.dtype.kind == "M":  # no step is known
        return
    before = steps[0] - step * np.arange(shown, 0, -1)
    ax.plot(before, values.values[-shown:], ".-", ms=3, lw=0.8, color=GREY, label="history")
