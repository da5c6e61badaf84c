"""The phase portrait of a series: its trajectory in the space of windows."""

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from bayesneuron.data import as_series, windows
from bayesneuron.data.recordings import by_recording, recording_lengths, recording_of
from bayesneuron.data.scaling import unscale
from bayesneuron.data.trajectory import window_of
from bayesneuron.data.transform import transform_of
from bayesneuron.numerics.checks import check_choice, check_positive
from bayesneuron.plots.drawing import AUTO, color, dress, new_axes, set_title

KINDS = ("lags", "components")
MAP = "viridis"


def phase(
    source: Any,
    *,
    kind: str = "lags",
    width: int | None = None,
    delay: int = 1,
    recordings: bool = False,
    title: str | None = AUTO,
    ax: Axes | None = None,
) -> Axes:
    """Draw the trajectory of a series, coloured by time.

    Parameters
    ----------
    source : series, or windows (x of `bayesneuron.windows`)
        A series of one channel is cut into windows here.
    kind : {"lags", "components"}
        Samples a delay apart, or the leading principal components of the windows.
    width, delay : int
        Of the windows of a series; a width of two (three in a three-dimensional ax) by default, of
        windows for components 10.
    recordings : bool
        Colour by recording instead of time.
    title : str or None
        By default the figure's own.
    ax : Axes, optional
        With ``projection="3d"`` the third entry or component is drawn too.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        As `bayesneuron.as_series`, or if the series has several channels, a recording is shorter
        than a window, or windows are narrower than the picture.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> ax = phase(bn.datasets.noisy_sine(), delay=12)
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('s(t)', 's(t + 12)')
    """
    check_choice("kind", kind, KINDS)
    check_positive(delay=delay)
    drawn = new_axes(ax, size=(4.6, 4.0))
    axes = 3 if drawn.name == "3d" else 2
    points, recording, labels = _points(source, kind, width, delay, axes)
    lengths = recording_lengths(recording, len(points))
    for number, piece in enumerate(by_recording(points, lengths)):
        if recordings:
            drawn.plot(*piece.T, lw=0.7, alpha=0.7, color=color(number))
        else:
            drawn.plot(*piece.T, lw=0.4, alpha=0.4, color="#999999", zorder=1)
    if not recordings:
        time = np.concatenate([np.arange(n) for n in lengths])
        dots = drawn.scatter(*points.T, c=time, cmap=MAP, s=5, linewidths=0, zorder=2)
        bar = drawn.figure.colorbar(dots, ax=drawn, pad=0.15 if axes == 3 else 0.02, shrink=0.8)
        bar.set_label("sample")
    for name, label in zip("xyz", labels, strict=False):
        getattr(drawn, f"set_{name}label")(label)
    set_title(drawn, "Phase portrait")
    return dress(drawn, title, True)


def _points(
    source: Any, kind: str, width: int | None, delay: int, axes: int
) -> tuple[np.ndarray, np.ndarray | None, list[str]]:
    """Points, (point, axis); their recordings; names of the axes."""
    if isinstance(source, xr.DataArray) and "history" in source.attrs and source.ndim == 2:
        rows, recording = window_of(source, _in_units(source)), recording_of(source)
        units, step = (
            str(source.attrs.get("units", "")),
            transform_of(source).delay,
        )
    else:
        rows, recording, units = _windows_of(source, _width(kind, width, axes), delay)
        step = delay
    if rows.shape[1] < axes:
        raise ValueError(
            f"source: expected windows of at least {axes} entries, got {rows.shape[1]}"
        )
    unit = f" ({units})" if units else ""
    if kind == "lags":
        names = ["s(t)", *(f"s(t + {k * step})" for k in range(1, axes))]
        return rows[:, :axes], recording, [name + unit for name in names]
    centred = rows - rows.mean(axis=0)
    _, sizes, vectors = np.linalg.svd(centred, full_matrices=False)
    share = sizes**2 / max((sizes**2).sum(), np.finfo(float).tiny)
    largest = vectors[np.arange(len(vectors)), np.abs(vectors).argmax(axis=1)]
    turned = vectors * np.sign(largest)[:, None]  # a component's sign is free
    names = [f"component {k + 1} ({share[k]:.0%})" for k in range(axes)]
    return centred @ turned[:axes].T, recording, names


def _width(kind: str, width: int | None, axes: int) -> int:
    if width is None:
        return axes if kind == "lags" else 10
    check_positive(width=width)
    return width


def _in_units(x: xr.DataArray) -> np.ndarray:
    """Windows in the units of the series, where their level was not taken off."""
    done = transform_of(x)
    return np.asarray(x if done.by_window else unscale(x.values, x), float)


def _windows_of(source: Any, width: int, delay: int) -> tuple[np.ndarray, np.ndarray | None, str]:
    series = as_series(source)
    if series.ndim == 2 and series.shape[1] == 1:
        series = series[:, 0]
    if series.ndim != 1:
        raise ValueError(f"source: expected a series of one channel, got shape {series.shape}")
    x, _ = windows(series, width, delay=delay, target="reconstruct", standardize=False)
    return x.values, recording_of(x), str(series.attrs.get("units", ""))
