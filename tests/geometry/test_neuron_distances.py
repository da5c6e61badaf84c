"""Distances between the neurons of a layer: closed forms, invariances, the whole matrix at once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bayesneuron as bn
from bayesneuron import distances

DISTANCES = ("euclidean", "cosine", "bures_wasserstein", "jeffreys", "hellinger")
METRICS = ("euclidean", "bures_wasserstein", "hellinger")
LAYOUT = bn.Layout({"W": ("hidden", "input"), "V": ("output", "hidden")}, {"hidden": "tanh"})


def posterior(seed, n=5, k=3, draws=60):
    """Neurons of k weights, of unlike means and covariances."""
    rng = np.random.default_rng(seed)
    mean, root = rng.normal(size=(n, k)), rng.normal(size=(n, k, k))
    values = mean + 0.4 * np.einsum("nij,snj->sni", root, rng.normal(size=(draws, n, k)))
    w, v = values[..., :-1], np.swapaxes(values[..., -1:], 1, 2)
    tree = bn.from_arrays({"W": w, "V": v}, layout=LAYOUT)
    tree.attrs["aligned"] = 1
    return bn.neurons(tree)["hidden"]


def normals(seed, n=4, k=3):
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(n, k, k))
    return rng.normal(size=(n, k)), a @ np.swapaxes(a, 1, 2) + 0.1 * np.eye(k)


def by_name(name, m, s):
    """All pairs in one call, by broadcasting."""
    if name in ("euclidean", "cosine"):
        return getattr(distances, name)(m[:, None], m)
    return getattr(distances, name)(m[:, None], s[:, None], m, s)


def test_normal_distributions_of_one_dimension():
    m1, s1, m2, s2 = (np.array(v, float) for v in ([1], [[4]], [4], [[9]]))
    assert distances.euclidean(m1, m2) == pytest.approx(3)
    assert distances.bures_wasserstein(m1, s1, m2, s2) == pytest.approx(np.sqrt(9 + 1))
    # KL(p‖q) + KL(q‖p) = ½ (4/9 + 9/4) - 1 + ½ · 9 (1/4 + 1/9)
    assert distances.jeffreys(m1, s1, m2, s2) == pytest.approx(
        (4 / 9 + 9 / 4) / 2 - 1 + 4.5 * (1 / 4 + 1 / 9)
    )
    squared = 1 - np.sqrt(2 * 2 * 3 / 13) * np.exp(-9 / (4 * 13))
    assert distances.hellinger(m1, s1, m2, s2) == pytest.approx(np.sqrt(squared))


@pytest.mark.parametrize("name", ["jeffreys", "hellinger"])
def test_against_integrals(name):
    grid = np.linspace(-40, 40, 400_001)
    p, q = (
        np.exp(-((grid - m) ** 2) / (2 * v)) / np.sqrt(2 * np.pi * v)
        for m, v in ((0.3, 2), (-1, 0.7))
    )
    step = grid[1] - grid[0]
    if name == "hellinger":
        expected = np.sqrt(1 - np.sum(np.sqrt(p * q)) * step)
    else:
        logs = -((grid - 0.3) ** 2) / 4 + (grid + 1) ** 2 / 1.4 + np.log(0.7 / 2) / 2
        expected = np.sum((p - q) * logs) * step
    m1, s1, m2, s2 = (np.array(v, float) for v in ([0.3], [[2]], [-1], [[0.7]]))
    assert getattr(distances, name)(m1, s1, m2, s2) == pytest.approx(expected, rel=1e-6)


def test_cosine_of_known_angles():
    m = np.array([[1.0, 0.0], [1.0, 1.0], [-2.0, 0.0], [0.0, 0.0]])
    half = 1 - np.sqrt(0.5)
    np.testing.assert_allclose(distances.cosine(m[:1], m), [0, half, 2, 1], atol=1e-12)
    np.testing.assert_allclose(distances.cosine(m[:1], m, signed=True), [0, half, 0, 1], atol=1e-12)


@given(seed=st.integers(0, 10**6))
def test_wasserstein_of_nearly_singular_normals_keeps_its_digits(seed):
    """A distribution along one line only: d² = ‖m₁ - m₂‖² + (s₁ - s₂)² on a common line."""
    rng = np.random.default_rng(seed)
    line = rng.normal(size=8)
    line /= np.linalg.norm(line)
    m1, m2 = rng.normal(size=(2, 8))
    distance = distances.bures_wasserstein(
        m1, 4 * np.outer(line, line), m2, 9 * np.outer(line, line)
    )
    assert distance == pytest.approx(np.sqrt(((m1 - m2) ** 2).sum() + 1), rel=1e-10)


@pytest.mark.parametrize("name", DISTANCES)
@pytest.mark.parametrize("n", [5, 37])
def test_the_matrix_is_every_pair(name, n):
    post = posterior(1, n=n)
    matrix = distances.pairwise(post, name)
    np.testing.assert_allclose(matrix, by_name(name, post.mean, post.cov), atol=1e-6)
    assert (matrix == matrix.T).all()
    assert (np.diag(matrix) == 0).all()


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("signed", [False, True])
@given(seed=st.integers(0, 10**6))
def test_triangle_inequality(name, signed, seed):
    d = distances.pairwise(posterior(seed, draws=20), name, signed=signed)
    assert (d[:, None] <= d[:, :, None] + d[None] + 1e-9).all()


@pytest.mark.parametrize("name", ["euclidean", "cosine", "bures_wasserstein"])
@given(seed=st.integers(0, 10**6))
def test_rotations_do_not_matter(name, seed):
    m, s = normals(seed)
    q = np.linalg.qr(np.random.default_rng(seed + 1).normal(size=(3, 3)))[0]
    np.testing.assert_allclose(
        by_name(name, m @ q.T, q @ s @ q.T), by_name(name, m, s), rtol=1e-6, atol=1e-6
    )


@pytest.mark.parametrize("name", ["jeffreys", "hellinger"])
@given(seed=st.integers(0, 10**6))
def test_affine_maps_do_not_matter(name, seed):
    m, s = normals(seed)
    a = np.random.default_rng(seed + 1).normal(size=(3, 3)) + 2 * np.eye(3)
    if np.linalg.cond(a) > 100:
        return
    moved = by_name(name, m @ a.T + 1.0, a @ s @ a.T)
    np.testing.assert_allclose(moved, by_name(name, m, s), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", DISTANCES)
@given(seed=st.integers(0, 10**6))
def test_the_layers_symmetry_does_not_matter(name, seed):
    """Neurons exchanged exchange rows and columns; neurons flipped change nothing."""
    import dataclasses

    post = posterior(seed, draws=20)
    rng = np.random.default_rng(seed)
    order, sign = rng.permutation(5), rng.choice([-1.0, 1.0], size=5)
    moved = dataclasses.replace(post, mean=(post.mean * sign[:, None])[order], cov=post.cov[order])
    np.testing.assert_allclose(
        distances.pairwise(moved, name, signed=True),
        distances.pairwise(post, name, signed=True)[np.ix_(order, order)],
        rtol=1e-6,
        atol=1e-6,
    )


@pytest.mark.parametrize("name", DISTANCES)
def test_a_neuron_and_its_flip(name):
    import dataclasses

    post = posterior(3, n=2)
    post = dataclasses.replace(
        post, mean=np.stack([post.mean[0], -post.mean[0]]), cov=post.cov[[0, 0]]
    )
    assert distances.pairwise(post, name, signed=True)[0, 1] == pytest.approx(0, abs=1e-6)
    assert distances.pairwise(post, name)[0, 1] > 0.1


def test_singular_covariances_are_reported():
    m, s, eye = np.zeros(2), np.diag([1.0, 0.0]), np.eye(2)
    assert np.isnan(distances.jeffreys(m, s, m, eye))
    assert distances.hellinger(m, s, m, eye) == 1
    assert np.isnan(distances.hellinger(m, s, m, s))


def test_an_unknown_distance_is_named():
    with pytest.raises(ValueError, match=r"distance: expected one of .* got 'manhattan'"):
        distances.pairwise(posterior(0), "manhattan")
