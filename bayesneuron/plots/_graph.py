"""The graph of neurons, drawn."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import networkx as nx
import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from bayesneuron.numerics.checks import check_finite, check_type
from bayesneuron.plots.arguments import chosen_neurons
from bayesneuron.plots.drawing import AUTO, GREY, dress, new_axes
from bayesneuron.plots.graph_layout import places, spacing
from bayesneuron.plots.graph_parts import (
    draw_discs,
    draw_edges,
    draw_names,
    draw_nodes,
    rho,
    weight_of,
)
from bayesneuron.structure.partitions.result import Communities

NAMED = 30  # nodes up to which each is named
EDGES = 600  # lines drawn, the strongest: more are one grey patch at the width of a page
NARROW = 3.6  # inches of axes, below which the legend stands underneath

Partition = Communities | Mapping[str, Any] | Sequence[Any] | np.ndarray


def graph(
    g: nx.Graph,
    *,
    communities: Partition | None = None,
    neurons: Sequence[int | str] | None = None,
    title: str | None = AUTO,
    legend: bool | str = True,
    ax: Axes | None = None,
) -> Axes:
    """Neurons as nodes, their correlations as lines between them.

    Lines are as wide as |ρ|, solid where it is positive and dashed where negative. The area of
    a node is its relevance, or the norm of its weights where the graph has no relevance.
    Parts without edges between them stand side by side, the largest first. Of more than 12
    neurons, each community has a disc of its own; lines between communities are thin and light.
    At most 600 edges are drawn, the strongest; the title says so.

    Parameters
    ----------
    g : networkx.Graph
        From `bayesneuron.graph`.
    communities : Communities, mapping, or array_like, optional
        From `bayesneuron.communities`; or labels, as a mapping by node or an array in the order
        of the nodes; or a list of groups of nodes, as networkx returns them. Shown by colour and
        marker; a community of one is grey. By default layers are shown.
    neurons : sequence of int or str, optional
        Those that are drawn, with the edges between them, by place in the graph or by name. By
        default all.
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
        If the graph has no nodes, the communities are not of exactly these, or `neurons` are
        others.

    Examples
    --------
    >>> g = nx.Graph([("hidden[0]", "hidden[1]", {"weight": 0.9, "correlation": -0.9})])
    >>> ax = graph(g, communities=[{"hidden[0]", "hidden[1]"}])
    """
    check_type("g", g, nx.Graph, "bn.graph")
    if g.is_directed():
        raise ValueError("g: expected an undirected graph, got a directed one")
    for u, v, data in g.edges(data=True):
        check_finite(**{f"weight of edge {u!r}, {v!r}": weight_of(data)})
    if not len(g):
        raise ValueError("graph: expected at least one node, got none")
    drawn: Axes = new_axes(ax, size=(6.4, 4.8))
    narrow = _inches(drawn)[0] < NARROW
    groups, what = _groups(g, communities)
    if neurons is not None:
        nodes = list(g)
        g = g.subgraph([nodes[i] for i in chosen_neurons(neurons, list(map(str, nodes)))])
    parts = {name: [node for node in of if node in g] for name, of in groups.items()}
    parts = {name: of for name, of in parts.items() if of}
    place, discs = places(g, None if communities is None else parts, _strengths(g))
    sizes, meaning = _sizes(g, _largest(drawn, place, narrow))
    edges = sorted(g.edges(data=True), key=lambda edge: -abs(rho(edge[2])))[:EDGES]
    draw_edges(drawn, edges, place, {} if communities is None else groups, narrow=narrow)
    handles = draw_nodes(drawn, place, groups, sizes)
    if len(g) > NAMED:
        draw_discs(drawn, discs, list(groups))
    if len(g) <= NAMED:
        draw_names(drawn, g, place, sizes)
    signs: list[tuple[Any, str]] = [("-", "ρ > 0"), ("--", "ρ < 0")]
    lines = [
        Line2D([], [], color=GREY, linestyle=style, label=label)
        for style, label in signs
        if any((rho(d) < 0) == (style == "--") for *_, d in g.edges(data=True))
    ]
    if narrow and discs and len(g) > NAMED:  # named in the figure
        handles = []
    beside: dict[str, Any] = {"loc": "center left", "bbox_to_anchor": (1.0, 0.5)}
    below: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.5, 0.0), "ncols": 3}
    drawn.legend(
        handles=[*handles, *lines],
        title=f"{what}{' ' if narrow else '\n'}(node area: {meaning})",
        title_fontsize=7 if narrow else 8,
        fontsize=7 if narrow else 8,
        frameon=False,
        **(below if narrow else beside),
    )
    drawn.set_title("\n".join(_title(g, len(edges), narrow)), fontsize=8 if narrow else 10)
    drawn.set_axis_off()
    drawn.margins(0.12)
    if g.number_of_edges() == 0:  # a strip of points: room for them and their names
        columns, rows = zip(*place.values(), strict=True)
        drawn.set_xlim(min(columns) - 1, max(columns) + 1)
        drawn.set_ylim(min(rows) - 1, max(rows) + 1)
        if ax is None and min(rows) == max(rows):
            figure = drawn.get_figure(root=True)
            assert figure is not None
            figure.set_figheight(0.45 * figure.get_figheight())
    drawn.set_aspect("equal")
    return dress(drawn, title, legend)


def _groups(g: nx.Graph, communities: Partition | None) -> tuple[dict[str, list[str]], str]:
    """Nodes by the name of their group, and what the groups are."""
    if communities is None:
        labels, title = dict(g.nodes(data="layer", default="neurons")), "layer"
    else:
        labels, title = _labels(g, communities), "community"
        if isinstance(communities, Communities) and communities.significant is False:
            title = "community (not significant)"
    groups: dict[str, list[str]] = {}
    for node in g:
        groups.setdefault(str(labels[node]), []).append(node)
    if communities is not None:
        groups = dict(sorted(groups.items(), key=lambda item: -len(item[1])))
    return groups, title


def _labels(g: nx.Graph, communities: Partition) -> dict[str, Any]:
    """A label for each node, whichever way the communities are given.

    Raises
    ------
    ValueError
        If they are not of the nodes of the graph.
    """
    if isinstance(communities, Communities):
        numbered = communities.names == tuple(map(str, range(len(g))))
        names = list(g) if numbered else communities.names
        labels = dict(zip(names, communities.labels.tolist(), strict=True))
    elif isinstance(communities, Mapping):
        labels = dict(communities)
    elif isinstance(communities, str) or not isinstance(communities, Iterable):
        raise ValueError(f"communities: expected labels or groups, got {communities!r}")
    elif all(isinstance(group, Iterable) and not isinstance(group, str) for group in communities):
        members = [node for group in communities for node in group]
        twice = sorted({str(node) for node in members if members.count(node) > 1})
        if twice:
            raise ValueError(f"communities: expected each node in one group, got {twice} in two")
        labels = {node: i for i, group in enumerate(communities) for node in group}
    elif len(communities) == len(g):
        labels = dict(zip(g, communities, strict=True))
    else:
        raise ValueError(
            f"communities: expected {len(g)} labels, one per node, got {len(communities)}"
        )
    if set(labels) != set(g):
        wrong = sorted(map(str, set(labels) ^ set(g)))
        raise ValueError(f"communities: expected a label for each node of the graph, got {wrong}")
    return labels


def _sizes(g: nx.Graph, most: float) -> tuple[dict[str, float], str]:
    """Area of each node in points², and what it shows."""
    for name in ("relevance", "norm"):
        values = nx.get_node_attributes(g, name)
        if len(values) == len(g):
            break
    else:
        values, name = dict.fromkeys(g, 1.0), "equal"
    top = max((v for v in values.values() if np.isfinite(v)), default=0.0) or 1.0
    share = {node: float(np.clip(np.nan_to_num(v / top), 0.0, 1.0)) for node, v in values.items()}
    return {node: most * (0.1 + 0.9 * v) for node, v in share.items()}, name


def _largest(ax: Axes, place: Mapping[str, np.ndarray], narrow: bool) -> float:
    """Area of the largest node in points²: neighbours do not touch."""
    at = np.array(list(place.values()))
    span = np.maximum(np.ptp(at, axis=0), 1.0)
    room = np.array(_inches(ax)) * [1.0, 0.7 if narrow else 1.0]  # a legend underneath
    points = 72 * (room / (1.3 * span)).min()  # of a unit of the layout
    return float(np.clip((0.8 * points * spacing(dict(place))) ** 2, 6.0, 420.0))


def _inches(ax: Axes) -> tuple[float, float]:
    """Width and height of the axes, before the layout makes room for the legend."""
    box, (width, height) = ax.get_position(), ax.figure.get_size_inches()  # pyright: ignore[reportAttributeAccessIssue]
    return float(box.width * width), float(box.height * height)


def _strengths(g: nx.Graph) -> nx.Graph:
    """The same graph with |ρ| as weights."""
    tied = nx.Graph()
    tied.add_nodes_from(g)
    tied.add_weighted_edges_from((a, b, abs(rho(d))) for a, b, d in g.edges(data=True))
    return tied


def _title(g: nx.Graph, drawn: int, narrow: bool) -> list[str]:
    """Lines: what the edges are, and by which rule, where the graph says so."""
    kind, threshold = g.graph.get("weight_kind"), g.graph.get("threshold")
    edges = g.number_of_edges()
    size = f"{len(g)} neuron{'s' * (len(g) != 1)}, {edges} edge{'s' * (edges != 1)}"
    if drawn < edges:
        size += f" ({drawn} strongest drawn)"
    if kind is None:
        return [size]
    level = g.graph["level"]
    rule = (
        f"false discovery rate {1 - level:.2g}"
        if threshold is None
        else f"P(|ρ| > {threshold:.2g}) > {level:.2g}"
    )
    what = f"{kind} correlation, {rule}"
    return [size, what] if narrow or drawn < edges else [f"{size}: {what}"]
