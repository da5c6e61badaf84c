"""The null of posterior correlation: exact moments, and graphs of independent neurons."""

import itertools

import numpy as np
import pytest
from conftest import posterior_of

from bayesneuron.geometry.similarity import posterior_correlation
from bayesneuron.geometry.similarity.permutation import _traces, permutation_moments
from bayesneuron.structure import graph


@pytest.mark.parametrize("count", [6, 7])
def test_moments_are_those_over_all_permutations(count):
    rng = np.random.default_rng(count)
    x, y = rng.normal(size=(count, 3)) ** 3, rng.standard_t(3, (count, 2))
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    a, b = x @ x.T, y @ y.T
    every = (list(p) for p in itertools.permutations(range(count)))
    values = np.array([(a * b[np.ix_(p, p)]).sum() for p in every])
    mean, variance, skew = permutation_moments(_traces(x), _traces(y), count)
    assert mean == pytest.approx(values.mean())
    assert variance == pytest.approx(values.var())
    assert skew == pytest.approx(((values - mean) ** 3).mean() / values.std() ** 3)


def test_third_moments_are_the_same_either_way():
    """By the tensor of moments where it is small, else by the products of all draws."""
    z = np.random.default_rng(0).normal(size=(300, 20))
    few, many = _traces(z[:, :5]), _traces(z)
    assert few.cubes == pytest.approx(((z[:, :5] @ z[:, :5].T) ** 3).sum())
    assert many.cubes == pytest.approx(((z @ z.T) ** 3).sum())


def heavy(rng, count, k):
    """Neurons of correlated weights, whole draws of which are far out: Student's t, 3 degrees."""
    z = rng.normal(size=(count, 12, k)) * np.sqrt(3 / rng.chisquare(3, (count, 12, 1)))
    return np.einsum("nij,snj->sni", rng.normal(size=(12, k, k)), z)


@pytest.mark.parametrize(("count", "k"), [(50, 5), (200, 5), (200, 2)])
@pytest.mark.parametrize("tails", ["normal", "heavy"])
def test_graphs_of_independent_neurons_have_an_edge_in_a_twentieth(tails, count, k):
    rng = np.random.default_rng([count, k])
    any_edge = []
    for _ in range(100):
        z = heavy(rng, count, k) if tails == "heavy" else rng.normal(size=(count, 12, k))
        g = graph(posterior_of(z, "svi"), weight="posterior", rule="fdr")
        any_edge.append(g.number_of_edges() > 0)
    assert np.mean(any_edge) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 100)


def test_neurons_that_depend_are_found():
    rng = np.random.default_rng(0)
    z = heavy(rng, 200, 5)
    z[:, 1] += z[:, 0]
    p = posterior_correlation(posterior_of(z, "svi")).p_value
    assert p[0, 1] < 1e-6


def test_five_draws_decide_nothing():
    z = np.random.default_rng(0).normal(size=(5, 3, 2))
    z[:, 1] = z[:, 0]
    assert posterior_correlation(posterior_of(z, "svi")).p_value[0, 1] == 1
