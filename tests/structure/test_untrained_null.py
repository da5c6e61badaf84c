"""Whether training made a layer more modular than networks of the prior are at the same inputs."""

import warnings

import numpy as np
import pytest

import bayesneuron as bn

NEURONS, NULL = 24, 39
MODEL = bn.load("two_layer", inputs=3, hidden=NEURONS, outputs=1)
X = np.random.default_rng(0).normal(size=(200, 3))


def communities_of(draws, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bn.StatisticalWarning)
        return bn.communities(draws, x=X, null=NULL, **options)


@pytest.mark.slow
def test_a_network_of_the_prior_is_like_the_others_though_its_neurons_respond_together():
    untrained = [bn.prior(MODEL, X, samples=1, seed=s) for s in range(100, 120)]
    p = np.array([communities_of(draws, untrained=True).p_value for draws in untrained])
    assert (p <= 0.05).sum() <= 3  # of 20; P(more) = 1.6%
    assert 0.3 < p.mean() < 0.7
    shuffled = [communities_of(draws, shuffle="permute").p_value for draws in untrained[:5]]
    assert max(shuffled) <= 0.05


def test_groups_of_neurons_that_say_the_same_are_not_of_the_prior():
    rng = np.random.default_rng(1)
    kinds = np.eye(2, 3)  # neurons of two groups read one input each
    weights = np.repeat(kinds, NEURONS // 2, axis=0)
    few = bn.prior(MODEL, X, samples=5, seed=0)
    sites = {name: np.asarray(v)[0] for name, v in few["posterior"].data_vars.items()}
    sites["hidden_weight"] = weights + 0.05 * rng.normal(size=(5, NEURONS, 3))
    sites["hidden_bias"] = 0.05 * rng.normal(size=(5, NEURONS))
    result = communities_of(bn.from_arrays(sites, model=MODEL), untrained=True, seed=1)
    assert result.null_kind == "networks of the prior"
    assert result.p_value == 1 / (NULL + 1)
    assert len(result.groups()) == 2
    assert "networks of the prior" in repr(result)


def test_only_draws_have_a_prior():
    with pytest.raises(ValueError, match="untrained: expected draws"):
        bn.communities(np.zeros((3, 20, 4)), kind="activations", untrained=True)


def test_networks_of_the_prior_are_not_shuffled():
    draws = bn.prior(MODEL, np.zeros((1, MODEL.options["inputs"])), samples=3)
    with pytest.raises(ValueError, match="shuffle: expected none with untrained=True, got 'perm"):
        bn.communities(draws, untrained=True, shuffle="permute")
