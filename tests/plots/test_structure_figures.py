"""The tree of communities, the weights of modes, and ellipsoids to turn."""

import builtins
from itertools import pairwise

import matplotlib.pyplot as plt
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from scipy.cluster.hierarchy import cophenet, linkage
from scipy.spatial.distance import squareform

import bayesneuron as bn
from bayesneuron.plots._dendrogram import _branches

RNG = np.random.default_rng(0)


def noisy(n, groups, wrong=0.1, draws=80):
    labels = np.arange(n) * groups // n
    parts = [
        np.where(RNG.random(n) < wrong, RNG.integers(0, groups, n), labels) for _ in range(draws)
    ]
    return bn.communities(np.array(parts))


def test_branches_meet_at_the_distance_of_scipy():
    found = noisy(9, 3)
    apart = 1 - found.comembership
    np.fill_diagonal(apart, 0)
    links = linkage(squareform(apart, checks=False), "average")
    brackets = _branches(links, np.arange(9), [None] * 17)
    heights = sorted(height[1] for _, height, _ in brackets)
    np.testing.assert_allclose(heights, np.sort(links[:, 2]))
    assert max(heights) == pytest.approx(cophenet(links).max())


def test_leaves_are_named_and_marked_by_community():
    found = noisy(12, 3)
    ax = bn.plot.dendrogram(found)
    assert {t.get_text() for t in ax.get_yticklabels()} == set(found.names)
    marked = [line for line in ax.lines if line.get_label().startswith("community")]
    assert [len(line.get_xdata()) for line in marked] == np.bincount(found.labels).tolist()
    named = [int(t.get_text()) for t in ax.get_yticklabels()]
    for c, line in enumerate(marked):
        assert {named[int(row)] for row in line.get_ydata()} == set(found.groups()[c])
    with pytest.raises(ValueError, match="expected several neurons, got one"):
        bn.plot.dendrogram(bn.communities(np.zeros((3, 1), int)))


def test_a_community_has_one_colour_in_the_tree_and_in_the_graph():
    parts = bn.communities(np.array([[0, 0, 1, 2, 2, 2]] * 20))
    tree = bn.plot.dendrogram(parts)
    of_tree = {line.get_label(): line for line in tree.lines if "comm" in line.get_label()}
    g = nx.complete_graph(6)
    g = nx.relabel_nodes(g, dict(enumerate(parts.names)))
    drawn = bn.plot.graph(g, communities=parts).get_legend().legend_handles
    of_graph = {f"community {line.get_label()}": line for line in drawn}
    shared = set(of_tree) & set(of_graph)
    assert shared == {"community 0 (2)", "community 2 (3)"}
    for name in shared:
        assert of_tree[name].get_color() == of_graph[name].get_color()
        assert of_tree[name].get_marker() == of_graph[name].get_marker()


def test_names_beside_a_narrow_matrix_do_not_overlap():
    with bn.plot.style("double"):
        panels = plt.subplots(1, 2)[1]
        for ax in panels:
            bn.plot.comembership(noisy(36, 3), ax=ax)
        panels[0].figure.canvas.draw()
    for ax in panels:
        boxes = [t.get_window_extent() for t in ax.get_yticklabels()]
        assert len(boxes) > 10
        assert not any(a.overlaps(b) for a, b in pairwise(boxes))
    right, left = panels[0].get_tightbbox().x1, panels[1].get_tightbbox().x0
    assert right < left


def table(**columns):
    n = len(columns["elpd"])
    unknown = {k: np.full(n, np.nan) for k in ("lp", "mass", "mass_error", "stacking", "share")}
    known = {"chains": np.ones(n, int), "draws": np.full(n, 9), "stuck": np.zeros(n, bool)}
    rest = {k: np.ones(n) for k in ("rhat", "ess", "rhat_function", "ess_function")}
    return pd.DataFrame(known | unknown | rest | columns)


def modes_of(statistics):
    n = len(statistics)
    apart = np.zeros((n, n))
    return bn.results.Modes(np.arange(n)[:, None], (None,) * n, statistics, apart, apart, np.nan)


def test_weights_of_modes_have_errors_and_stuck_ones_no_density():
    stuck = np.array([False, False, True])
    found = modes_of(
        table(elpd=[-40.0, -43.5, np.nan], mass=[0.8, 0.2, 0.0], mass_error=[0.1, 0.5, 0.0],
              stacking=[0.6, 0.4, 0.0], stuck=stuck)
    )  # fmt: skip
    left, right = bn.plot.modes(found)
    bars = left.containers[0]
    ends = np.array([segment[:, 0] for segment in bars[2][0].get_segments()])
    np.testing.assert_allclose(ends, [[0.72, 0.88], [0.1, 0.3], [0, 0]])
    assert [c.get_label() for c in left.containers] == ["mass", "stacking weight"]
    np.testing.assert_allclose(right.lines[0].get_xdata(), [0, -3.5, np.nan])
    assert [t.get_text() for t in right.texts] == ["stuck"]


def test_modes_whose_weights_are_not_known_are_drawn():
    left, right = bn.plot.modes(modes_of(table(elpd=[np.nan], share=[1.0])))
    assert len(left.containers) == 1
    assert [t.get_text() for t in right.texts] == ["not known"]


def neurons_in_space():
    sites = {"W": ("hidden", "input"), "V": ("output", "hidden")}
    layout = bn.Layout(sites, {"hidden": "tanh"})
    w = RNG.normal([[3, 0], [0, 2]], 0.1, (99, 2, 2))
    return bn.neurons(bn.from_arrays({"W": w, "V": np.ones((99, 1, 2))}, layout=layout))["hidden"]


def test_ellipsoids_to_turn_lie_on_their_region(tmp_path):
    pytest.importorskip("plotly")
    post = neurons_in_space().select("incoming", "outgoing")
    rng = np.random.default_rng(1)
    moved = post.by_draw + 0.1 * rng.normal(size=post.by_draw.shape)
    layout = bn.Layout({"W": ("hidden", "input"), "V": ("output", "hidden")}, {"hidden": "tanh"})
    sites = {"W": moved[:, :, :2], "V": np.swapaxes(moved[:, :, 2:], 1, 2)}
    post = bn.neurons(bn.from_arrays(sites, layout=layout))["hidden"]
    figure = bn.plot.ellipsoids_3d(post, neurons=[1])
    surface, centre = figure.data
    points = np.stack([surface.x, surface.y, surface.z], axis=-1)
    region = post.region(0.9)
    away = points - post.mean[1]
    distance = np.sqrt(np.einsum("abi,ij,abj->ab", away, np.linalg.inv(post.cov[1]), away))
    np.testing.assert_allclose(distance, region.radius[1], rtol=1e-6)
    np.testing.assert_allclose([centre.x[0], centre.y[0], centre.z[0]], post.mean[1])
    page = tmp_path / "page.html"
    figure.write_html(page)
    assert page.stat().st_size > 1e6  # holds the library: no network is needed
    assert len(bn.plot.ellipsoids_3d(post, points=True).data) == 6


def test_without_plotly_the_extra_is_named(monkeypatch):
    load = builtins.__import__

    def refuse(name, *rest, **options):
        if name.startswith("plotly"):
            raise ImportError(name)
        return load(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(ImportError, match=r"bayesneuron\[interactive\]"):
        bn.plot.ellipsoids_3d(neurons_in_space())
