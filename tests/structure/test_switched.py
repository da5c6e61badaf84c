"""Neurons switched off by the scale of their prior, read off its posterior."""

import warnings

import numpy as np
import pytest

import bayesneuron as bn
from bayesneuron.structure import relevance

COUNT = 50
X = np.random.default_rng(0).normal(size=(50, 2))


def planted(local, *, activation="tanh", prior="horseshoe"):
    """Draws of a network whose neurons send weights of the scales 0.01 `local`, up to the slab."""
    rng = np.random.default_rng(1)
    n = local.shape[-1]
    model = bn.load(
        "two_layer", inputs=2, hidden=n, outputs=1, activation=activation, prior=prior, noise=0.1
    )
    reads = np.eye(2)[np.arange(n) % 2] * (1 + np.arange(n))[:, None]
    sizes = 0.01 * np.broadcast_to(local, (COUNT, n))
    sites = {
        "hidden_weight": np.tile(reads, (COUNT, 1, 1)),
        "hidden_bias": rng.normal(0, 0.1, (COUNT, n)),
        "hidden_scale": np.ones(COUNT),
        "output_weight": (sizes * rng.choice([0.9, 1.1], (COUNT, n)))[:, None, :],
        "output_bias": rng.normal(0, 0.1, (COUNT, 1)),
        "output_scale": np.ones(COUNT),
        "hidden_local": np.array(np.broadcast_to(local, (COUNT, n))),
        "hidden_global": np.full(COUNT, 0.01),
        "hidden_slab": np.full(COUNT, 1e6),
    }  # fmt: skip
    draws = bn.from_arrays(sites, model=model)
    draws.attrs["aligned"] = 1
    return sites, draws


def test_a_neuron_of_negligible_scale_is_off():
    local = np.tile([100.0, 80.0, 1.0, 0.5], (COUNT, 1))
    local[: COUNT // 10, 3] = 100.0  # at work in every tenth draw
    _, draws = planted(local)
    result = relevance(draws, X)
    table = result.table()
    np.testing.assert_allclose(table["scale"], [1.0, 0.8, 0.01, 0.005], rtol=1e-5)
    np.testing.assert_allclose(table["p_off"], [0.0, 0.0, 1.0, 0.9])
    assert result.verdict[:3] == ("live", "live", "off")
    assert result.verdict[3] != "off"
    assert "1 off" in repr(result)
    half = relevance(draws, X, thresholds=bn.Thresholds(certain=0.8))
    assert half.verdict[3] == "off"


def test_p_off_is_of_the_variance_that_the_scale_implies():
    """C s² / T, by hand, on either side of the threshold."""
    sites, draws = planted(np.array([100.0, 10.0]))
    hidden = np.tanh(np.einsum("pi,sni->spn", X, sites["hidden_weight"])
                     + sites["hidden_bias"][:, None])  # fmt: skip
    total = np.einsum("spn,sn->sp", hidden, sites["output_weight"][:, 0]).var(axis=1)
    share = hidden.var(axis=1)[:, 1] * 0.1**2 / total
    for limit in (0.9 * share.min(), 1.1 * share.max(), float(np.median(share))):
        result = relevance(draws, X, thresholds=bn.Thresholds(negligible=limit))
        assert result.switch is not None
        assert np.isclose(result.switch.p_off[1], (share < limit).mean(), atol=0.021)


def test_the_units_of_a_homogeneous_neuron_do_not_matter():
    """Alignment balances ReLU neurons; scales are in the units in which weights were drawn."""
    _, draws = planted(np.array([100.0, 60.0, 1.0]), activation="relu")
    draws.attrs["aligned"] = 0
    balanced = relevance(bn.align(draws), X)
    as_drawn = relevance(bn.align(draws, canonical=False), X)
    assert balanced.switch is not None
    assert as_drawn.switch is not None
    np.testing.assert_allclose(np.sort(balanced.switch.p_off), np.sort(as_drawn.switch.p_off))
    assert sorted(w for w in balanced.verdict if w == "off") == ["off"]


@pytest.mark.parametrize("prior", ["normal", "hierarchical"])
def test_without_a_scale_per_neuron_there_is_no_switch(prior):
    _, draws = planted(np.array([100.0, 1.0]), prior=prior)
    result = relevance(draws, X)
    assert result.switch is None
    assert not {"scale", "p_off"} & set(result.table())
    assert "off" not in result.verdict


@pytest.mark.slow
def test_variational_inference_switches_spare_neurons_off():
    """One neuron made the data, the network has four."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100, 1))
    y = np.tanh(2 * x) + 0.1 * rng.normal(size=x.shape)
    model = bn.load("two_layer", inputs=1, hidden=4, outputs=1, prior="horseshoe")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bn.StatisticalWarning)
        draws = bn.svi(model, x, y, samples=100, starts=1, learning_rate=0.05, seed=0)
    result = relevance(draws)
    assert sorted(result.verdict) == ["live", "off", "off", "off"]
    assert result.switch is not None
    assert np.sort(result.switch.scale.mean(axis=0))[-2] < 0.1
