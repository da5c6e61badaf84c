"""Where the nodes of a graph are drawn: parts side by side, communities as discs; always the same.

A layout by forces alone pulls dense communities into one another from about 64 nodes on. Here each
community has a disc of its own, and forces place only the discs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import networkx as nx
import numpy as np
from scipy.spatial import KDTree

RING = 12  # nodes up to which a circle is the clearer layout
_GOLDEN = np.pi * (3 - np.sqrt(5))  # angle between neighbours in a sunflower
_MARGIN = 0.8  # share of a part's disc, and of a community's, that nodes take
_ROUNDS = 500  # of pushing discs apart; they settle in fewer than 100

Places = dict[str, np.ndarray]


@dataclass(frozen=True)
class Disc:
    """A community of a graph that is too large to name its nodes."""

    name: str
    centre: np.ndarray
    radius: float


def places(
    g: nx.Graph, groups: Mapping[str, Sequence[str]] | None, weights: nx.Graph
) -> tuple[Places, list[Disc]]:
    """Position of each node, and the discs of the communities where these have some.

    Parameters
    ----------
    g : networkx.Graph
    groups : mapping of str to sequence of str, or None
        Nodes by community.
    weights : networkx.Graph
        The same edges, with |ρ| as ``weight``.
    """
    whole = nx.Graph(g.edges)
    whole.add_nodes_from(g)
    apart = groups if groups is not None and len(groups) > 1 and len(g) > RING else {}
    for members in apart.values():  # a community stays together, whatever its edges
        nx.add_path(whole, members)
    parts = sorted(
        (sorted(part, key=str) for part in nx.connected_components(whole)), key=lambda p: -len(p)
    )
    shapes = [_part(weights, part, apart) for part in parts]
    width = max(1.6 * np.sqrt(4 * len(g)), 2 * shapes[0][1])  # a square of area 4 for each node
    one_layer = len(set(nx.get_node_attributes(g, "layer").values())) <= 1  # names are short
    if g.number_of_edges() == 0 and len(g) <= RING and one_layer:
        width = 2.0 * len(g)  # in one row
    if len(parts[0]) > max(RING, len(g) / 2):  # the others stand underneath
        width = 2 * shapes[0][1]
    place: Places = {}
    discs: list[Disc] = []
    left, top, height = 0.0, 0.0, 2 * shapes[0][1]
    for inside, radius, own in shapes:
        if left + 2 * radius > width + 1e-9:
            left, top, height = 0.0, top - height, 2 * radius
        centre = np.array([left + radius, top - radius])
        place |= {node: centre + at for node, at in inside.items()}
        discs += [Disc(disc.name, centre + disc.centre, disc.radius) for disc in own]
        left += 2 * radius
    return {node: place[node] for node in g}, discs


def uncrossed(g: nx.Graph, nodes: Sequence[str]) -> list[str]:
    """Nodes in an order around a circle in which few edges cross: swaps of two, while they help.

    >>> uncrossed(nx.Graph([("a", "c"), ("c", "b"), ("b", "d"), ("d", "a")]), "abcd")
    ['d', 'b', 'c', 'a']
    """
    start = {node: i for i, node in enumerate(nodes)}
    edges = np.array([(start[a], start[b]) for a, b in g.edges(nodes)]).reshape(-1, 2)
    rank = np.arange(len(nodes))
    least = _crossings(rank[edges])
    improved = least > 0
    while improved:
        improved = False
        for i, j in combinations(range(len(nodes)), 2):
            swapped = rank.copy()
            swapped[[i, j]] = rank[[j, i]]
            crossings = _crossings(swapped[edges])
            if crossings < least:
                rank, least, improved = swapped, crossings, True
    return [nodes[int(i)] for i in rank.argsort()]


def _crossings(ends: np.ndarray) -> int:
    """Pairs of chords of a circle that cross: one end of the one lies between the other's."""
    low, high = np.sort(ends, axis=1).T[:, :, None]
    between = (low < low.T) & (high > low.T) & (high < high.T)
    return int(between.sum())


def spacing(place: Places) -> float:
    """Distance to the nearest neighbour that nine nodes of ten exceed."""
    if len(place) < 2:
        return float("inf")
    at = np.array(list(place.values()))
    return float(np.quantile(KDTree(at).query(at, k=2)[0][:, 1], 0.1))


def _part(
    weights: nx.Graph, part: list[str], groups: Mapping[str, Sequence[str]]
) -> tuple[Places, float, list[Disc]]:
    """One part around zero, its radius, and its communities where there are several."""
    within = set(part)
    own = {name: [n for n in members if n in within] for name, members in groups.items()}
    own = {name: members for name, members in own.items() if members}
    if len(part) > RING and len(own) > 1:
        return _by_community(weights, own)
    radius = np.sqrt(len(part))
    tied = weights.subgraph(part)
    if len(part) == 1:
        return {part[0]: np.zeros(2)}, radius, []
    if len(part) <= RING:
        free = nx.circular_layout(_in_order(tied, uncrossed(tied, part)))
    else:  # wider than networkx's own 1/√n, which piles strong communities up
        k = 2.5 / np.sqrt(len(part))
        free = nx.spring_layout(_in_order(tied, part), seed=0, k=k, iterations=200)
    reach = np.array([np.linalg.norm(at) for at in free.values()])
    if len(part) <= RING:
        scale = np.full(len(part), radius / reach.max())
    else:  # forces say who is inside; a few far away would press all others into a point
        rank = reach.argsort(kind="stable").argsort(kind="stable")
        scale = radius * np.sqrt((rank + 0.5) / len(part)) / np.maximum(reach, 1e-12)
    inside = zip(free.items(), scale, strict=True)
    return {node: _MARGIN * factor * at for (node, at), factor in inside}, radius, []


def _in_order(tied: nx.Graph, part: list[str]) -> nx.Graph:
    ordered = nx.Graph()
    ordered.add_nodes_from(part)
    ordered.add_edges_from(tied.edges(data=True))
    return ordered


def _by_community(
    weights: nx.Graph, groups: Mapping[str, list[str]]
) -> tuple[Places, float, list[Disc]]:
    names = list(groups)
    radii = np.array([np.sqrt(len(groups[name])) for name in names])
    centres = _centres(_between(weights, groups), radii)
    middle = (centres.min(axis=0) + centres.max(axis=0)) / 2
    centres = centres - middle
    place: Places = {}
    for name, centre, radius in zip(names, centres, radii, strict=True):
        strength = weights.subgraph(groups[name]).degree(weight="weight")
        order = sorted(groups[name], key=lambda node: (-strength[node], str(node)))
        inside = _MARGIN * radius * _even(len(order))
        place |= {node: centre + at for node, at in zip(order, inside, strict=True)}
    discs = [
        Disc(name, centre, float(radius))
        for name, centre, radius in zip(names, centres, radii, strict=True)
        if len(groups[name]) > 1
    ]
    return place, float((np.linalg.norm(centres, axis=1) + radii).max()), discs


def _even(n: int) -> np.ndarray:
    """Points in the unit disc: a circle of few, a sunflower of many, the first in its centre."""
    if n == 1:
        return np.zeros((1, 2))
    i = np.arange(n)
    angle = 2 * np.pi * i / n if n <= RING else _GOLDEN * i
    radius = np.ones(n) if n <= RING else np.sqrt((i + 0.5) / n)
    return radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _between(weights: nx.Graph, groups: Mapping[str, list[str]]) -> np.ndarray:
    """Mean weight of the edges between communities, over all pairs of their nodes."""
    at = {node: i for i, members in enumerate(groups.values()) for node in members}
    total = np.zeros((len(groups), len(groups)))
    for a, b, weight in weights.edges(list(at), data="weight"):
        total[at[a], at[b]] += weight
    sizes = np.array([len(members) for members in groups.values()])
    mean = (total + total.T) / np.outer(sizes, sizes)
    return mean * (1 - np.eye(len(groups)))


def _centres(between: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Centres of discs of these radii: by forces, drawn together, then apart until none overlap."""
    top = between.max()
    tied = nx.from_numpy_array(between / top if top > 0 else between)
    free = nx.spring_layout(tied, seed=0, iterations=200)
    centres = np.array([free[i] for i in range(len(radii))])
    centres = centres - centres.mean(axis=0)
    centres *= 0.8 * np.sqrt((radii**2).sum()) / max(np.linalg.norm(centres, axis=1).max(), 1e-9)
    needed = radii[:, None] + radii
    for _ in range(_ROUNDS):
        gap = centres[:, None] - centres
        distance = np.maximum(np.linalg.norm(gap, axis=2), 1e-9)
        overlap = np.maximum(needed - distance, 0.0)
        np.fill_diagonal(overlap, 0.0)
        if overlap.max() < 1e-3 * radii.min():
            break
        centres = centres + 0.5 * ((overlap / distance)[:, :, None] * gap).sum(axis=1)
    return centres
