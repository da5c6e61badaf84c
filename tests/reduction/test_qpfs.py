"""Quadratic programming feature selection: its programme, and what it does to features."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayesneuron import baselines
from bayesneuron.reduction.baselines.simplex import simplex_qp


def test_simplex_programme_in_closed_form():
    b = np.array([0.3, 0.2, 0.1])
    np.testing.assert_allclose(simplex_qp(np.eye(3), b), 1 / 3 + b - b.mean(), atol=1e-5)
    np.testing.assert_allclose(simplex_qp(np.eye(3) * 0, b), [1, 0, 0], atol=1e-4)
    np.testing.assert_allclose(
        simplex_qp(np.diag([1.0, 2.0, 4.0]), np.zeros(3)), np.array([4, 2, 1]) / 7, atol=1e-5
    )


@given(seed=st.integers(0, 10**6), n=st.integers(1, 12))
def test_simplex_programme_meets_its_conditions(seed, n):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(n, rng.integers(1, n + 1)))  # often singular
    q, b = root @ root.T, rng.normal(size=n)
    z = simplex_qp(q, b)
    assert z.min() >= 0
    assert z.sum() == pytest.approx(1)
    gradient = q @ z - b
    level = z @ gradient
    assert (gradient >= level - 1e-4 * max(1, np.abs(q).max(), np.abs(b).max())).all()


def test_uncorrelated_features_are_weighted_by_relevance():
    rng = np.random.default_rng(0)
    x = np.linalg.qr(np.column_stack([np.ones(40), rng.normal(size=(40, 5))]))[0][
        :, 1:
    ]  # centred and orthogonal
    strength = np.array([0.6, 0.5, 0.4, 0.35, 0.3])
    strength /= np.linalg.norm(strength)
    z = baselines.qpfs(x, x @ strength)
    alpha = (1 / 5) / (1 / 5 + strength.mean())
    tilt = alpha / (1 - alpha) * strength
    np.testing.assert_allclose(z, np.maximum(1 / 5 + tilt - tilt.mean(), 0), atol=1e-4)
    # as Q = I and the balance is such, the weights are in proportion to the relevance
    np.testing.assert_allclose(z, strength / strength.sum(), atol=1e-4)


def test_a_copied_feature_shares_its_weight():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(300, 4))
    y = x @ [1.0, 1.0, 0.5, 0.0] + 0.1 * rng.normal(size=300)
    alone, double = baselines.qpfs(x, y), baselines.qpfs(np.column_stack([x, -x[:, 0]]), y)
    assert double[0] == pytest.approx(double[4], rel=1e-4)
    assert double[0] < 0.75 * alone[0]
    constant = baselines.qpfs(np.column_stack([x, np.ones(300)]), y)
    np.testing.assert_allclose(constant, [*alone, 0.0], atol=1e-9)


def test_classes_count_by_their_share():
    rng = np.random.default_rng(2)
    label = np.repeat([0, 1, 2], [100, 50, 10])
    x = rng.normal(size=(160, 3))
    x[:, 0] += 3 * (label == 0)
    x[:, 1] += 3 * (label == 2)
    z = baselines.qpfs(x, label)
    assert z[0] > z[1]
    assert z[0] > z[2]
