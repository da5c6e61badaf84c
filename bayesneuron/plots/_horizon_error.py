"""Error of forecasts against how far ahead they are."""

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from bayesneuron.forecasting.held_out import check_forecast, entries_of, held_out
from bayesneuron.numerics.checks import check_within
from bayesneuron.plots.arguments import check_references
from bayesneuron.plots.drawing import AUTO, GREY, color, dress, line, marker, new_axes


def horizon_error(
    forecast: xr.DataTree,
    observed: Any,
    *,
    references: tuple[str, ...] = ("persistence",),
    channel: int = 0,
    title: str | None = AUTO,
    legend: bool | str = True,
    ax: Axes | None = None,
) -> Axes:
    """Root mean square error by step, over all starts, beside the references.

    The dotted line is the error that the forecast itself expects: its standard deviation.

    Parameters
    ----------
    forecast : DataTree
        From `bayesneuron.forecast`, best of many starts.
    observed : DataArray, Series, DataFrame or array_like
        As in `bayesneuron.plot.forecast`.
    references : tuple of str
        Of ``persistence`` and ``autoregression``; () for none.
    channel : int
        By its place.
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
        If there is no such channel or reference, or `observed` does not fit.

    Examples
    --------
    >>> import numpy as np, bayesneuron as bn
    >>> series = bn.datasets.noisy_sine(length=60)
    >>> x, y = bn.windows(series, history=3, horizon=5, standardize=False)
    >>> model = bn.load("two_layer", inputs=3, hidden=1, outputs=1)
    >>> draws = bn.prior(model, x, samples=10)
    >>> ahead = bn.forecast(draws, x, 5)
    >>> bn.plot.horizon_error(ahead, series).get_xlabel()
    'step'
    """
    check_forecast(forecast)
    summary, own = forecast["summary"].to_dataset(), forecast["references"].to_dataset()
    mean, sd = entries_of(summary["mean"]), entries_of(summary["sd"])
    check_within("channel", channel, 0, mean.shape[2] - 1)
    check_references(references, own)
    seen = held_out(forecast, observed)[..., channel]
    steps = summary["step"].values
    drawn = new_axes(ax, size=(5.0, 3.4))
    lines = {"network": mean, **{name: entries_of(own[name]) for name in references}}
    for i, (name, values) in enumerate(lines.items()):
        drawn.plot(
            steps, _root_mean((values[..., channel] - seen) ** 2), color=color(i), ls=line(i),
            marker=marker(i), ms=3.5, lw=2.0 if i == 0 else 1.2, label=name,
        )  # fmt: skip
    expected = np.where(np.isnan(seen), np.nan, sd[..., channel] ** 2)
    drawn.plot(steps, _root_mean(expected), color=GREY, ls=":", lw=1.5, label="network, expected")
    units = summary.attrs.get("units", "")
    drawn.set_ylabel(f"RMSE ({units})" if units else "RMSE")
    drawn.set_xlabel("step")
    drawn.set_ylim(bottom=0)
    drawn.legend(fontsize=8, frameon=False)
    return dress(drawn, title, legend)


def _root_mean(squares: np.ndarray) -> np.ndarray:
    """Over starts, (step,), NaN where nothing was observed."""
    known = ~np.isnan(squares)
    total = np.where(known, squares, 0.0).sum(axis=0)
    return np.sqrt(np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan))
