"""Means and clusters of neurons as normal distributions, in the Wasserstein metric."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from bayesneuron.geometry.distances import bures_wasserstein
from bayesneuron.structure.partitions import kmeans, wasserstein_barycentre, wasserstein_kmeans

KINDS = np.arange(12) % 3


def covariances(rng, n, k, rank=None):
    a = rng.normal(size=(n, k, rank or 2 * k))
    return a @ a.swapaxes(1, 2)


def test_barycentre_of_commuting_covariances_is_that_of_their_roots():
    rng = np.random.default_rng(0)
    q = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    roots, weights = rng.uniform(0.1, 3, (5, 4)), rng.uniform(0.1, 1, 5)
    means = rng.normal(size=(5, 4))
    mean, cov = wasserstein_barycentre(means, (q * roots[:, None] ** 2) @ q.T, weights)
    weights /= weights.sum()
    np.testing.assert_allclose(mean, weights @ means)
    np.testing.assert_allclose(cov, (q * (weights @ roots) ** 2) @ q.T, rtol=1e-7, atol=1e-9)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=20)
def test_barycentre_is_a_fixed_point_and_a_minimum(seed):
    rng = np.random.default_rng(seed)
    covs, zero = covariances(rng, 4, 3), np.zeros((4, 3))
    _, cov = wasserstein_barycentre(zero, covs)

    def root(s):
        values, vectors = np.linalg.eigh(s)
        return (vectors * np.sqrt(values)[..., None, :]) @ vectors.swapaxes(-1, -2)

    half = root(cov)
    np.testing.assert_allclose(root(half @ covs @ half).mean(axis=0), cov, rtol=1e-5, atol=1e-6)

    def cost(s):
        return (bures_wasserstein(zero, np.tile(s, (4, 1, 1)), zero, covs) ** 2).sum()

    nudge = 0.05 * rng.normal(size=(3, 3))
    away = (np.eye(3) + nudge) @ cov @ (np.eye(3) + nudge).T
    assert cost(cov) <= cost(away) + 1e-9


def test_barycentre_turns_with_its_members():
    rng = np.random.default_rng(1)
    means, covs = rng.normal(size=(5, 3)), covariances(rng, 5, 3)
    q = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    mean, cov = wasserstein_barycentre(means, covs)
    turned = wasserstein_barycentre(means @ q.T, q @ covs @ q.T)
    np.testing.assert_allclose(turned[0], q @ mean, atol=1e-9)
    np.testing.assert_allclose(turned[1], q @ cov @ q.T, rtol=1e-6, atol=1e-6)


def test_barycentre_of_points_is_a_point():
    mean, cov = wasserstein_barycentre(np.array([[0.0, 2.0], [2.0, 0.0]]), np.zeros((2, 2, 2)))
    np.testing.assert_allclose(mean, [1, 1])
    np.testing.assert_allclose(cov, 0)


def test_wasserstein_kmeans_separates_distributions_of_equal_mean():
    rng = np.random.default_rng(2)
    covs = covariances(rng, 12, 3, rank=200) / 200 * np.array([1.0, 9.0, 64.0])[KINDS, None, None]
    clusters = wasserstein_kmeans(np.zeros((12, 3)), covs, 3, seed=0)
    assert adjusted_rand_score(KINDS, clusters.labels) == 1.0
    own = bures_wasserstein(
        clusters.means[clusters.labels], clusters.covs[clusters.labels], np.zeros((12, 3)), covs
    )
    assert clusters.inertia == pytest.approx((own**2).sum())


def test_wasserstein_kmeans_of_points_is_kmeans():
    points = np.random.default_rng(3).normal(size=(20, 2)) + 6 * np.eye(3)[:, :2][np.arange(20) % 3]
    clusters = wasserstein_kmeans(points, np.zeros((20, 2, 2)), 3, seed=0)
    assert adjusted_rand_score(kmeans(points, 3, seed=0), clusters.labels) == 1.0


@pytest.mark.parametrize("k", [1, 3, 5])
def test_no_cluster_is_empty_even_among_copies(k):
    clusters = wasserstein_kmeans(np.zeros((5, 2)), np.tile(np.eye(2), (5, 1, 1)), k, seed=0)
    assert np.bincount(clusters.labels).tolist().count(0) == 0
    assert len(clusters.means) == clusters.labels.max() + 1 == k
    assert clusters.inertia == pytest.approx(0, abs=1e-9)
