"""Distances between neurons: closed forms and invariances."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayesneuron import distances
from bayesneuron.geometry.ellipsoid_regions import region


def pair(seed, k=3, n=2):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, n, k, k))
    eye = 0.1 * np.eye(k)
    m1, m2 = rng.normal(size=(2, n, k))
    return m1, a @ np.swapaxes(a, 1, 2) + eye, m2, b @ np.swapaxes(b, 1, 2) + eye


def move(m, s, a, shift=0.0):
    return m @ a.T + shift, a @ s @ a.T


def test_normal_distributions_of_one_dimension():
    m1, s1, m2, s2 = (np.array(v, float) for v in ([[1]], [[[4]]], [[4]], [[[9]]]))
    assert distances.mean_shift(m1, s1, m2, s2)[0] == pytest.approx(3 / np.sqrt(6.5))
    assert distances.bures_wasserstein(m1, s1, m2, s2)[0] == pytest.approx(np.sqrt(9 + 1))
    assert distances.log_volume_ratio(s1, s2)[0] == pytest.approx(np.log(2 / 3))
    assert distances.affine_invariant(s1, s2)[0] == pytest.approx(np.log(9 / 4))


def test_commuting_covariances():
    d1, d2 = np.array([1.0, 4.0, 9.0]), np.array([4.0, 1.0, 16.0])
    s1, s2, zero = np.diag(d1)[None], np.diag(d2)[None], np.zeros((1, 3))
    expected = np.linalg.norm(np.sqrt(d1) - np.sqrt(d2))
    assert distances.bures_wasserstein(zero, s1, zero, s2)[0] == pytest.approx(expected)
    expected = np.linalg.norm(np.log(d2 / d1))
    assert distances.affine_invariant(s1, s2)[0] == pytest.approx(expected)


@given(seed=st.integers(0, 10**6))
def test_symmetry_and_identity(seed):
    m1, s1, m2, s2 = pair(seed)
    for f in (distances.mean_shift, distances.bures_wasserstein):
        np.testing.assert_allclose(f(m1, s1, m2, s2), f(m2, s2, m1, s1), rtol=1e-6)
        np.testing.assert_allclose(f(m1, s1, m1, s1), 0, atol=1e-6)
    forward, back = distances.affine_invariant(s1, s2), distances.affine_invariant(s2, s1)
    np.testing.assert_allclose(forward, back, rtol=1e-6)
    np.testing.assert_allclose(
        distances.log_volume_ratio(s1, s2), -distances.log_volume_ratio(s2, s1)
    )


@given(seed=st.integers(0, 10**6))
def test_units_do_not_matter_where_they_should_not(seed):
    m1, s1, m2, s2 = pair(seed)
    a = np.random.default_rng(seed + 1).normal(size=(3, 3)) + 2 * np.eye(3)
    if abs(np.linalg.det(a)) < 0.1:
        return
    n1, t1 = move(m1, s1, a, 1.0)
    n2, t2 = move(m2, s2, a, 1.0)
    for f, before, after in (
        (distances.mean_shift, (m1, s1, m2, s2), (n1, t1, n2, t2)),
        (distances.affine_invariant, (s1, s2), (t1, t2)),
        (distances.log_volume_ratio, (s1, s2), (t1, t2)),
    ):
        np.testing.assert_allclose(f(*after), f(*before), rtol=1e-5, atol=1e-8)
    q = np.linalg.qr(a)[0]
    n1, t1 = move(m1, s1, q, 1.0)
    n2, t2 = move(m2, s2, q, 1.0)
    np.testing.assert_allclose(
        distances.bures_wasserstein(n1, t1, n2, t2),
        distances.bures_wasserstein(m1, s1, m2, s2),
        rtol=1e-6,
    )


@given(seed=st.integers(0, 10**6))
def test_triangle_inequality(seed):
    m1, s1, m2, s2 = pair(seed)
    m3, s3, _, _ = pair(seed + 1)
    w = distances.bures_wasserstein
    assert (w(m1, s1, m3, s3) <= w(m1, s1, m2, s2) + w(m2, s2, m3, s3) + 1e-9).all()


def test_overlap_of_the_same_and_of_the_far():
    rng = np.random.default_rng(0)
    draws = rng.normal(size=(5000, 1, 3))
    eye = np.eye(3)[None]
    here = region(np.zeros((1, 3)), eye, draws, level=0.9)
    there = region(np.full((1, 3), 50.0), eye, draws + 50, level=0.9)
    assert distances.overlap(here, draws, here, draws)[0] == pytest.approx(0.9, abs=0.02)
    assert distances.overlap(here, draws, there, draws + 50)[0] == 0


def test_singular_covariances_are_reported():
    s = np.diag([1.0, 0.0])[None]
    assert np.isnan(distances.affine_invariant(s, s))[0]
    zero = np.zeros((1, 2))
    assert distances.bures_wasserstein(zero, s, zero, np.eye(2)[None])[0] == pytest.approx(1.0)


def two_posteriors(quick):
    import bayesneuron as bn

    aligned = bn.align_together({m: quick[m] for m in ("laplace", "svi")})
    return (bn.neurons(tree)["hidden"] for tree in aligned.values())


def test_distances_take_neuron_posteriors(quick):
    a, b = two_posteriors(quick)
    for name in ("euclidean", "cosine"):
        f = getattr(distances, name)
        np.testing.assert_array_equal(f(a, b), f(a.mean, b.mean))
    for name in ("bures_wasserstein", "jeffreys", "hellinger", "mean_shift"):
        f = getattr(distances, name)
        np.testing.assert_array_equal(f(a, b), f(a.mean, a.cov, b.mean, b.cov))
    for name in ("affine_invariant", "log_volume_ratio", "fidelity"):
        f = getattr(distances, name)
        np.testing.assert_array_equal(f(a, b), f(a.cov, b.cov))
    np.testing.assert_array_equal(
        distances.overlap(a, b, level=0.8),
        distances.overlap(a.region(0.8), a.by_draw, b.region(0.8), b.by_draw),
    )


def test_posteriors_that_do_not_fit_are_refused(quick):
    a, b = two_posteriors(quick)
    with pytest.raises(ValueError, match=r"cosine: expected as many neurons and weights in both"):
        distances.cosine(a, b.select("incoming"))
    with pytest.raises(ValueError, match="expected two neuron posteriors, or arrays only"):
        distances.euclidean(a, b.mean)
