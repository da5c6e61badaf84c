"""Shares of the output variance and the verdicts from them, over arrays alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bayesneuron as bn
from bayesneuron.reduction.takeover import take_over
from bayesneuron.structure.shares import shares
from bayesneuron.structure.verdicts import verdicts


@pytest.mark.parametrize("constant", [True, False])
def test_the_others_take_over_as_in_a_merge(constant):
    a = np.random.default_rng(0).normal(1, 1, size=(3, 40, 5))
    result = shares(a, np.ones((3, 5, 1)), constant=constant)
    for i in range(5):
        keep = np.delete(np.arange(5), i)
        owner = np.insert(np.arange(4), i, 0)
        b, c = take_over(a, a[:, :, keep], owner, ridge=1e-12, constant=constant)
        np.testing.assert_allclose(result.coefficients[:, i, keep], b[:, i], atol=1e-4)
        left = result.mean[:, i] - np.einsum("sj,sj->s", result.coefficients[:, i], result.mean)
        np.testing.assert_allclose(left, c[:, i], atol=1e-4)


def test_a_constant_without_a_bias_to_take_it_is_live():
    a = np.random.default_rng(0).normal(size=(1, 50, 2))
    a[:, :, 1] = 0.9
    for constant, word in ((True, "constant"), (False, "live")):
        parts = shares(a, np.ones((1, 2, 1)), constant=constant)
        assert verdicts(parts, "h", bn.Thresholds()) == ("live", word)


@given(seed=st.integers(0, 10**6), constant=st.booleans())
def test_shares_sum_to_one_and_move_with_the_neurons(seed, constant):
    rng = np.random.default_rng(seed)
    a, v = rng.normal(rng.normal(), 1, size=(2, 20, 4)), rng.normal(size=(2, 4, 3))
    result = shares(a, v, constant=constant)
    np.testing.assert_allclose(result.share.sum(axis=1), 1)
    assert (result.unique <= result.gross * (1 + 1e-9)).all()
    order, sign = rng.permutation(4), rng.choice([-2.0, 0.5], 4)  # a scale changes nothing either
    moved = shares((a * sign)[:, :, order], (v / sign[:, None])[:, order], constant=constant)
    for name in ("share", "gross", "unique", "effect", "mean_square"):
        expected = getattr(result, name)[:, order]
        np.testing.assert_allclose(getattr(moved, name), expected, rtol=1e-6, atol=1e-9)


def test_thresholds_are_shares():
    with pytest.raises(ValueError, match=r"negligible: expected a number in \[0, 1\), got 1.5"):
        bn.Thresholds(negligible=1.5)
    orthogonal = np.array([[[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]]])
    parts = shares(orthogonal, np.array([[[1.0], [0.05]]]), constant=True)
    assert verdicts(parts, "h", bn.Thresholds(negligible=0.01)) == ("live", "irrelevant")
    assert verdicts(parts, "h", bn.Thresholds(negligible=1e-4)) == ("live", "live")
