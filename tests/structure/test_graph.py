"""The graph of neurons: planted structure, error rates, GraphML, symmetry, the figure."""

import dataclasses

import networkx as nx
import numpy as np
import pytest
from conftest import data_for, network, normal, posterior_of, random_sites
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import pyplot as plt
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_hex

import bayesneuron as bn
from bayesneuron.geometry import activations
from bayesneuron.plots._graph import graph as draw
from bayesneuron.structure import graph

LAYOUT = bn.Layout({"W": ("hidden", "input"), "V": ("output", "hidden")}, {"hidden": "tanh"})


@pytest.fixture(scope="module")
def planted():
    """Six neurons of random directions in R⁶; 3 duplicates 0, and 4 is the negative of 1."""
    rng = np.random.default_rng(0)
    w = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    w[3], w[4] = w[0], -w[1]
    draws = w + rng.normal(scale=0.02, size=(200, 6, 6))
    v = rng.normal(np.arange(1, 7), 0.01, size=(200, 1, 6))
    tree = bn.from_arrays({"W": draws, "V": v}, layout=LAYOUT)
    tree.attrs["aligned"] = 1
    x = rng.normal(size=(300, 6))
    return bn.neurons(tree), np.tanh(np.einsum("pi,sni->spn", x, draws))


DUPLICATES = {("hidden[0]", "hidden[3]"), ("hidden[1]", "hidden[4]")}


@pytest.mark.parametrize("weight", ["activation", "direction", "wasserstein"])
def test_planted_duplicates_are_the_edges(planted, weight):
    posts, responses = planted
    post = posts["hidden"].select("incoming")
    responses = responses if weight == "activation" else None
    g = graph(post, weight=weight, activations=responses, threshold=0.9)
    assert set(g.edges) == DUPLICATES
    assert g.edges["hidden[0]", "hidden[3]"]["correlation"] > 0.9
    opposite = g.edges["hidden[1]", "hidden[4]"]
    assert opposite["correlation"] < -0.9
    assert opposite["weight"] == -opposite["correlation"]
    assert opposite["probability"] > 0.95


def test_weights_that_move_together_are_the_edges():
    z = normal(400, 6, 3)
    z[:, 3] = 0.3 * z[:, 3] + z[:, 0]
    z[:, 4] = 0.3 * z[:, 4] - z[:, 1]
    by_rule = graph(posterior_of(z), threshold=0.8)
    assert set(by_rule.edges) == DUPLICATES
    assert set(graph(posterior_of(z)).edges) >= DUPLICATES
    signed = graph(posterior_of(z), threshold=0.8, signed=True)
    assert signed.edges["hidden[1]", "hidden[4]"]["weight"] < -0.8
    nx.community.louvain_communities(by_rule, seed=0)  # which needs weights above 0


@pytest.mark.parametrize("weight", ["posterior", "activation", "direction"])
def test_independent_neurons_have_hardly_an_edge(weight):
    """Under the null every edge is false, so a graph has one in at most 5% of repetitions."""
    any_edge = []
    for seed in range(60):
        responses = normal(50, 60, 12, seed=seed)[:1].repeat(2, axis=0)
        post = posterior_of(normal(50, 12, 3, seed=seed))
        g = graph(post, weight=weight, activations=responses if weight == "activation" else None)
        any_edge.append(g.number_of_edges() > 0)
    assert np.mean(any_edge) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 60)


def test_false_edges_among_true_ones_are_few():
    """10 true pairs of 40 neurons: of the edges found, at most 5% false on average."""
    false, true_share = [], []
    for seed in range(20):
        z = normal(150, 40, 3, seed=seed)
        z[:, 1:20:2] = z[:, 0:20:2] + 0.7 * z[:, 1:20:2]
        edges = {tuple(sorted(int(n[7:-1]) for n in e)) for e in graph(posterior_of(z)).edges}
        true = {(i, i + 1) for i in range(0, 20, 2)}
        false.append(len(edges - true) / max(len(edges), 1))
        true_share.append(len(edges & true) / 10)
    assert np.mean(true_share) == 1
    assert np.mean(false) < 0.075


@pytest.mark.parametrize("rule", ["probability", "fdr"])
def test_graphml_keeps_everything(planted, tmp_path, rule):
    posts, responses = planted
    g = graph(
        {"hidden": posts["hidden"]},
        activations={"hidden": responses},
        threshold=0.5 if rule == "probability" else None,
        relevance={"hidden": np.arange(6, dtype=np.float32)},
    )
    nx.write_graphml(g, tmp_path / "neurons.graphml")
    back = nx.read_graphml(tmp_path / "neurons.graphml")
    assert dict(back.nodes(data=True)) == dict(g.nodes(data=True))
    assert nx.utils.edges_equal(back.edges(data=True), g.edges(data=True))
    assert {k: v for k, v in back.graph.items() if k in g.graph} == g.graph
    node = back.nodes["hidden[2]"]
    assert node["layer"] == "hidden"
    assert node["index"] == 2
    assert node["relevance"] == 2
    assert node["norm"] == pytest.approx(np.linalg.norm(posts["hidden"].mean[2]))
    assert node["log_volume"] == pytest.approx(posts["hidden"].region(0.9).log_volume()[2])
    assert set(node) == {"layer", "index", "norm", "log_volume", "ambiguous", "relevance"}


def test_graphml_takes_what_is_not_finite(tmp_path):
    post = posterior_of(np.ones((10, 3, 2)))
    g = graph(post, weight="wasserstein", threshold=0.5)
    nx.write_graphml(g, tmp_path / "neurons.graphml")
    back = nx.read_graphml(tmp_path / "neurons.graphml")
    assert back.nodes["hidden[0]"]["log_volume"] == -np.inf
    assert np.isnan(back.edges["hidden[0]", "hidden[1]"]["sd"])


@pytest.mark.parametrize("weight", ["posterior", "direction", "wasserstein"])
@given(seed=st.integers(0, 10**6))
@settings(max_examples=20)
def test_the_layers_symmetry_renames_nodes(weight, seed):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(40, 5, 3)) + rng.normal(size=(5, 3))
    order, sign = rng.permutation(5), rng.choice([-1.0, 1.0], size=5)
    before = graph(posterior_of(z), weight=weight, threshold=0.3, level=0.6)
    moved = (z * sign[:, None])[:, order]
    after = graph(posterior_of(moved), weight=weight, threshold=0.3, level=0.6)
    names = {f"hidden[{i}]": f"hidden[{old}]" for i, old in enumerate(order)}
    renamed = nx.relabel_nodes(after, names)
    assert {frozenset(e) for e in renamed.edges} == {frozenset(e) for e in before.edges}
    for a, b, data in before.edges(data=True):
        same = renamed.edges[a, b]
        flip = sign[before.nodes[a]["index"]] * sign[before.nodes[b]["index"]]
        assert same["weight"] == pytest.approx(data["weight"], abs=1e-7)
        assert same["correlation"] == pytest.approx(flip * data["correlation"], abs=1e-7)


def drawn(name, count=12):
    """Prior draws of a network, as of an ensemble trained elsewhere."""
    model = network(name)
    return bn.from_arrays(random_sites(model, count, 0), model=model)


def test_draws_and_data_are_enough():
    """Draws as they come: aligned, evaluated, hidden neurons only."""
    draws, x = drawn("two_layer"), normal(30, 4)
    g = graph(draws, x=x, threshold=0.0)
    assert g.graph["weight_kind"] == "activation"
    assert list(g) == ["hidden[0]", "hidden[1]"]
    aligned = bn.align(draws)
    by_hand = graph(bn.neurons(aligned), activations=activations(aligned, x), threshold=0)
    assert nx.utils.graphs_equal(g, by_hand)
    assert {d for _, d in graph(draws).nodes(data="layer")} == {"hidden", "output"}


def test_several_layers_have_no_edges_between():
    g = graph(drawn("mlp"), x=normal(30, 4), threshold=0.1, level=0.5)
    assert {d for _, d in g.nodes(data="layer")} == {"hidden1", "hidden2"}
    assert g.number_of_edges() > 0
    assert all(g.nodes[a]["layer"] == g.nodes[b]["layer"] for a, b in g.edges)


def test_data_default_to_those_the_draws_carry():
    model, (x, y) = network("two_layer"), data_for("two_layer")
    draws = bn.align(bn.laplace(model, x, y, samples=20, starts=2))
    carried = graph(draws, weight="activation", threshold=0.3)
    assert nx.utils.graphs_equal(carried, graph(draws, x=x, threshold=0.3))
    assert nx.utils.graphs_equal(carried, graph(draws, threshold=0.3))
    with pytest.raises(ValueError, match="these draws carry none"):
        graph(drawn("two_layer"), weight="activation")
    worth = bn.relevance(draws, x)
    g = graph(draws, x=x, relevance=worth)
    shown = [value for _, value in g.nodes(data="relevance")]
    np.testing.assert_allclose(shown, np.abs(worth.share.mean(axis=0)))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weight": "pearson"}, r"weight: expected one of .* got 'pearson'"),
        ({"rule": "taste"}, "rule: expected one of"),
        ({"rule": "probability"}, "threshold: expected a correlation with rule='probability'"),
        ({"rule": "fdr", "threshold": 0.5}, "threshold: expected none with rule='fdr', got 0.5"),
        ({"threshold": 1.5}, r"threshold: expected a correlation in \[0, 1\), got 1.5"),
        ({"level": 95}, r"level: expected a probability in \(0, 1\), got 95"),
        ({"weight": "wasserstein"}, "expected a threshold, since it has no test"),
        ({"weight": "activation"}, "expected draws, or activations as well; got neither"),
        ({"weight": "direction", "activations": np.ones((3, 4, 2))}, "expected neither x nor"),
        ({"activations": np.ones((3, 4, 7))}, r"expected shape \(draw, point, 2\), got \(3, 4, 7"),
        ({"activations": {"other": np.ones((3, 4, 2))}}, "expected some of the layers"),
        ({"x": np.ones((3, 4))}, "x: expected only with draws"),
        ({"relevance": [1.0]}, r"relevance of hidden: expected 2 values, got shape \(1,\)"),
    ],
)
def test_errors_say_what_was_got(options, message):
    with pytest.raises(ValueError, match=message):
        graph(posterior_of(normal(20, 2, 2)), **options)


def test_one_array_for_several_layers_is_refused():
    post = posterior_of(normal(20, 2, 2))
    both = {"hidden": post, "second": dataclasses.replace(post, layer="second")}
    with pytest.raises(ValueError, match=r"expected a mapping by layer .* got one array"):
        graph(both, relevance=[1.0, 2.0])
    for source, got in (({}, "dict of"), ({"hidden": 1}, "dict of .'int'."), ([post], "list")):
        with pytest.raises(ValueError, match=f"neuron posteriors by layer, got {got}"):
            graph(source)


# the figure


def test_figure_shows_signs_and_communities(planted):
    posts, responses = planted
    g = graph(posts["hidden"], activations=responses, threshold=0.9, relevance=np.arange(6.0))
    parts = list(nx.connected_components(g))
    ax = draw(g, communities=parts)
    styles = {str(c.get_linestyle()) for c in ax.collections if isinstance(c, LineCollection)}
    assert len(styles) == 2  # solid and dashed
    labels = [t.get_text() for t in ax.get_legend().get_texts()]
    assert {"ρ > 0", "ρ < 0", "alone (2)"} <= set(labels)
    assert "relevance" in ax.get_legend().get_title().get_text()
    nodes = [c for c in ax.collections if isinstance(c, PathCollection)]
    faces = {to_hex(c.get_facecolor()[0]) for c in nodes}
    assert len(faces) == 3
    plt.close("all")


def test_the_figure_takes_communities_in_every_form(planted):
    posts, responses = planted
    g = graph(posts["hidden"], activations=responses, threshold=0.9)
    result = bn.communities(g, null=0, seed=0)
    numbered = dataclasses.replace(result, names=tuple("012345"))
    forms = [
        result,
        dict(zip(g, result.labels.tolist(), strict=True)),
        result.labels,
        [{list(g)[i] for i in group} for group in result.groups()],
        numbered,
    ]
    first, *others = [draw(g, communities=form) for form in forms]
    for ax in others:
        for one, other in zip(first.collections, ax.collections, strict=True):
            np.testing.assert_array_equal(one.get_offsets(), other.get_offsets())
            np.testing.assert_array_equal(one.get_facecolor(), other.get_facecolor())
    insignificant = draw(g, communities=dataclasses.replace(result, p_value=0.5))
    assert "not significant" in insignificant.get_legend().get_title().get_text()
    with pytest.raises(ValueError, match="expected 6 labels, one per node, got 2"):
        draw(g, communities=result.labels[:2])
    plt.close("all")


def test_figure_of_many_neurons_and_of_a_given_axes():
    g = nx.random_partition_graph([20] * 6, 0.3, 0.0, seed=0)
    ax = plt.subplots()[1]
    assert draw(nx.Graph(g), communities=g.graph["partition"], ax=ax) is ax
    assert not {t.get_text() for t in ax.texts} & {str(n) for n in range(6, 120)}  # too many
    plt.close("all")
    draw(nx.empty_graph(3))
    with pytest.raises(ValueError, match="at least one node"):
        draw(nx.Graph())
    with pytest.raises(ValueError, match="expected a label for each node"):
        draw(nx.path_graph(3), communities=[{0, 1}])
    plt.close("all")
