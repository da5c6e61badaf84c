"""Figures of one or two neurons, and of neurons that vary along one line."""

import matplotlib.pyplot as plt
import networkx as nx
import numpy as np
import pytest

import bayesneuron as bn


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def posterior(means, spread):
    """Neurons of one output around means; `spread` is along each weight."""
    rng = np.random.default_rng(0)
    values = np.array(means) + np.array(spread) * rng.normal(size=(200, *np.shape(means)))
    layout = bn.Layout({"W": ("hidden", "input"), "V": ("output", "hidden")}, {"hidden": "tanh"})
    draws = {"W": values[..., :-1], "V": values[:, None, :, -1]}
    return bn.neurons(bn.from_arrays(draws, layout=layout))["hidden"]


APART = [[60.0, 0.0, 1.0], [0.0, 60.0, 1.0]]


def test_a_small_share_of_variance_is_not_called_zero():
    ax = bn.plot.regions(posterior(APART, 0.5))
    assert ax.get_xlabel() == "PC 1 (100% of variance)"
    assert ax.get_ylabel() == "PC 2 (<1% of variance)"


def test_two_neurons_far_apart_have_a_flat_figure_on_one_scale():
    flat = bn.plot.regions(posterior(APART, 3.0))
    usual = bn.plot.regions(posterior(APART[:1], 3.0))
    heights = [ax.figure.get_figheight() for ax in (flat, usual)]
    assert heights[0] < 0.7 * heights[1]
    flat.figure.canvas.draw()
    assert flat.get_aspect() == 1
    ellipse = np.concatenate([line.get_ydata() for line in flat.lines])
    assert np.ptp(ellipse) > 0.3 * np.ptp(flat.get_ylim())


@pytest.mark.parametrize("count", [1, 2])
def test_a_graph_without_edges_is_a_low_strip(count):
    g = nx.Graph()
    g.add_nodes_from((f"hidden[{i}]", {"layer": "hidden", "index": i}) for i in range(count))
    ax = bn.plot.graph(g)
    assert ax.get_title().startswith("1 neuron, 0 edges" if count == 1 else "2 neurons, 0 edges")
    assert ax.figure.get_figheight() < 0.5 * ax.figure.get_figwidth()
    assert np.ptp(ax.get_xlim()) >= 2  # a marker is not cut


def test_one_method_alone_has_a_small_figure():
    (one,) = bn.plot.ellipsoids({"a": posterior(APART, 1.5)})
    assert one.figure.get_figwidth() < 4


def test_names_in_a_ring_stand_outside_and_its_edges_do_not_cross():
    order = [0, 1, 2, 4, 3]
    g = nx.Graph()
    g.add_nodes_from((f"hidden[{i}]", {"layer": "hidden", "index": i}) for i in range(5))
    nx.add_cycle(g, [f"hidden[{i}]" for i in order], weight=0.9)
    ax = bn.plot.graph(g)
    places = {text.get_text(): np.array(text.xy) for text in ax.texts}
    centre = np.mean(list(places.values()), axis=0)
    around = sorted(places, key=lambda name: np.arctan2(*(places[name] - centre)))
    start = around.index("0")
    ring = [int(name) for name in around[start:] + around[:start]]
    assert ring in (order, order[:1] + order[:0:-1])
    for text in ax.texts:
        away = np.array(text.get_position())  # points from the node
        assert away @ (places[text.get_text()] - centre) > 0


def test_given_axes_keep_their_size():
    figure, ax = plt.subplots(figsize=(5, 4))
    bn.plot.regions(posterior(APART, 1.5), ax=ax)
    assert figure.get_size_inches().tolist() == [5, 4]


@pytest.mark.parametrize("count", [1, 2])
def test_neurons_that_vary_along_one_line_are_drawn(count, recwarn):
    post = posterior([[3.0, 0.0, 1.0]] * count, [0.5, 0.0, 0.0])
    ax = bn.plot.regions(post)
    assert ax.get_ylabel() == "PC 2 (no variance)"
    ax.figure.canvas.draw()
    assert np.isfinite([*ax.get_xlim(), *ax.get_ylim()]).all()
    panels = bn.plot.ellipsoids({"a": post, "b": post})
    panels[0].figure.canvas.draw()
    assert not [w for w in recwarn if "identical" in str(w.message)]


def test_the_box_in_space_is_as_flat_as_the_neurons():
    one, _ = bn.plot.ellipsoids(dict.fromkeys("ab", posterior(np.hstack([APART, APART]), 1.5)))
    x, y, z = (np.ptp(limits) for limits in (one.get_xlim(), one.get_ylim(), one.get_zlim()))
    assert y == pytest.approx(x / 2)
    assert z == pytest.approx(x / 2)
