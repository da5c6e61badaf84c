"""Probability regions of neurons in a plane."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from bayesneuron.geometry.ellipsoid_regions import Region
from bayesneuron.geometry.posterior import NeuronPosterior, check_posterior
from bayesneuron.plots._basis import Basis, basis_of
from bayesneuron.plots.arguments import chosen_neurons
from bayesneuron.plots.drawing import (
    AUTO,
    color,
    dress,
    line,
    marker,
    name_neurons,
    new_axes,
    set_title,
)

MOST = 300  # draws shown per neuron
FRAME = (0.7, 0.8)  # inches beside and above the panel, for labels and title
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

    Parameters
    ----------
    post : NeuronPosterior
    weights : pair of int or str, optional
        Coordinates to draw; by default the first two principal components of the neurons.
        An ellipse holds `level` of the neuron's projection on the plane.
    level : float
    neurons : sequence of int or str, optional
        Which to draw, by index or name as ``hidden[0]``; by default all.
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
    step = -(-len(post.by_draw) // MOST)
    points = post.by_draw[::step] @ basis.matrix.T
    shown = chosen_neurons(neurons, post.names)
    for i in shown:
        x, y = points[:, i].T
        drawn.scatter(x, y, s=4, color=color(i), alpha=0.25, linewidths=0, rasterized=True)
        draw_ellipse(drawn, shadow, i, color=color(i), linestyle=line(i))
        drawn.plot(
            *shadow.center[i], marker(i), color=color(i), mec="white", label=f"{post.layer}[{i}]"
        )
    bounded = np.isfinite(shadow.radius[shown]).any()
    what = f"{level:.0%} regions of the" if bounded else f"No regions of {len(post.by_draw)} draws:"
    finish(drawn, basis, f"{what} {post.layer} neurons")
    if ax is None:
        _trim(drawn)
    name_neurons(drawn, shadow.center, shown, loc="best")
    return dress(drawn, title, legend)


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


def draw_ellipse(ax: Axes, shadow: Region, i: int, **style: object) -> None:
    """Outline of the i-th ellipse of a two-dimensional region, if it is bounded."""
    if not np.isfinite(shadow.radius[i]):
        return
    angle = np.linspace(0, 2 * np.pi, 200)
    circle = np.stack([np.cos(angle), np.sin(angle)])
    outline = shadow.center[i][:, None] + shadow.axes()[i] @ circle
    ax.plot(*outline, lw=1.6, **style)  # pyright: ignore[reportArgumentType]


def finish(ax: Axes, basis: Basis, title: str) -> None:
    """Labels, and one scale on both axes, without which an ellipse's shape says nothing."""
    ax.set_xlabel(basis.labels[0])
    ax.set_ylabel(basis.labels[1])
    set_title(ax, title)
    ax.set_aspect("equal", adjustable="datalim")


def _trim(ax: Axes) -> None:
    """Make a figure of one panel as high as its data need: two neurons lie along one line."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    width, height = figure.get_size_inches()
    wide, high = np.ptp(ax.get_xlim()), np.ptp(ax.get_ylim())
    needed = FRAME[1] + (width - FRAME[0]) * high / wide
    figure.set_size_inches(width, float(np.clip(needed, LOWEST * height, height)))
