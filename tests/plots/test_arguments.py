"""What all figures take: a title, a legend, the neurons to draw."""

import inspect
import re

import matplotlib.pyplot as plt
import networkx as nx
import numpy as np
import pytest

import bayesneuron as bn

UNTITLED = {"save_figure", "style"}
WITHOUT_LEGEND = {"comembership", "ellipsoid", "phase"}
OF_NEURONS = {
    "aligned", "comembership", "dendrogram", "ellipsoid", "ellipsoids", "ellipsoids_3d", "graph",
    "identified", "mixture", "prior_posterior", "projection", "regions", "relevance", "responses",
}  # fmt: skip


def layer(width):
    """Neurons of unit spread around (i, -i, 2 i, 0, 1)."""
    rng = np.random.default_rng(0)
    i = np.arange(width, dtype=float)
    shape = (60, width)
    sites = {
        "hidden_weight": np.stack([i, -i, 2 * i], axis=-1) + rng.normal(size=(*shape, 3)),
        "hidden_bias": rng.normal(size=shape),
        "output_weight": 5 + rng.normal(size=(60, 1, width)),
        "output_bias": np.zeros((60, 1)),
        "noise": np.ones(60),
    }
    draws = bn.from_arrays(sites, model=bn.load("two_layer", inputs=3, hidden=width, outputs=1))
    return bn.neurons(draws)["hidden"]


@pytest.mark.parametrize("name", sorted(set(bn.plot.__all__) - UNTITLED))
def test_every_figure_takes_a_title_and_those_of_neurons_a_choice(name):
    function = getattr(bn.plot, name)
    parameters = inspect.signature(function).parameters
    assert parameters["title"].default == "auto"
    assert ("legend" in parameters) == (name not in WITHOUT_LEGEND)
    assert ("neurons" in parameters) == (name in OF_NEURONS)
    for argument in parameters:
        assert re.search(rf"\b{argument}\b", function.__doc__)


def test_titles_and_legends_are_those_asked_for():
    post = layer(3)
    own = bn.plot.regions(post)
    assert own.get_title()
    assert own.get_legend() is not None
    other = bn.plot.regions(post, title="Three neurons", legend="upper left")
    assert other.get_title() == "Three neurons"
    other.figure.canvas.draw()
    box, legend = other.get_window_extent(), other.get_legend().get_window_extent()
    assert legend.x0 - box.x0 < 0.1 * box.width
    assert box.y1 - legend.y1 < 0.1 * box.height
    bare = bn.plot.regions(post, title=None, legend=False)
    assert bare.get_title() == ""
    assert bare.get_legend() is None


def test_a_legend_of_several_panels_is_left_out_too():
    panels = bn.plot.ellipsoids({"a": layer(3), "b": layer(3)}, legend=False, title="First")
    assert not panels[0].figure.legends
    assert panels[0].get_title() == "First"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"title": 3}, "title: expected a text or None, got 3"),
        ({"legend": "everywhere"}, "legend: expected True, False or one of .*'everywhere'"),
        ({"neurons": "hidden[0]"}, "neurons: expected a list of indices or names"),
        (
            {"neurons": [3]},
            r"neurons: expected some of 0 to 2, or hidden\[0\] to hidden\[2\], got 3",
        ),
        ({"neurons": ["hidden[9]"]}, "neurons: expected some of .*hidden.9"),
        ({"neurons": [1, "hidden[1]"]}, "each once"),
        ({"neurons": []}, "each once"),
        ({"neurons": [True]}, "got True"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        bn.plot.regions(layer(3), **options)


def test_a_neuron_keeps_its_colour_when_others_are_left_out():
    post = layer(4)
    every = {line.get_label(): line.get_color() for line in bn.plot.regions(post).lines}
    some = {line.get_label(): line.get_color() for line in bn.plot.regions(post, neurons=[2]).lines}
    assert some["hidden[2]"] == every["hidden[2]"]
    assert not {"hidden[0]", "hidden[1]", "hidden[3]"} & set(some)


def test_a_graph_of_some_neurons_has_their_edges_and_colours():
    g = nx.Graph([(0, 1, {"weight": 0.9}), (1, 2, {"weight": 0.8}), (3, 4, {"weight": 0.7})])
    groups = [{0, 1, 2}, {3, 4}]
    every = bn.plot.graph(g, communities=groups)
    some = bn.plot.graph(g, communities=groups, neurons=[3, 4])
    pairs = [[of for of in ax.collections if len(of.get_offsets()) == 2] for ax in (every, some)]
    assert pairs[0][0].get_facecolor().tolist() == pairs[1][0].get_facecolor().tolist()
    assert some.get_title() == "2 neurons, 1 edge"
    with pytest.raises(ValueError, match="neurons: expected some of 0 to 4"):
        bn.plot.graph(g, neurons=[5])


def test_a_tree_of_some_neurons_has_their_leaves():
    parts = bn.communities(np.repeat([[0, 0, 1, 1, 1]], 20, axis=0))
    ax = bn.plot.dendrogram(parts, neurons=[4, 1, 2])
    assert {t.get_text() for t in ax.get_yticklabels()} == {parts.names[i] for i in (1, 2, 4)}
    assert ax.get_title().startswith("2 communities of 3 neurons")
    with pytest.raises(ValueError, match="neurons: expected several neurons, got one"):
        bn.plot.dendrogram(parts, neurons=[0])


@pytest.mark.parametrize("draw", ["regions", "projection", "mixture"])
def test_numbers_of_many_neurons_do_not_overlap(draw):
    post = layer(64)
    with bn.plot.style("single"):
        source = {"a": post} if draw == "projection" else post
        ax = getattr(bn.plot, draw)(source)
        ax.figure.canvas.draw()
    numbers = [text for text in ax.texts if text.get_text().strip().isdigit()]
    assert len(numbers) > 5
    # a point of slack: the layout settles after labels have been chosen
    boxes = [text.get_window_extent().padded(-ax.figure.dpi / 72) for text in numbers]
    overlaps = [(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if a.overlaps(b)]
    assert len(overlaps) <= len(numbers) / 20


def test_the_mixture_of_many_neurons_has_few_lines_and_says_which_peaks_are_cut():
    rng = np.random.default_rng(1)
    spread = np.where(np.arange(9) == 8, 0.01, 1.0)  # one that does not move
    weights = 4 * np.arange(9.0)[:, None] + spread[:, None] * rng.normal(size=(200, 9, 2))
    layout = bn.Layout({"W": ("hidden", "input"), "V": ("output", "hidden")}, {"hidden": "tanh"})
    sites = {"W": weights, "V": np.full((200, 1, 9), np.arange(9.0, 0, -1))}  # the last is 8
    post = bn.neurons(bn.from_arrays(sites, layout=layout))["hidden"].select("incoming")
    ax = bn.plot.mixture(post)
    assert ax.get_title().endswith("1 peak cut")
    alone = bn.plot.mixture(post, neurons=range(3))
    assert "cut" not in alone.get_title()
    plt.close("all")
