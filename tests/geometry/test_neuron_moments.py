"""Moments that come block by block are those of all draws at once."""

import itertools

import numpy as np
import pytest
from conftest import data_for, estimate, network

import bayesneuron as bn
from bayesneuron.numerics.moments import merged, moments_of


@pytest.mark.parametrize("centre", [0.0, 1e6])
def test_merged_blocks_have_the_moments_of_two_passes(centre):
    draws = np.random.default_rng(0).normal(centre, 2.0, (101, 3, 4))
    ends = [0, 1, 2, 40, 101]  # a single draw is a block as well
    whole = moments_of(draws[:1])
    for a, b in itertools.pairwise(ends[1:]):
        whole = merged(whole, moments_of(draws[a:b]))
    assert whole.count == 101
    np.testing.assert_allclose(whole.mean, draws.mean(axis=0), rtol=1e-13)
    for i in range(3):
        np.testing.assert_allclose(whole.cov[i], np.cov(draws[:, i].T), rtol=1e-9, atol=1e-9)


def test_aligned_draws_give_those_of_neurons():
    model, (x, y) = network("two_layer"), data_for("two_layer")
    draws = bn.align(estimate("laplace", model, x, y, linearise=False))
    posteriors = bn.neurons(draws)
    moments = bn.neuron_moments(draws, block=17)
    assert list(moments) == list(posteriors)
    for layer, own in moments.items():
        post = posteriors[layer]
        np.testing.assert_allclose(own.mean, post.mean, rtol=1e-12)
        expected = np.stack([np.cov(post.by_draw[:, i].T) for i in range(len(own.mean))])
        np.testing.assert_allclose(own.cov, expected.reshape(own.cov.shape), rtol=1e-9)
        assert own.weights == post.weights
        assert own.count == 100


def test_draws_as_drawn_are_aligned_to_the_first_block():
    model, (x, y) = network("two_layer"), data_for("two_layer")
    draws = estimate("laplace", model, x, y, linearise=False)
    own, first = bn.neuron_moments(draws, block=50)["hidden"], draws.isel(draw=slice(50))
    both = [bn.align(first), bn.align(draws, reference=bn.align(first))]
    np.testing.assert_allclose(own.mean, bn.neurons(both[1])["hidden"].mean, rtol=1e-10)
    with pytest.raises(ValueError, match="block: expected a positive whole number"):
        bn.neuron_moments(draws, block=0)
