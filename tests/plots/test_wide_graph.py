"""The figure of a wide layer: communities are seen, and what is not drawn is said."""

import networkx as nx
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_hex

import bayesneuron as bn


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def planted(sizes, inside=0.8, across=0.05):
    """Communities of these sizes; edges across are weak."""
    g = nx.random_partition_graph(sizes, inside, across, seed=0)
    labels = {node: c for c, part in enumerate(g.graph["partition"]) for node in part}
    named = nx.Graph()
    named.add_nodes_from((f"hidden[{i}]", {"layer": "hidden", "index": i}) for i in g)
    for a, b in g.edges:
        weight = 0.9 if labels[a] == labels[b] else 0.2
        named.add_edge(f"hidden[{a}]", f"hidden[{b}]", weight=weight, correlation=weight)
    return named, [labels[i] for i in g]


def drawn_nodes(ax):
    return [c for c in ax.collections if isinstance(c, PathCollection)]


@pytest.mark.parametrize("sizes", [(4, 4, 8), (16, 16, 16, 16), (60, 90, 150)])
def test_communities_lie_in_discs_that_do_not_overlap(sizes):
    g, labels = planted(sizes)
    ax = bn.plot.graph(g, communities=labels)
    clouds = [np.asarray(nodes.get_offsets()) for nodes in drawn_nodes(ax)]
    assert sorted(map(len, clouds)) == sorted(sizes)
    centres = [cloud.mean(axis=0) for cloud in clouds]
    for i, cloud in enumerate(clouds):
        distance = np.linalg.norm(cloud[:, None] - centres, axis=2)
        assert (distance.argmin(axis=1) == i).all()
    named = {text.get_text() for text in ax.texts}
    assert named == ({"0", "1", "2", "3"} if len(sizes) == 4 else named)


def test_a_community_without_edges_between_its_parts_stays_together():
    g = nx.Graph()
    nx.add_path(g, range(10))
    nx.add_path(g, range(10, 20))
    ax = bn.plot.graph(g, communities=[set(range(5)) | {19}, set(range(5, 19))])
    small = next(c for c in drawn_nodes(ax) if len(np.asarray(c.get_offsets())) == 6)
    assert np.ptp(np.asarray(small.get_offsets()), axis=0).max() < 2 * np.sqrt(6)


def test_the_strongest_edges_are_drawn_and_the_title_says_so():
    g, labels = planted((60, 60))
    ax = bn.plot.graph(g, communities=labels)
    lines = [c for c in ax.collections if isinstance(c, LineCollection)]
    assert sum(len(c.get_segments()) for c in lines) == 600
    assert f"{g.number_of_edges()} edges (600 strongest drawn)" in ax.get_title()


def test_lines_between_communities_are_lighter_and_thinner_and_behind():
    g, labels = planted((8, 8), across=0.3)
    across, within = [
        c for c in bn.plot.graph(g, communities=labels).collections if isinstance(c, LineCollection)
    ]
    assert across.get_alpha() < within.get_alpha()
    assert np.max(across.get_linewidths()) < np.min(within.get_linewidths())


@pytest.mark.parametrize("width", [3.4, 6.4])
def test_nodes_of_300_neurons_do_not_touch_at_either_width(width):
    g, labels = planted((50,) * 6, inside=0.3, across=0.01)
    fig, ax = plt.subplots(figsize=(width, 0.75 * width), layout="constrained")
    bn.plot.graph(g, communities=labels, ax=ax)
    fig.canvas.draw()
    clouds = drawn_nodes(ax)
    at = np.concatenate([ax.transData.transform(c.get_offsets()) for c in clouds]) * 72 / fig.dpi
    radius = np.concatenate([np.sqrt(c.get_sizes()) / 2 for c in clouds])
    distance = np.linalg.norm(at[:, None] - at, axis=2) + 1e9 * np.eye(len(at))
    touching = (distance < 0.9 * (radius[:, None] + radius)).any(axis=1)
    assert touching.mean() < 0.05
    assert len(ax.get_legend().get_texts()) == (1 if width < 4 else 7)
    assert len({to_hex(c.get_facecolor()[0]) for c in clouds}) == 6


def test_the_same_graph_is_drawn_in_the_same_way():
    g, labels = planted((30, 30, 4))
    first, second = (bn.plot.graph(g, communities=labels) for _ in range(2))
    for one, other in zip(drawn_nodes(first), drawn_nodes(second), strict=True):
        np.testing.assert_array_equal(one.get_offsets(), other.get_offsets())
