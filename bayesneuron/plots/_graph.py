"""The graph of neurons, drawn."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import networkx as nx
import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from bayesneuron.numerics.checks import check_finite, check_type
from bayesneuron.plots.style import GREY, color, marker, new_axes
from bayesneuron.structure.partitions.result import Communities

NAMED = 30  # nodes up to which each is named
GROUPS = 10  # entries of the legend for communities
_RING = 12  # connected nodes up to which a circle is the clearer layout

Partition = Communities | Mapping[str, Any] | Sequence[Any] | np.ndarray


def graph(g: nx.Graph, *, communities: Partition | None = None, ax: Axes | None = None) -> Axes:
    """Neurons as nodes, their correlations as lines between them.

    Lines are as wide as |ρ|, solid where it is positive and dashed where negative. The area of
    a node is its relevance, or the norm of its weights where the graph has no relevance.
    Parts without edges between them stand side by side, the largest first.

    Parameters
    ----------
    g : networkx.Graph
        From `bayesneuron.graph`.
    communities : Communities, mapping, or array_like, optional
        From `bayesneuron.communities`; or labels, as a mapping by node or an array in the order
        of the nodes; or a list of groups of nodes, as networkx returns them. Shown by colour and
        marker; a community of one is grey. By default layers are shown.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If the graph has no nodes, or the communities are not of exactly these.

    Examples
    --------
    >>> g = nx.Graph([("hidden[0]", "hidden[1]", {"weight": 0.9, "correlation": -0.9})])
    >>> ax = graph(g, communities=[{"hidden[0]", "hidden[1]"}])
    """
    check_type("g", g, nx.Graph, "bn.graph")
    if g.is_directed():
        raise ValueError("g: expected an undirected graph, got a directed one")
    for u, v, data in g.edges(data=True):
        check_finite(**{f"weight of edge {u!r}, {v!r}": _weight(data)})
    if not len(g):
        raise ValueError("graph: expected at least one node, got none")
    drawn: Axes = new_axes(ax, size=(6.4, 4.8))
    place = _places(g)
    groups, title = _groups(g, communities)
    sizes, meaning = _sizes(g)
    _draw_edges(drawn, g, place)
    handles = _draw_nodes(drawn, place, groups, sizes)
    if len(g) <= NAMED:
        for node, (x, y) in place.items():
            below = -(np.sqrt(sizes[node]) / 2 + 3)  # points under the marker
            drawn.annotate(
                _short(node, g),
                (x, y),
                xytext=(0, below),
                textcoords="offset points",
                ha="center",
                va="top",
                fontsize=8,
                path_effects=[withStroke(linewidth=2, foreground="white")],
            )
    signs: list[tuple[Any, str]] = [("-", "ρ > 0"), ("--", "ρ < 0")]
    lines = [
        Line2D([], [], color=GREY, linestyle=style, label=label)
        for style, label in signs
        if any((_rho(d) < 0) == (style == "--") for *_, d in g.edges(data=True))
    ]
    drawn.legend(
        handles=[*handles, *lines],
        title=f"{title}\n(node area: {meaning})",
        title_fontsize=8,
        fontsize=8,
        frameon=False,
        loc="center left",
        bbox_to_anchor=(1.0, 0.5),
    )
    drawn.set_title(_title(g), fontsize=10)
    drawn.set_axis_off()
    drawn.margins(0.12)
    if g.number_of_edges() == 0:  # a strip of points: room for them and their names
        drawn.set_ylim(min(y for _, y in place.values()) - 1, max(y for _, y in place.values()) + 1)
    drawn.set_aspect("equal")
    return drawn


def _places(g: nx.Graph) -> dict[str, np.ndarray]:
    """Connected parts side by side, the largest first, in rows; always the same."""
    parts = sorted(
        (sorted(part, key=str) for part in nx.connected_components(g)), key=lambda p: -len(p)
    )
    radii = [np.sqrt(len(part)) for part in parts]
    width = max(1.6 * np.sqrt(4 * len(g)), 2 * radii[0])  # each part has a square, area 4 n
    one_layer = len(set(nx.get_node_attributes(g, "layer").values())) <= 1  # names are short
    if g.number_of_edges() == 0 and len(g) <= _RING and one_layer:
        width = 2.0 * len(g)  # in one row
    place: dict[str, np.ndarray] = {}
    left, top, height = 0.0, 0.0, 2 * radii[0]
    for part, radius in zip(parts, radii, strict=True):
        if left + 2 * radius > width + 1e-9:
            left, top, height = 0.0, top - height, 2 * radius
        centre = np.array([left + radius, top - radius])
        place |= {node: centre + 0.8 * radius * at for node, at in _inside(g, part).items()}
        left += 2 * radius
    return {node: place[node] for node in g}


def _inside(g: nx.Graph, part: list[str]) -> dict[str, np.ndarray]:
    """One connected part, in the unit disc."""
    if len(part) == 1:
        return {part[0]: np.zeros(2)}
    tied = nx.Graph()
    tied.add_nodes_from(part)
    tied.add_weighted_edges_from((a, b, abs(_rho(d))) for a, b, d in g.edges(part, data=True))
    if len(part) <= _RING:
        return nx.circular_layout(tied)
    # wider than networkx's own 1/√n, which piles strong communities up
    free = nx.spring_layout(tied, seed=0, k=2.5 / np.sqrt(len(part)), iterations=200)
    reach = max(np.linalg.norm(at) for at in free.values())
    return {node: at / reach for node, at in free.items()}


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


def _sizes(g: nx.Graph) -> tuple[dict[str, float], str]:
    """Area of each node in points², and what it shows."""
    for name in ("relevance", "norm"):
        values = nx.get_node_attributes(g, name)
        if len(values) == len(g):
            break
    else:
        values, name = dict.fromkeys(g, 1.0), "equal"
    top = max((v for v in values.values() if np.isfinite(v)), default=0.0) or 1.0
    most = 420.0 / max(1.0, np.sqrt(len(g) / 12))
    share = {node: float(np.clip(np.nan_to_num(v / top), 0.0, 1.0)) for node, v in values.items()}
    return {node: most * (0.1 + 0.9 * v) for node, v in share.items()}, name


def _draw_edges(ax: Axes, g: nx.Graph, place: Mapping[str, np.ndarray]) -> None:
    thin = 1.0 if g.number_of_edges() < 200 else 0.4
    alpha = float(np.clip(300 / max(g.number_of_edges(), 1), 0.08, 0.6))
    for negative, style in ((False, "-"), (True, "--")):
        edges = [(a, b, d) for a, b, d in g.edges(data=True) if (_rho(d) < 0) == negative]
        widths = [thin * (0.3 + 3 * abs(_rho(d))) for *_, d in edges]
        nx.draw_networkx_edges(
            g, place, ax=ax, edgelist=[(a, b) for a, b, _ in edges], width=widths,
            style=style, edge_color=GREY, alpha=alpha,
        )  # fmt: skip


def _draw_nodes(
    ax: Axes,
    place: Mapping[str, np.ndarray],
    groups: Mapping[str, list[str]],
    sizes: Mapping[str, float],
) -> list[Line2D]:
    """Draw the groups; their entries for the legend."""
    handles: list[Line2D] = []
    single, shown = 0, 0
    for name, members in groups.items():
        alone = len(members) == 1 and len(groups) > 1
        face = GREY if alone else color(shown)
        mark = "o" if alone else marker(shown + shown // 7)
        x, y = np.array([place[n] for n in members]).T
        area = [sizes[n] for n in members]
        ax.scatter(x, y, s=area, c=face, marker=mark, edgecolors="white", linewidths=0.8, zorder=3)
        if alone:
            single += 1
            continue
        shown += 1
        if shown <= GROUPS:
            label = f"{name} ({len(members)})"
            handles.append(Line2D([], [], color=face, marker=mark, linestyle="", label=label))
    if shown > GROUPS:
        handles.append(Line2D([], [], linestyle="", label=f"and {shown - GROUPS} more"))
    if single:
        label = f"alone ({single})"
        handles.append(Line2D([], [], color=GREY, marker="o", linestyle="", label=label))
    return handles


def _title(g: nx.Graph) -> str:
    """What the edges are, and by which rule, where the graph says so."""
    kind, threshold = g.graph.get("weight_kind"), g.graph.get("threshold")
    edges = g.number_of_edges()
    size = f"{len(g)} neurons, {edges} edge{'s' * (edges != 1)}"
    if kind is None:
        return size
    level = g.graph["level"]
    rule = (
        f"false discovery rate {1 - level:.2g}"
        if threshold is None
        else f"P(|ρ| > {threshold:.2g}) > {level:.2g}"
    )
    return f"{size}: {kind} correlation, {rule}"


def _rho(data: Mapping[str, Any]) -> float:
    return float(_weight(data))


def _weight(data: Mapping[str, Any]) -> Any:
    """Correlation of an edge or, where there is none, its weight."""
    return data.get("correlation", data.get("weight", 1.0))


def _short(node: str, g: nx.Graph) -> str:
    """The index alone where there is one layer."""
    layers = set(nx.get_node_attributes(g, "layer").values())
    index = g.nodes[node].get("index")
    return str(index) if len(layers) == 1 and index is not None else str(node)
