"""Communities of neurons: planted ones are recovered, noise has none, uncertainty is exact."""

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
from bayesneuron.structure import communities
from bayesneuron.structure.partitions import (
    credible_ball,
    greedy,
    kmeans,
    kmeans_wasserstein,
    louvain,
    modularity,
    search,
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


def of_activations(values, **options):
    return communities(values, kind="activations", **options)


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
    assert float(modularity(s, labels, signed=True)) == pytest.approx(parts / np.abs(s).sum())
    assert float(modularity(plus, labels, signed=True)) == pytest.approx(
        float(modularity(plus, labels))
    )
    # no partition does better when all repel all, than everybody alone
    assert len(set(search(-np.ones((5, 5)), seed=0))) == 5


@pytest.mark.parametrize("seed", range(4))
def test_search_finds_the_greatest_modularity_of_few_neurons(seed):
    rng = np.random.default_rng(seed)
    s = rng.uniform(-1, 1, (6, 6))
    s = (s + s.T) * (1 - np.eye(6))
    best = max(float(modularity(s, np.array(p), signed=True)) for p in every_partition(6))
    labels = search(s, starts=8, seed=0)
    assert float(modularity(s, labels, signed=True)) == pytest.approx(best)


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
    result = communities(rho, method=method, null=19, seed=0)
    assert adjusted_rand_score(TRUTH, result.labels) == 1.0
    assert result.significant
    assert result.p_value == pytest.approx(0.05)
    assert (result.stability > 0.9).all()
    assert "; significant (p" in repr(result)


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
    result = of_activations(planted(), null=39, seed=0)
    assert adjusted_rand_score(TRUTH, result.labels) == 1.0
    assert result.significant
    assert sorted(map(sorted, result.groups())) == [[i, i + 3, i + 6, i + 9] for i in range(3)]
    table = result.table()
    assert list(table["community"]) == result.labels.tolist()
    assert (table["size"] == 4).all()


def test_signed_decides_whether_a_neuron_and_its_negative_are_together():
    rng = np.random.default_rng(0)
    signal = rng.normal(size=(1, 200, 1)) * np.array([1, 1, 1, -1, -1, -1])
    rho = cosines(signal + 0.3 * rng.normal(size=(10, 200, 6)), centred=True)
    apart = communities(rho, signed=True, null=0, seed=0)
    assert apart.groups() == [[0, 1, 2], [3, 4, 5]]
    together = communities(rho, signed=False, null=0, seed=0)
    assert together.groups() == [[0, 1, 2, 3, 4, 5]]
    assert apart.significant is None
    assert "not tested" in repr(apart)


def test_a_graph_is_taken_as_its_matrix():
    rho = cosines(planted(draws=1), centred=True)[0]
    graph = nx.Graph()
    graph.add_nodes_from(f"hidden[{i}]" for i in range(12))
    for i, j in itertools.combinations(range(12), 2):
        graph.add_edge(f"hidden[{i}]", f"hidden[{j}]", weight=abs(rho[i, j]), correlation=rho[i, j])
    for signed in (False, True):
        one = quiet(communities, graph, signed=signed, seed=0)
        other = quiet(communities, rho, signed=signed, seed=0)
        assert (one.labels == other.labels).all()
        assert one.p_value == other.p_value
    assert one.names[3] == "hidden[3]"
    assert one.partitions.shape == (1, 12)


# No structure


def test_without_communities_none_are_significant():
    with pytest.warns(bn.StatisticalWarning, match="none significant"):
        result = of_activations(noise_of(0, n=12), null=39, seed=0)
    assert result.p_value > 0.05
    assert result.significant is False
    assert "not significant (p" in repr(result)


def test_communities_of_noise_are_no_better_than_chance():
    scores = [
        adjusted_rand_score(TRUTH, quiet(of_activations, noise_of(s, n=12), null=0, seed=0).labels)
        for s in range(20)
    ]
    assert abs(np.mean(scores)) < 0.1


@pytest.mark.parametrize("shuffle", ["shift", "permute"])
def test_p_values_of_noise_are_not_small_too_often(shuffle):
    p = [
        quiet(of_activations, noise_of(s, draws=3), null=19, shuffle=shuffle, seed=s).p_value
        for s in range(60)
    ]
    # uniform on 1/20, ..., 1: mean 0.525 with sd 0.037; P(p <= 0.1) = 0.1, 6 of 60 with sd 2.3
    assert 0.4 < np.mean(p) < 0.65
    assert np.sum(np.array(p) <= 0.1) <= 13


def test_constant_neurons_are_alone():
    activations = planted()
    activations[:, :, [2, 7]] = 0.1
    result = of_activations(activations, null=19, seed=0)
    assert np.bincount(result.labels)[result.labels[[2, 7]]].tolist() == [1, 1]


# Uncertainty


def test_the_order_of_neurons_does_not_matter():
    activations = planted(noise=0.8)
    order = np.random.default_rng(5).permutation(12)
    one = of_activations(activations, null=19, seed=0)
    other = of_activations(activations[:, :, order], null=19, seed=0)
    assert adjusted_rand_score(one.labels[order], other.labels) == 1.0
    np.testing.assert_allclose(one.comembership[np.ix_(order, order)], other.comembership)
    np.testing.assert_allclose(one.stability[order], other.stability)


def test_same_seed_same_bits():
    for shuffle in ("shift", "permute"):
        one, other = (
            quiet(of_activations, noise_of(1), null=9, shuffle=shuffle, seed=3) for _ in range(2)
        )
        assert (one.partitions == other.partitions).all()
        assert (one.null == other.null).all()
        assert one.p_value == other.p_value


@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_neurons(n):
    result = quiet(communities, np.ones((4, n, n)), null=9, seed=0)
    assert result.comembership.shape == (n, n)
    assert not result.significant
    assert quiet(communities, np.zeros((4, n, n)), null=9, seed=0).significant is False
    assert spectral(np.ones((n, n)), seed=0).tolist() == [0] * n
    assert len(kmeans(np.zeros((n, 2)), seed=0)) == n


def test_errors_say_what_was_expected():
    s = np.eye(4)
    cases = [
        (lambda: communities(np.ones((2, 3)), seed=0), r"expected kind=.* shape \(2, 3\)"),
        (lambda: communities(np.triu(np.ones((3, 3))), seed=0), "symmetric"),
        (lambda: communities(s * np.nan, seed=0), "finite"),
        (lambda: communities(nx.DiGraph([(0, 1)]), seed=0), "undirected"),
        (lambda: communities(s, method="leiden", seed=0), "method: expected one of"),
        (lambda: communities(s, signed=True, method="louvain", seed=0), "expected method 'search'"),
        (lambda: communities(s, k=2, seed=0), "k: expected none"),
        (lambda: communities(s, null=-1, seed=0), "null: expected a whole number, 0 or more"),
        (lambda: of_activations(np.ones((3, 4)), seed=0), "draw, point, n"),
        (lambda: of_activations(np.ones((1, 3, 4)), shuffle="x", seed=0), "shuffle"),
        (lambda: of_activations(np.ones((1, 3, 4)), names=["a"], seed=0), "names"),
        (lambda: communities(np.ones((2, 3)), kind="partitions"), "integers"),
        (lambda: credible_ball(np.zeros(3, int), np.zeros((2, 3), int), level=0.0), "level"),
        (lambda: wasserstein_barycentre(np.zeros((2, 3)), np.zeros((2, 2, 2))), r"\(n, k, k\)"),
        (lambda: wasserstein_barycentre(np.zeros((1, 1)), np.ones((1, 1, 1)), [-1]), "weights"),
        (lambda: wasserstein_kmeans(np.zeros((2, 1)), np.ones((2, 1, 1)), 3, seed=0), "k:"),
        (lambda: kmeans(np.zeros((2, 1)), 3, seed=0), "k: expected a whole number from 1 to 2"),
        (lambda: spectral(s, 9, seed=0), "k: expected a whole number from 1 to 4"),
    ]
    for call, message in cases:
        with pytest.raises(ValueError, match=message):
            call()


# Display and figure


def test_every_result_prints_on_one_screen():
    values = np.repeat(planted(noise=0.8), 5, axis=2)
    result = quiet(of_activations, values, null=9, seed=0)
    clusters = wasserstein_kmeans(np.arange(60.0)[:, None], np.ones((60, 1, 1)), 30, seed=0)
    for one in (result, result.ball, result.modes[0], clusters):
        assert len(repr(one).splitlines()) <= 30
        assert max(map(len, repr(one).splitlines())) <= 120
        assert "<table" in one._repr_html_()
        assert len(one.table()) >= 1


@pytest.mark.parametrize("repeat", [1, 5])
def test_the_comembership_figure_is_ordered_and_bounded(repeat):
    from bayesneuron.plots._comembership import comembership as draw

    result = of_activations(np.repeat(planted(noise=0.8), repeat, axis=2), null=19, seed=0)
    ax = draw(result)
    shown = ax.images[0].get_array()
    order = np.lexsort((-result.stability, result.labels))
    np.testing.assert_array_equal(shown, result.comembership[np.ix_(order, order)])
    assert ax.images[0].get_clim() == (0, 1)
    assert len(ax.lines) == 2 * result.labels.max()
    assert ax.get_xlabel()
    assert ax.get_ylabel()


def test_everything_public_is_documented():
    for name in bn.partitions.__all__:
        assert getattr(bn.partitions, name).__doc__
