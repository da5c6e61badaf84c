"""Communities of neurons: planted ones are found, absent ones are not, uncertainty is exact."""

import itertools
import warnings

import networkx as nx
import numpy as np
import pytest
from conftest import every_partition
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

import bayesneuron as bn
from bayesneuron.geometry.similarity.activation import cosines
from bayesneuron.structure import activation_communities, communities, consensus
from bayesneuron.structure.partitions import (
    credible_ball,
    greedy,
    kmeans,
    kmeans_wasserstein,
    louvain,
    modularity,
    search,
    signed_modularity,
    spectral,
    wasserstein_barycentre,
    wasserstein_kmeans,
)

TRUTH = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2])


def planted(noise=0.3, draws=30, points=150, seed=0):
    """Activations (draw, point, neuron): members of a community share a signal up to its sign."""
    rng = np.random.default_rng(seed)
    signal = rng.normal(size=(1, points, 3))[:, :, TRUTH] * rng.choice([-1, 1], len(TRUTH))
    return signal + noise * rng.normal(size=(draws, points, len(TRUTH)))


def noise_of(seed, draws=10, points=100, n=10):
    rng = np.random.default_rng(seed)
    own = rng.normal(size=(1, points, n))
    return own + 0.3 * rng.normal(size=(draws, points, n))


def quiet(function, *args, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bn.StatisticalWarning)
        return function(*args, **options)


# Modularity


@given(seed=st.integers(0, 10**6), resolution=st.sampled_from([0.5, 1.0, 1.7]))
def test_modularity_is_that_of_networkx(seed, resolution):
    rng = np.random.default_rng(seed)
    s = rng.uniform(-1, 1, (7, 7))
    s = (s + s.T) * (1 - np.eye(7))
    labels = rng.integers(3, size=7)
    groups = [set(np.flatnonzero(labels == c).tolist()) for c in set(labels)]
    expected = nx.community.modularity(
        nx.from_numpy_array(np.abs(s)), groups, weight="weight", resolution=resolution
    )
    assert float(modularity(s, labels, resolution=resolution)) == pytest.approx(expected)


def test_signed_modularity_by_its_two_parts():
    rng = np.random.default_rng(0)
    s = rng.uniform(-1, 1, (8, 8))
    s = (s + s.T) * (1 - np.eye(8))
    labels = rng.integers(3, size=8)
    plus, minus = np.maximum(s, 0), np.maximum(-s, 0)
    parts = plus.sum() * modularity(plus, labels) - minus.sum() * modularity(minus, labels)
    assert float(signed_modularity(s, labels)) == pytest.approx(parts / np.abs(s).sum())
    assert float(signed_modularity(plus, labels)) == pytest.approx(float(modularity(plus, labels)))
    # no partition does better when all repel all, than everybody alone
    assert len(set(search(-np.ones((5, 5)), seed=0))) == 5


@pytest.mark.parametrize("seed", range(4))
def test_search_finds_the_greatest_modularity_of_few_neurons(seed):
    rng = np.random.default_rng(seed)
    s = rng.uniform(-1, 1, (6, 6))
    s = (s + s.T) * (1 - np.eye(6))
    best = max(float(signed_modularity(s, np.array(p))) for p in every_partition(6))
    found = search(s, restarts=8, seed=0)
    assert float(signed_modularity(s, found)) == pytest.approx(best)


def test_search_is_as_good_as_louvain_on_noise():
    rng = np.random.default_rng(0)
    s = np.abs(rng.normal(size=(4, 40, 40)))
    s = s + s.swapaxes(1, 2)
    ours = modularity(s, search(s, seed=0))
    theirs = modularity(s, np.stack([louvain(one, seed=0) for one in s]))
    assert (ours > theirs - 0.005).all()


# Planted structure


@pytest.mark.parametrize("method", ["search", "louvain", "greedy", "spectral"])
def test_planted_communities_are_found_by_every_method(method):
    rho = cosines(planted(), centred=True)
    found = communities(rho, method=method, null=19, seed=0)
    assert adjusted_rand_score(TRUTH, found.labels) == 1.0
    assert found.found
    assert found.p_value == pytest.approx(0.05)
    assert (found.stability > 0.9).all()
    assert "communities found" in repr(found)


@pytest.mark.parametrize("k", [None, 3])
def test_planted_clusters_of_weights_are_found_by_kmeans_and_spectral(k):
    rng = np.random.default_rng(0)
    means = 4 * np.eye(3)[TRUTH] + 0.2 * rng.normal(size=(12, 3))
    a = rng.normal(size=(12, 3, 6))
    covs = 0.1 * a @ a.swapaxes(1, 2)
    assert adjusted_rand_score(TRUTH, kmeans(means, k, seed=0)) == 1.0
    assert adjusted_rand_score(TRUTH, kmeans_wasserstein(means, covs, k, seed=0)) == 1.0
    rho = cosines(planted(), centred=True)[0]
    assert adjusted_rand_score(TRUTH, spectral(rho, k, seed=0)) == 1.0
    assert adjusted_rand_score(TRUTH, greedy(rho)) == 1.0


def test_planted_communities_of_activations():
    found = activation_communities(planted(), null=39, seed=0)
    assert adjusted_rand_score(TRUTH, found.labels) == 1.0
    assert found.found
    assert sorted(map(sorted, found.groups())) == [[i, i + 3, i + 6, i + 9] for i in range(3)]
    table = found.table()
    assert list(table["community"]) == found.labels.tolist()
    assert (table["size"] == 4).all()


def test_sign_decides_whether_a_neuron_and_its_negative_are_together():
    rng = np.random.default_rng(0)
    signal = rng.normal(size=(1, 200, 1)) * np.array([1, 1, 1, -1, -1, -1])
    rho = cosines(signal + 0.3 * rng.normal(size=(10, 200, 6)), centred=True)
    apart = communities(rho, sign="signed", null=0, seed=0)
    assert apart.groups() == [[0, 1, 2], [3, 4, 5]]
    together = communities(rho, sign="absolute", null=0, seed=0)
    assert together.groups() == [[0, 1, 2, 3, 4, 5]]
    assert apart.found is None
    assert "not tested" in repr(apart)


def test_a_graph_is_taken_as_its_matrix():
    rho = cosines(planted(draws=1), centred=True)[0]
    graph = nx.Graph()
    graph.add_nodes_from(f"hidden[{i}]" for i in range(12))
    for i, j in itertools.combinations(range(12), 2):
        graph.add_edge(f"hidden[{i}]", f"hidden[{j}]", weight=abs(rho[i, j]), correlation=rho[i, j])
    for sign in ("absolute", "signed"):
        one = quiet(communities, graph, sign=sign, seed=0)
        other = quiet(communities, rho, sign=sign, seed=0)
        assert (one.labels == other.labels).all()
        assert one.p_value == other.p_value
    assert one.names[3] == "hidden[3]"
    assert one.partitions.shape == (1, 12)


# No structure


def test_no_communities_are_said_to_be_none():
    with pytest.warns(bn.StatisticalWarning, match="none found"):
        found = activation_communities(noise_of(0, n=12), null=39, seed=0)
    assert found.p_value > 0.05
    assert found.found is False
    assert "no communities found" in repr(found)


def test_what_is_found_in_noise_is_no_better_than_chance():
    scores = [
        adjusted_rand_score(
            TRUTH, quiet(activation_communities, noise_of(s, n=12), null=0, seed=0).labels
        )
        for s in range(20)
    ]
    assert abs(np.mean(scores)) < 0.1


@pytest.mark.parametrize("shuffle", ["shift", "permute"])
def test_p_values_of_noise_are_not_small_too_often(shuffle):
    p = [
        quiet(
            activation_communities, noise_of(s, draws=3), null=19, shuffle=shuffle, seed=s
        ).p_value
        for s in range(60)
    ]
    # uniform on 1/20, ..., 1: mean 0.525 with sd 0.037; P(p <= 0.1) = 0.1, 6 of 60 with sd 2.3
    assert 0.4 < np.mean(p) < 0.65
    assert np.sum(np.array(p) <= 0.1) <= 13


def test_constant_neurons_are_alone():
    activations = planted()
    activations[:, :, [2, 7]] = 0.1
    found = activation_communities(activations, null=19, seed=0)
    assert np.bincount(found.labels)[found.labels[[2, 7]]].tolist() == [1, 1]


# Uncertainty


def test_the_order_of_neurons_does_not_matter():
    activations = planted(noise=0.8)
    order = np.random.default_rng(5).permutation(12)
    one = activation_communities(activations, null=19, seed=0)
    other = activation_communities(activations[:, :, order], null=19, seed=0)
    assert adjusted_rand_score(one.labels[order], other.labels) == 1.0
    np.testing.assert_allclose(one.comembership[np.ix_(order, order)], other.comembership)
    np.testing.assert_allclose(one.stability[order], other.stability)


def test_same_seed_same_bits():
    for shuffle in ("shift", "permute"):
        one, other = (
            quiet(activation_communities, noise_of(1), null=9, shuffle=shuffle, seed=3)
            for _ in range(2)
        )
        assert (one.partitions == other.partitions).all()
        assert (one.null == other.null).all()
        assert one.p_value == other.p_value


@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_neurons(n):
    found = quiet(communities, np.ones((4, n, n)), null=9, seed=0)
    assert found.comembership.shape == (n, n)
    assert not found.found
    assert quiet(communities, np.zeros((4, n, n)), null=9, seed=0).found is False
    assert spectral(np.ones((n, n)), seed=0).tolist() == [0] * n
    assert len(kmeans(np.zeros((n, 2)), seed=0)) == n


def test_errors_say_what_was_expected():
    s = np.eye(4)
    cases = [
        (lambda: communities(np.ones((2, 3)), seed=0), r"expected shape \(n, n\)"),
        (lambda: communities(np.triu(np.ones((3, 3))), seed=0), "symmetric"),
        (lambda: communities(s * np.nan, seed=0), "finite"),
        (lambda: communities(nx.DiGraph([(0, 1)]), seed=0), "undirected"),
        (lambda: communities(s, method="leiden", seed=0), "method: expected one of"),
        (lambda: communities(s, sign="signed", method="louvain", seed=0), "knows no sign"),
        (lambda: communities(s, k=2, seed=0), "k: expected none"),
        (lambda: communities(s, null=-1, seed=0), "null: expected 0 or more"),
        (lambda: activation_communities(np.ones((3, 4)), seed=0), "draw, point, n"),
        (lambda: activation_communities(np.ones((1, 3, 4)), shuffle="x", seed=0), "shuffle"),
        (lambda: activation_communities(np.ones((1, 3, 4)), names=["a"], seed=0), "names"),
        (lambda: consensus(np.ones((2, 3))), "whole numbers"),
        (lambda: credible_ball(np.zeros(3, int), np.zeros((2, 3), int), level=0.0), "level"),
        (lambda: wasserstein_barycentre(np.zeros((2, 3)), np.zeros((2, 2, 2))), r"\(n, k, k\)"),
        (lambda: wasserstein_barycentre(np.zeros((1, 1)), np.ones((1, 1, 1)), [-1]), "weights"),
        (lambda: wasserstein_kmeans(np.zeros((2, 1)), np.ones((2, 1, 1)), 3, seed=0), "k:"),
        (lambda: kmeans(np.zeros((2, 1)), 3, seed=0), "k: expected 1 to 2"),
        (lambda: spectral(s, 9, seed=0), "k: expected 1 to 4"),
    ]
    for call, message in cases:
        with pytest.raises(ValueError, match=message):
            call()


# Figure


@pytest.mark.parametrize("repeat", [1, 5])
def test_the_comembership_figure_is_ordered_and_bounded(repeat):
    from bayesneuron.plots._comembership import comembership as draw

    found = activation_communities(np.repeat(planted(noise=0.8), repeat, axis=2), null=19, seed=0)
    ax = draw(found)
    shown = ax.images[0].get_array()
    order = np.lexsort((-found.stability, found.labels))
    np.testing.assert_array_equal(shown, found.comembership[np.ix_(order, order)])
    assert ax.images[0].get_clim() == (0, 1)
    assert len(ax.lines) == 2 * found.labels.max()
    assert ax.get_xlabel()
    assert ax.get_ylabel()


def test_everything_public_is_documented():
    for name in bn.partitions.__all__:
        assert getattr(bn.partitions, name).__doc__
