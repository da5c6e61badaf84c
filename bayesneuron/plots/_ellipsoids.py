"""Probability ellipsoids of neurons in three dimensions, methods side by side."""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from bayesneuron.geometry.ellipsoid_regions import Region
from bayesneuron.geometry.posterior import NeuronPosterior, check_posterior
from bayesneuron.plots._basis import Basis, basis_of
from bayesneuron.plots._posteriors import Estimates, posteriors_of
from bayesneuron.plots._regions import flat_region
from bayesneuron.plots.arguments import check_axes, chosen_neurons
from bayesneuron.plots.crowd import (
    MUTED,
    POINT,
    STRONG,
    THIN,
    crowded,
    name_crowd,
    region_entry,
)
from bayesneuron.plots.drawing import (
    AUTO,
    color,
    columns_of,
    dress,
    in_column,
    legend_size,
    marker,
    new_axes,
    set_title,
    smaller,
)

LEAST = 2.0  # inches for one of several
PANEL = 3.6  # inches for one at most
LEAST_SIDE = 0.5  # of the box's longest: a shorter one has no room for its numbers
WIDTH = 7.2  # inches, a page's text


def ellipsoid(
    post: NeuronPosterior,
    *,
    weights: Sequence[int | str] | None = None,
    basis: Basis | None = None,
    level: float = 0.9,
    neurons: Sequence[int | str] | None = None,
    title: str | None = AUTO,
    ax: Axes | None = None,
) -> Axes:
    """Ellipsoids of one layer's neurons.

    More than seven are drawn as thin outlines around their means, as the axes are seen. Labelled
    are those that stand apart, as in `bayesneuron.plot.regions`.

    Parameters
    ----------
    post : NeuronPosterior
    weights : three of int or str, optional
        Coordinates to draw; by default the first three principal components.
    basis : Basis, optional
        Directions to draw instead, shared by several figures.
    level : float
        Probability of the projection.
    neurons : sequence of int or str, optional
        Which to draw, by index or name as ``hidden[0]``, all of them labelled; by default all
        are drawn.
    title : str or None
        By default the method.
    ax : Axes, optional
        Three-dimensional.

    Returns
    -------
    Axes

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.align(bn.laplace(model, x, y, samples=50, starts=4))
    >>> post = bn.neurons(draws)["hidden"]
    >>> ax = bn.plot.ellipsoid(post)
    """
    check_posterior("post", post)
    drawn = new_axes(ax, subplot_kw={"projection": "3d"})
    basis = basis or basis_of([post], 3, weights)
    shadow = flat_region(post, basis, level)
    shown = chosen_neurons(neurons, post.names)
    _draw(drawn, post, basis, shadow, shown)
    if crowded(shown):
        one_scale([drawn])  # outlines are seen from one side, on one scale
        _outline_crowd(drawn, shadow, shown, every=neurons is not None)
    return dress(drawn, title, legend=True)


def _draw(ax: Any, post: NeuronPosterior, basis: Basis, shadow: Region, shown: np.ndarray) -> None:
    """Axes, and the ellipsoids of a few neurons; of more, the limits that they need."""
    if crowded(shown):
        ax.auto_scale_xyz(*np.hstack([_surface_or_mean(shadow, i) for i in shown]))
    for i in () if crowded(shown) else shown:
        draw_ellipsoid(ax, shadow, i, color=color(i))
        ax.plot(*shadow.center[i][:, None], marker(i), color=color(i), ms=2, label=post.names[i])
    for axis, name in zip("xyz", basis.labels, strict=True):
        getattr(ax, f"set_{axis}label")(name.replace(" of variance", ""), fontsize=8, labelpad=-2)
    ax.tick_params(labelsize=7, pad=-2)
    for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
        axis.set_major_locator(MaxNLocator(4))
    set_title(ax, f"{post.method}")


def _outline_crowd(
    ax: Any, shadow: Region, shown: np.ndarray, *, every: bool, legend: bool = True
) -> None:
    """Means and outlines of many neurons as the axes are seen; names of those apart."""
    named = name_crowd(
        ax, shadow, shown, every=every, handles=[region_entry(shadow.level)] if legend else []
    )
    for i in shown:
        look = STRONG if i in named else MUTED
        ax.plot(*shadow.center[i][:, None], "o", color=look, ms=POINT, mew=0)
        if np.isfinite(shadow.radius[i]):
            ax.plot(*outline_in_space(ax, shadow, i), color=look, lw=THIN)


def ellipsoids(
    source: Estimates,
    *,
    layer: str | None = None,
    weights: Sequence[int | str] | None = None,
    level: float = 0.9,
    neurons: Sequence[int | str] | None = None,
    title: str | None = AUTO,
    legend: bool | str = True,
    ax: Sequence[Axes] | None = None,
) -> Sequence[Axes]:
    """Ellipsoids by several methods side by side, in one basis and on one scale.

    Parameters
    ----------
    source : Comparison, or mapping of method to NeuronPosterior
        From `bayesneuron.compare`; or posteriors of one layer, aligned to one reference.
    layer : str, optional
        Of a `Comparison`; by default the only hidden one.
    weights, level
        As for `ellipsoid`.
    neurons : sequence of int or str, optional
        Which to draw, by index or name as ``hidden[0]``, all of them labelled; by default all
        are drawn.
    title : str or None
        Of the first panel; by default its method.
    legend : bool or str
        Whether, or where (a location of Matplotlib).
    ax : sequence of Axes, optional
        Three-dimensional, one per method.

    Returns
    -------
    sequence of Axes

    Raises
    ------
    ValueError
        If there is not an axes for every method.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.align(bn.laplace(model, x, y, samples=50, starts=4))
    >>> post = bn.neurons(draws)["hidden"]
    >>> axes = bn.plot.ellipsoids({"laplace": post, "again": post})
    """
    posteriors = posteriors_of(source, layer)
    count, figure = len(posteriors), None
    if ax is None:
        column = in_column((WIDTH, WIDTH))[0]
        columns = count if count <= 3 else -(-count // 2)
        columns = min(columns, max(1, int(column // LEAST)))
        rows = -(-count // columns)
        column = min(column, PANEL * columns)  # one alone would be mostly white
        size = (column, column / columns * rows * 1.1)
        figure = plt.figure(figsize=size, layout="constrained")
        ax = [figure.add_subplot(rows, columns, i + 1, projection="3d") for i in range(count)]
        if column != WIDTH:
            for one in ax:
                smaller(one)
    check_axes(ax, count)
    basis = basis_of(posteriors.values(), 3, weights)
    shown = chosen_neurons(neurons, next(iter(posteriors.values())).names)
    shadows = {name: flat_region(post, basis, level) for name, post in posteriors.items()}
    for one, (name, post) in zip(ax, posteriors.items(), strict=True):
        _draw(one, post, basis, shadows[name], shown)
        set_title(one, name)
    one_scale(ax)
    if crowded(shown):
        for one, shadow in zip(ax, shadows.values(), strict=True):
            _outline_crowd(one, shadow, shown, every=neurons is not None, legend=False)
        return dress(ax, title, legend)
    handles, shared = ax[0].get_legend_handles_labels()[0], None
    names: dict[str, Any] = {"handles": handles, "fontsize": legend_size(), "frameon": False}
    if figure is not None:
        shared = figure.legend(
            **names, loc="outside lower center", ncols=columns_of(ax[0], len(handles)),
            markerscale=2.5,
        )  # fmt: skip
    else:
        ax[0].legend(**names, loc="upper left", markerscale=2.5)
    return dress(ax, title, legend, shared=shared)


def draw_ellipsoid(ax: Any, shadow: Region, i: int, *, color: str) -> None:
    """Surface and wire frame of the i-th ellipsoid of a region in space, if it is bounded."""
    if not np.isfinite(shadow.radius[i]):
        return
    x, y, z = ellipsoid_surface(shadow, i)
    ax.plot_surface(x, y, z, color=color, alpha=0.18, linewidth=0, antialiased=True)
    ax.plot_wireframe(x, y, z, color=color, alpha=0.5, linewidth=0.4, rstride=2, cstride=4)


def ellipsoid_surface(shadow: Region, i: int) -> np.ndarray:
    """Points of the surface of the i-th ellipsoid of a region in space, (3, 13, 25)."""
    u, v = np.meshgrid(np.linspace(0, 2 * np.pi, 25), np.linspace(0, np.pi, 13))
    sphere = np.stack([np.cos(u) * np.sin(v), np.sin(u) * np.sin(v), np.cos(v)])
    return np.einsum("ij,jab->iab", shadow.axes()[i], sphere) + shadow.center[i][:, None, None]


def outline_in_space(ax: Any, shadow: Region, i: int) -> np.ndarray:
    """Points of the i-th ellipsoid where its surface turns away from the viewer, (3, 100).

    The axes have one scale. The perspective, which is slight, is left out.
    """
    up, around = np.deg2rad([ax.elev, ax.azim])
    view = [np.cos(up) * np.cos(around), np.cos(up) * np.sin(around), np.sin(up)]
    half_axes = shadow.axes()[i]
    # of the surface A u, |u| = 1, the normal is perpendicular to the view v where u is to A^-1 v
    across = np.linalg.svd((np.linalg.pinv(half_axes) @ view)[None])[2][1:]
    angle = np.linspace(0, 2 * np.pi, 100)
    circle = across.T @ np.stack([np.cos(angle), np.sin(angle)])
    return half_axes @ circle + shadow.center[i][:, None]


def _surface_or_mean(shadow: Region, i: int) -> np.ndarray:
    """What the axes have room for: the surface or, of an unbounded region, the mean."""
    bounded = np.isfinite(shadow.radius[i])
    return ellipsoid_surface(shadow, i).reshape(3, -1) if bounded else shadow.center[i][:, None]


def one_scale(axes: Sequence[Any]) -> None:
    """Boxes with the same limits, in which a unit has one length in all directions."""
    limits = np.array([[a.get_xlim(), a.get_ylim(), a.get_zlim()] for a in axes])
    low, high = limits[:, :, 0].min(axis=0), limits[:, :, 1].max(axis=0)
    sides = high - low
    half = np.maximum(sides, LEAST_SIDE * sides.max()) / 2
    # a cube leaves room for the labels at 0.85; of a flat box Matplotlib draws the long side longer
    zoom = max(0.7, 0.85 * np.linalg.norm(half) / (3**0.5 * half.max()))
    for a in axes:
        for middle, reach, name in zip((low + high) / 2, half, "xyz", strict=True):
            getattr(a, f"set_{name}lim")(middle - reach, middle + reach)
            short = reach < 0.75 * half.max()
            getattr(a, f"{name}axis").set_major_locator(MaxNLocator(2 if short else 4))
        a.xaxis.labelpad = 2 if half[2] < 0.75 * half[0] else -2  # numbers come nearer
        a.set_box_aspect(tuple(half), zoom=zoom)
