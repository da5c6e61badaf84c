"""The network itself: layers of nodes, and the weights between them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from bayesneuron.alignment import aligned
from bayesneuron.alignment._align import sites_of
from bayesneuron.draws.check_draws import check_draws
from bayesneuron.draws.tree import layout_of, names_of_inputs
from bayesneuron.numerics.checks import check_positive, check_probability, check_type
from bayesneuron.plots.diagram_parts import Edges, edges_of, positions, strongest
from bayesneuron.plots.drawing import (
    AUTO,
    GREY,
    color,
    dress,
    legend_below,
    legend_size,
    new_axes,
    set_title,
)
from bayesneuron.structure import Relevance

EDGES = 500  # lines drawn, the strongest
NODES = 64  # of a layer, those of largest weights
NAMED = 16  # nodes of a layer up to which each is named
ROWS = 16  # of those beyond, every few are named
WIDEST = 3.0  # points of the strongest weight, in narrow layers
DASHES: Any = (0, (2.2, 1.0))
LIVE = "live"


def diagram(
    draws: xr.DataTree,
    *,
    relevance: Relevance | Sequence[Relevance] | None = None,
    level: float = 0.9,
    edges: int = EDGES,
    title: str | None = AUTO,
    legend: bool | str = True,
    ax: Axes | None = None,
) -> Axes:
    """The network as nodes in layers, its weights as lines between them.

    A line is as wide as the posterior mean of its weight is large, solid blue where it is positive
    and dashed orange where negative. It is pale where the interval of the weight covers zero.
    Layers go from left to right, neurons from top to bottom in the aligned order.

    Parameters
    ----------
    draws : DataTree
        From an estimator; aligned first unless they are.
    relevance : Relevance or sequence of Relevance, optional
        From `bayesneuron.relevance`, one for each layer: neurons that are not live are grey.
    level : float
        Of the central intervals.
    edges : int
        Lines drawn at most, the strongest.
    title : str or None
        By default what is drawn and what is left out.
    legend : bool or str
        Whether, or where.
    ax : Axes, optional

    Returns
    -------
    Axes
        Of layers wider than 64, the 64 neurons of largest mean weights. Biases, gates and weights
        from a layer to itself are not drawn.

    Raises
    ------
    ValueError
        If `relevance` is of other layers or widths.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> ax = bn.plot.diagram(bn.laplace(model, x, y, samples=50, starts=2))
    """
    check_draws(draws)
    check_probability(level=level)
    check_positive(edges=edges)
    layout, whole = layout_of(draws), aligned(draws)
    sites = sites_of(whole, layout)
    between = edges_of(layout, sites, level=level)
    widths = {name: layout.width(sites, name) for name in between.layers}
    unneeded = _unneeded(relevance, widths)
    drawn: Axes = new_axes(ax, size=(5.6, 3.6))
    kept = {name: strongest(between, name, NODES) for name in between.layers}
    place = positions({name: len(nodes) for name, nodes in kept.items()})
    shown = between.between(kept).largest(edges)
    _draw_edges(drawn, shown, kept, place, unneeded)
    names = {"input": list(names_of_inputs(draws))}
    for name, nodes in kept.items():
        of_layer = names.get(name) or [str(i) for i in range(widths[name])]
        labels = [of_layer[i] for i in nodes] if len(of_layer) == widths[name] else []
        grey = np.isin(nodes, unneeded.get(name, ()))
        _draw_layer(drawn, name, place[name], labels, grey, widths[name])
    _finish(drawn, shown, len(between.mean), level, any(unneeded.values()))
    return dress(drawn, title, legend)


def _unneeded(
    relevance: Relevance | Sequence[Relevance] | None, widths: dict[str, int]
) -> dict[str, list[int]]:
    """Neurons that are not live, by layer."""
    if relevance is None:
        return {}
    listed = [relevance] if isinstance(relevance, Relevance) else list(relevance)
    for one in listed:
        check_type("relevance", one, Relevance, "bn.relevance")
        if widths.get(one.layer) != len(one.verdict):
            raise ValueError(
                f"relevance: expected a layer and width of {widths}, got {one.layer!r} of "
                f"{len(one.verdict)}"
            )
    return {r.layer: [i for i, v in enumerate(r.verdict) if v != LIVE] for r in listed}


def _draw_edges(
    ax: Any,
    edges: Edges,
    kept: dict[str, np.ndarray],
    place: dict[str, np.ndarray],
    unneeded: dict[str, list[int]],
) -> None:
    """Pale ones first, then by strength: a strong one is never covered."""
    if not len(edges.mean):
        return
    at = {name: dict(zip(nodes.tolist(), place[name], strict=True)) for name, nodes in kept.items()}
    largest, widest = np.abs(edges.mean).max() or 1.0, _widest(place)
    for e in np.lexsort((np.abs(edges.mean), edges.certain)):
        sender, receiver = edges.sender[e], edges.receiver[e]
        (x0, y0), (x1, y1) = at[sender[0]][sender[1]], at[receiver[0]][receiver[1]]
        positive = edges.mean[e] > 0
        grey = any(index in unneeded.get(layer, ()) for layer, index in (sender, receiver))
        ax.plot(
            [x0, x1], [y0, y1], color=GREY if grey else color(0 if positive else 1),
            ls="-" if positive else DASHES,
            lw=0.2 + (widest - 0.2) * abs(edges.mean[e]) / largest,
            alpha=(0.85 if not grey else 0.4) if edges.certain[e] else 0.18,
            zorder=1, solid_capstyle="butt",
        )  # fmt: skip


def _widest(place: dict[str, np.ndarray]) -> float:
    """Points of the strongest weight: thinner where nodes are close."""
    return float(np.clip(40 / max(map(len, place.values())), 0.8, WIDEST))


def _draw_layer(
    ax: Axes, name: str, place: np.ndarray, labels: list[str], grey: np.ndarray, width: int
) -> None:
    count = len(place)
    area = float(np.clip((170 / max(count, 1)) ** 2, 9, 130))
    ax.scatter(
        *place.T, s=area, c=np.where(grey, "#DDDDDD", "white"), zorder=3,
        edgecolors=np.where(grey, "#AAAAAA", "black").tolist(),
        linewidths=0.8 if count <= 32 else 0.5,
    )  # fmt: skip
    if labels and count <= NAMED:
        left = place[0, 0] == 0
        outer = left and not labels[0].isdigit()
        for (x, y), label in zip(place, labels, strict=True):
            ax.annotate(
                label, (x, y), xytext=(-8 if outer else 0, 0), textcoords="offset points",
                ha="right" if outer else "center", va="center_baseline", zorder=4,
                fontsize=7 if outer or count <= 10 else 5.5,
            )  # fmt: skip
    if labels and count > NAMED:
        step = -(-count // ROWS)
        for (x, y), label in list(zip(place, labels, strict=True))[::step]:
            ax.annotate(
                label, (x, y), xytext=(-0.6 * area**0.5 - 1, 0), textcoords="offset points",
                ha="right", va="center_baseline", zorder=4, fontsize=5.5,
                bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.2},
            )  # fmt: skip
    drawn = f"{count} of {width}" if count < width else f"{width}"
    ax.annotate(
        f"{name}\n({drawn})", (place[0, 0], 0), xycoords=("data", "axes fraction"),
        xytext=(0, -2), textcoords="offset points", ha="center", va="top", fontsize=legend_size(),
    )  # fmt: skip


def _finish(ax: Axes, shown: Edges, count: int, level: float, grey: bool) -> None:
    largest = float(np.abs(shown.mean).max()) if len(shown.mean) else 0.0
    lines: list[Any] = [
        Line2D([], [], color=color(0), lw=WIDEST, label=f"mean weight {largest:+.2g}"),
        Line2D([], [], color=color(1), lw=WIDEST, ls=DASHES, label=f"{-largest:+.2g}"),
        Line2D([], [], color=GREY, lw=2, alpha=0.3, label=f"{level:.0%} interval covers 0"),
    ]
    if grey:
        lines.append(
            Line2D([], [], ls="", marker="o", mfc="#DDDDDD", mec="#AAAAAA", label="not needed")
        )
    legend_below(ax, handles=lines, handlelength=2.6)
    drawn = len(shown.mean)
    ax.set_axis_off()
    ax.margins(0.08, 0.06)
    set_title(ax, f"{drawn} strongest of {count} weights" if drawn < count else f"{count} weights")
