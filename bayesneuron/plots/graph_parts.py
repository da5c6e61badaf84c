"""What a drawn graph consists of: its edges, nodes and discs, each in one function."""

from collections.abc import Mapping
from typing import Any

import networkx as nx
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Circle
from matplotlib.patheffects import withStroke

from bayesneuron.plots.drawing import GREY, color, marker
from bayesneuron.plots.graph_layout import Disc

SIDES = np.pi / 4 * np.array([6, 2, 0, 4, 7, 5, 1, 3])  # directions of a name, the preferred first
FREE = np.pi / 3  # angle from every edge at which a name is clear of it
GROUPS = 10  # entries of the legend for communities


def draw_edges(
    ax: Axes,
    edges: list[Any],
    place: Mapping[str, np.ndarray],
    groups: Mapping[str, list[str]],
    *,
    narrow: bool,
) -> None:
    """Lines between communities first, so that those within lie on top."""
    at = {node: name for name, members in groups.items() for node in members}
    thin = (1.0 if len(edges) < 200 else 0.4) * (0.6 if narrow else 1.0)
    alpha = float(np.clip(300 / max(len(edges), 1), 0.08, 0.6))
    for across in (True, False):
        for negative, style in ((False, "-"), (True, "--")):
            chosen = [
                (a, b, abs(rho(d)))
                for a, b, d in edges
                if (rho(d) < 0) == negative and (at.get(a) != at.get(b)) == across
            ]
            lines = LineCollection(
                [(place[a], place[b]) for a, b, _ in chosen],
                linewidths=[thin * (0.3 + 3 * r) * (0.5 if across else 1.0) for *_, r in chosen],
                linestyles=style,
                colors=GREY,
                alpha=alpha / 2 if across else alpha,
                zorder=1,
            )
            if chosen:
                ax.add_collection(lines)


def draw_discs(ax: Axes, discs: list[Disc], groups: list[str]) -> None:
    """The discs of communities, with their names: colours repeat where there are many."""
    for disc in discs:
        face = color(groups.index(disc.name))
        ax.add_patch(
            Circle(tuple(disc.centre), disc.radius, color=face, alpha=0.12, lw=0, zorder=0)
        )
        ax.annotate(
            disc.name,
            (disc.centre[0], disc.centre[1] + disc.radius),
            ha="center",
            va="center",
            fontsize=8,
            color=face,
            path_effects=[withStroke(linewidth=2, foreground="white")],
        )


def draw_nodes(
    ax: Axes,
    place: Mapping[str, np.ndarray],
    groups: Mapping[str, list[str]],
    sizes: Mapping[str, float],
) -> list[Line2D]:
    """Draw what has a place of the groups; their entries for the legend."""
    handles: list[Line2D] = []
    single, shown, more = 0, 0, 0
    for name, members in groups.items():
        alone = len(members) == 1 and len(groups) > 1
        face = GREY if alone else color(shown)
        mark = "o" if alone else marker(shown + shown // 7)
        shown += not alone
        nodes = [n for n in members if n in place]  # a group keeps its colour without the others
        if not nodes:
            continue
        x, y = np.array([place[n] for n in nodes]).T
        area = [sizes[n] for n in nodes]
        rim = min(0.8, 0.08 * max(area) ** 0.5)
        ax.scatter(x, y, s=area, c=face, marker=mark, edgecolors="white", linewidths=rim, zorder=3)
        if alone:
            single += 1
        elif shown <= GROUPS:
            label = f"{name} ({len(nodes)})"
            handles.append(Line2D([], [], color=face, marker=mark, linestyle="", label=label))
        else:
            more += 1
    if more:
        handles.append(Line2D([], [], linestyle="", label=f"and {more} more"))
    if single:
        label = f"alone ({single})"
        handles.append(Line2D([], [], color=GREY, marker="o", linestyle="", label=label))
    return handles


def draw_names(
    ax: Axes, g: nx.Graph, place: Mapping[str, np.ndarray], sizes: Mapping[str, float]
) -> None:
    """Name each node beside it, on the side where it has no edges: below, if that is free."""
    for node, (x, y) in place.items():
        angles = [
            np.arctan2(place[other][1] - y, place[other][0] - x)
            for other in g[node]
            if other in place and other != node
        ]
        side = _free_side(np.array(angles))
        away = np.sqrt(sizes[node]) / 2 + 3  # points from the centre of the marker
        ax.annotate(
            _short(node, g),
            (x, y),
            xytext=(away * np.cos(side), away * np.sin(side)),
            textcoords="offset points",
            ha=("right", "center", "left")[round(np.cos(side)) + 1],
            va=("top", "center", "bottom")[round(np.sin(side)) + 1],
            fontsize=8,
            path_effects=[withStroke(linewidth=2, foreground="white")],
        )


def _free_side(angles: np.ndarray) -> float:
    """Direction of the eight that is farthest from edges; below is first among the free."""
    gaps = np.abs((SIDES[:, None] - angles + np.pi) % (2 * np.pi) - np.pi)
    clearance = gaps.min(axis=1, initial=FREE)  # farther than this is as good
    return float(SIDES[clearance.argmax()])


def _short(node: str, g: nx.Graph) -> str:
    """The index alone where there is one layer."""
    layers = set(nx.get_node_attributes(g, "layer").values())
    index = g.nodes[node].get("index")
    return str(index) if len(layers) == 1 and index is not None else str(node)


def rho(data: Mapping[str, Any]) -> float:
    """Correlation of an edge, or its weight."""
    return float(weight_of(data))


def weight_of(data: Mapping[str, Any]) -> Any:
    """Correlation of an edge or, where there is none, its weight."""
    return data.get("correlation", data.get("weight", 1.0))
