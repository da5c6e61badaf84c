"""Probability regions of neurons in a plane."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from bayesneuron.geometry.ellipsoid_regions import Region
from bayesneuron.geometry.posterior import NeuronPosterior, check_posterior
from bayesneuron.plots._basis import Basis, basis_of
from bayesneuron.plots.arguments import chosen_neurons
from bayesneuron.plots.crowd import (
    MUTED,
    POINT,
    STRONG,
    THIN,
    crowded,
    mean_entry,
    name_crowd,
    opacity,
    region_entry,
)
from bayesneuron.plots.drawing import (
    AUTO,
    color,
    dress,
    legend_below,
    line,
    marker,
    new_axes,
    set_title,
)

MOST = 300  # draws shown per neuron
FRAME = (0.7, 0.8)  # inches beside and above the panel, for labels and title
LEGEND = 0.3  # inches under the panel
LOWEST = 0.55  # share of the usual height that leaves room for the legend


def regions(
    post: NeuronPosterior,
    *,
    weights: Sequence[int | str] | None = None,
    level: float = 0.9,
    neurons: Sequence[int | str] | None = None,
    title: str | None = AUTO,
    legend: bool | str = True,
    ax: Axes | None = None,
) -> Axes:
    """Ellipses of the given probability, one per neuron, over a scatter of their draws.

    More than seven neurons are drawn as thin outlines around their means, without draws.
    Labelled are those that stand apart: their mean is in no other neuron's region, and no other
    mean is in theirs. The legend counts them. Where none does, as in wide layers whose neurons are
    poorly determined, `neurons` picks some to look at.

    Parameters
    ----------
    post : NeuronPosterior
    weights : pair of int or str, optional
        Coordinates to draw; by default the first two principal components of the neurons.
        An ellipse holds `level` of the neuron's projection on the plane.
    level : float
    neurons : sequence of int or str, optional
        Which to draw, by index or name as ``hidden[0]``, all of them labelled; by default all
        are drawn.
    title : str or None
        By default the figure's own.
    legend : bool or str
        Whether, or where (a location of Matplotlib).
    ax : Axes, optional

    Returns
    -------
    Axes

    Examples
    --------
    >>> import bayesneuron as bn
    >>> sites = {"W": ("hidden", "input"), "V": ("output", "hidden")}
    >>> layout = bn.Layout(sites, {"hidden": "tanh"})
    >>> rng = np.random.default_rng(0)
    >>> draws = {"W": rng.normal([[3, 0], [0, 2]], 0.1, (99, 2, 2)), "V": np.ones((99, 1, 2))}
    >>> ax = bn.plot.regions(bn.neurons(bn.from_arrays(draws, layout=layout))["hidden"])
    """
    check_posterior("post", post)
    drawn = new_axes(ax)
    basis = basis_of([post], 2, weights)
    shadow = flat_region(post, basis, level)
    shown = chosen_neurons(neurons, post.names)
    crowd = crowded(shown)
    alpha = opacity(len(shown))
    outlines = {i: _thin(drawn, shadow, i, alpha) for i in shown} if crowd else {}
    if not crowd:
        _scatter(drawn, post, basis, shadow, shown)
    bounded = np.isfinite(shadow.radius[shown]).any()
    what = f"{level:.0%} regions of the" if bounded else f"No regions of {len(post.by_draw)} draws:"
    finish(drawn, basis, f"{what} {post.layer} neurons")
    if ax is None:
        _trim(drawn, LEGEND)
    if not crowd:
        legend_below(drawn)
        return dress(drawn, title, legend)
    entry = region_entry(level) if bounded else mean_entry()
    for i in name_crowd(drawn, shadow, shown, every=neurons is not None, handles=[entry]):
        for artist in outlines[i]:
            artist.set(color=STRONG, zorder=3, alpha=1.0)
    return dress(drawn, title, legend)


def _scatter(
    ax: Axes, post: NeuronPosterior, basis: Basis, shadow: Region, shown: np.ndarray
) -> None:
    """Draws, region and mean of a few neurons, each in its colour."""
    step = -(-len(post.by_draw) // MOST)
    points = post.by_draw[::step] @ basis.matrix.T
    for i in shown:
        x, y = points[:, i].T
        ax.scatter(x, y, s=4, color=color(i), alpha=0.25, linewidths=0, rasterized=True)
        draw_ellipse(ax, shadow, i, color=color(i), linestyle=line(i))
        ax.plot(
            *shadow.center[i], marker(i), color=color(i), mec="white", label=f"{post.layer}[{i}]"
        )


def _thin(ax: Axes, shadow: Region, i: int, alpha: float) -> list[Line2D]:
    """Region and mean of one neuron of many."""
    mean = ax.plot(*shadow.center[i], "o", color=MUTED, ms=POINT, mew=0, zorder=2.5)
    return [*mean, *draw_ellipse(ax, shadow, i, color=MUTED, lw=THIN, alpha=alpha)]


def flat_region(
    post: NeuronPosterior, basis: Basis, level: float, *, kind: str = "draws"
) -> Region:
    """The region of the projected neuron: its radius is that in the plane."""
    from bayesneuron.geometry.ellipsoid_regions import region

    b = basis.matrix
    return region(
        post.mean @ b.T, b @ post.cov @ b.T, post.by_draw @ b.T,
        level=level, kind=kind, shrinkage=post.shrinkage,
    )  # fmt: skip


def draw_ellipse(ax: Axes, shadow: Region, i: int, **style: object) -> list[Line2D]:
    """Outline of the i-th ellipse of a two-dimensional region, if it is bounded."""
    if not np.isfinite(shadow.radius[i]):
        return []
    angle = np.linspace(0, 2 * np.pi, 200)
    circle = np.stack([np.cos(angle), np.sin(angle)])
    outline = shadow.center[i][:, None] + shadow.axes()[i] @ circle
    return ax.plot(*outline, **{"lw": 1.6, **style})  # pyright: ignore[reportArgumentType]


def finish(ax: Axes, basis: Basis, title: str) -> None:
    """Labels, and one scale on both axes, without which an ellipse's shape says nothing."""
    ax.set_xlabel(basis.labels[0])
    ax.set_ylabel(basis.labels[1])
    set_title(ax, title)
    ax.set_aspect("equal", adjustable="datalim")


def _trim(ax: Axes, under: float) -> None:
    """Make a figure of one panel as high as its data need: two neurons lie along one line."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    width, height = figure.get_size_inches()
    wide, high = np.ptp(ax.get_xlim()), np.ptp(ax.get_ylim())
    needed = FRAME[1] + under + (width - FRAME[0]) * high / wide
    figure.set_size_inches(width, float(np.clip(needed, LOWEST * height, height)))
