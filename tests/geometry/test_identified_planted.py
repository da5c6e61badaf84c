"""Planted truths: weights that do nothing, duplicates, the scale of a ReLU neuron."""

import numpy as np
import pytest
from conftest import random_sites
from test_identified import as_draws, two_layer

import bayesneuron as bn


def test_incoming_weights_of_a_neuron_that_sends_nothing_are_free():
    rng = np.random.default_rng(1)
    model, sites, x = two_layer(rng, 3)
    sites["output_weight"][:, :, 1] = 0.0
    result = bn.identified(as_draws(model, sites), x)["hidden"]
    np.testing.assert_allclose(result.conditional[1][:3, :3], 0, atol=1e-12)
    assert result.conditional[1][3, 3] > 0.5
    np.testing.assert_allclose(result.shares[1], [0, 0, 1], atol=1e-9)
    assert result.flat[1] == pytest.approx(1.0)
    assert "input" in result.free_along[1] or "bias" in result.free_along[1]
    assert result.shares[0, 2] < 0.7


def test_duplicates_compensate_each_other():
    rng = np.random.default_rng(2)
    model, sites, x = two_layer(rng, 3, noise=0.01)
    for site in ("hidden_weight", "hidden_bias"):
        sites[site][:, 1] = sites[site][:, 0]
    sites["output_weight"][:, :, 1] = sites["output_weight"][:, :, 0]
    result = bn.identified(as_draws(model, sites), x)["hidden"]
    # the sum of both outgoing weights is known, their difference not at all
    assert result.conditional[0][3, 3] > 0.99
    assert result.marginal[0][3, 3] == pytest.approx(0.5, abs=0.02)
    table = result.table()
    assert list(table["trades_with"][:2]) == ["hidden[1]", "hidden[0]"]
    assert (table["traded"][:2] > 0.9).all()
    assert set(result.trades().iloc[0][["neuron", "other"]]) == {"hidden[0]", "hidden[1]"}
    assert (result.shares[:2, 1] > 0.3).all()


def test_the_scale_of_a_relu_neuron_is_free():
    rng = np.random.default_rng(3)
    model, sites, x = two_layer(rng, 2, activation="relu", draws=1)
    result = bn.identified(as_draws(model, sites), x)["hidden"]
    w, b, v = sites["hidden_weight"][0], sites["hidden_bias"][0], sites["output_weight"][0, 0]
    scale = np.concatenate([w, b[:, None], -v[:, None]], axis=1) / result.unit
    np.testing.assert_allclose(np.einsum("nij,nj->ni", result.conditional, scale), 0, atol=1e-9)


def equal_function_share(sites, x, width):
    """Share of tr D_i in the null space of each draw's Jacobian, by NumPy alone, prior units."""
    w, b = sites["hidden_weight"][:, :, 0], sites["hidden_bias"]
    v = sites["output_weight"][:, 0] * np.sqrt(width)  # in units of its prior
    points = np.stack([w, b, v], axis=2)
    deviation = points - points.mean(axis=0)
    within = np.zeros(width)
    for s in range(len(w)):
        for i in range(width):
            z = x[:, 0] * w[s, i] + b[s, i]
            on = (z > 0) * sites["output_weight"][s, 0, i]
            j = np.stack([on * x[:, 0], on, np.maximum(z, 0) / np.sqrt(width)], axis=1)
            _, size, vt = np.linalg.svd(j)
            size = np.pad(size, (0, 3 - len(size)))
            null = vt[size <= 1e-9 * max(size[0], 1e-300)]
            within[i] += ((null @ deviation[s, i]) ** 2).sum()
    return within / (deviation**2).sum(axis=(0, 2))


@pytest.mark.parametrize("width", [1, 5, pytest.param(100, marks=pytest.mark.slow)])
def test_relu_networks_of_one_input_have_the_null_space_of_the_jacobian(width):
    rng = np.random.default_rng(width)
    model = bn.load("two_layer", inputs=1, hidden=width, outputs=1, activation="relu", noise=0.01)
    sites = random_sites(model, 60, 0)
    # draws of one function: the scale of each neuron wanders, its function hardly
    base = {k: v[:1] + 0.02 * rng.normal(size=v.shape) for k, v in sites.items()}
    c = np.exp(0.7 * rng.normal(size=(60, width)))
    base["hidden_weight"] = base["hidden_weight"] * c[:, :, None]
    base["hidden_bias"] = base["hidden_bias"] * c
    base["output_weight"] = base["output_weight"] / c[:, None]
    x = rng.normal(size=(50, 1))
    result = bn.identified(as_draws(model, base), x)["hidden"]
    direct = equal_function_share(base, x, width)
    np.testing.assert_allclose(result.flat, direct, atol=0.02)
    assert (result.shares[:, 2] >= result.flat - 1e-9).all()
    assert np.median(direct) > 0.5  # the case is one where it matters
