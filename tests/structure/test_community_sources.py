"""What communities are made of: draws, activations, similarities, a graph or partitions."""

import warnings

import networkx as nx
import numpy as np
import pytest
from conftest import data_for

import bayesneuron as bn
from bayesneuron.structure import communities
from bayesneuron.structure.sources import kind_of

TRUTH = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2])


def planted(noise=0.3, draws=30, points=150, seed=0):
    """Activations (draw, point, neuron): members of a community share a signal up to its sign."""
    rng = np.random.default_rng(seed)
    signal = rng.normal(size=(1, points, 3))[:, :, TRUTH] * rng.choice([-1, 1], len(TRUTH))
    return signal + noise * rng.normal(size=(draws, points, len(TRUTH)))


def of_activations(values, **options):
    return communities(values, kind="activations", **options)


def quiet(function, *args, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bn.StatisticalWarning)
        return function(*args, **options)


@pytest.fixture(scope="module")
def estimate():
    x, y = data_for("two_layer")
    model = bn.load("two_layer", inputs=4, hidden=4, outputs=1)
    return bn.laplace(model, x, y, samples=30, starts=2), x


def same(one, other):
    assert (one.partitions == other.partitions).all()
    assert one.p_value == other.p_value
    np.testing.assert_array_equal(one.null, other.null)


def test_draws_are_aligned_and_evaluated_where_they_were_observed(estimate):
    draws, x = estimate
    result = quiet(communities, draws, null=9, seed=1)
    assert result.names == tuple(f"hidden[{i}]" for i in range(4))
    assert result.null_kind == "shifted activations"
    by_hand = bn.activations(bn.align(draws), x)["hidden"]
    same(result, quiet(of_activations, by_hand, null=9, seed=1))
    same(result, quiet(communities, draws, x=x, layer="hidden", null=9, seed=1))
    with pytest.raises(ValueError, match="layer: expected one of"):
        communities(draws, layer="elsewhere")


def test_a_similarity_is_taken_by_its_draws_or_else_its_mean():
    values = planted()
    one = bn.similarity.activation_similarity(values)
    same(communities(one, null=19), communities(one.by_draw, null=19))
    assert communities(one, null=19).partitions.shape == (30, 12)
    mean = bn.similarity.Similarity("posterior", one.mean, one.sd, one.p_value)
    same(communities(mean, null=19), communities(one.mean, null=19))
    assert communities(mean, null=19, names=list("abcdefghijkl")).names[2] == "c"


def test_partitions_have_uncertainty_but_no_test():
    result = communities(np.array([[0, 0, 1, 1], [5, 5, 2, 2], [0, 0, 0, 1]]))
    assert result.groups() == [[0, 1], [2, 3]]
    assert result.comembership[1, 2] == pytest.approx(1 / 3)
    assert result.significant is None
    assert np.isnan(result.modularity)
    assert "not tested" in repr(result)


@pytest.mark.parametrize(
    ("array", "kind"),
    [
        (np.zeros((20, 50, 8)), "activations"),
        (np.zeros((20, 8, 8)), "similarities"),
        (np.eye(8), "similarities"),
        (np.arange(6).reshape(2, 3), "partitions"),
        (np.arange(9).reshape(3, 3), "partitions"),
    ],
)
def test_the_kind_of_an_array_is_inferred(array, kind):
    assert kind_of(array) == kind


@pytest.mark.parametrize(
    ("source", "kind", "message"),
    [
        (np.eye(3, dtype=int), None, r"symmetric matrices of int64, shape \(3, 3\); got none"),
        (np.arange(8.0).reshape(2, 2, 2), None, r"float64, shape \(2, 2, 2\); got none"),
        (np.zeros(3), None, r"float64, shape \(3,\)"),
        (np.zeros((3, 4)), None, r"float64, shape \(3, 4\)"),
        ({"hidden": 1}, None, "source: expected draws .* got dict"),
        (np.zeros((3, 4)), "graph", "kind: expected one of"),
        (nx.path_graph(3), "partitions", "kind: expected 'graph' of a Graph, got 'partitions'"),
    ],
)
def test_an_ambiguous_source_is_refused_by_what_it_is(source, kind, message):
    with pytest.raises(ValueError, match=message):
        kind_of(source, kind)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"x": np.zeros((3, 4))}, "expected only with draws, got them with similarities"),
        ({"layer": "hidden"}, "expected only with draws"),
        ({"names": ["a"]}, "names: expected 4, got 1"),
    ],
)
def test_options_of_another_source_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        communities(np.eye(4), **options)
