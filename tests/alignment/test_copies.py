"""The posterior of neurons is a function of the networks, not of the copies they come in."""

import itertools

import numpy as np
import pytest
from conftest import random_sites

import bayesneuron as bn
from bayesneuron.alignment.exchange import _best, _gains, exchange
from bayesneuron.alignment.match import Reference, match
from bayesneuron.alignment.moves import Move, unmoved
from bayesneuron.alignment.scores import compared, gain
from bayesneuron.geometry.posterior import posteriors_of
from bayesneuron.network.activation_functions import ACTIVATIONS
from bayesneuron.network.symmetry import act, canonicalise, rescale

NETWORKS = {
    "two_layer": {"inputs": 3, "hidden": 3, "outputs": 2},
    "mlp": {"inputs": 3, "hidden": (3, 2), "outputs": 2},
    "rnn": {"inputs": 1, "hidden": 3, "outputs": 1},
    "nonlinear_pca": {"inputs": 3, "hidden": 3, "outputs": 2},
}
CASES = [
    (name, activation)
    for name, activation in itertools.product(NETWORKS, sorted(ACTIVATIONS))
    if activation != "identity" or name in ("two_layer", "mlp")  # the others refuse it
]


def another_copy(layout, sites, rng):
    """Every draw moved by a random element of the network's symmetry group."""
    count = len(next(iter(sites.values())))
    for layer in layout.hidden:
        n, kind = layout.width(sites, layer), layout.symmetry(layer)
        order = rng.permuted(np.tile(np.arange(n), (count, 1)), axis=1)
        signed = layout.signed(layer)
        sign = rng.choice([-1.0, 1.0], (count, n)) if signed else np.ones((count, n))
        sites = act(layout, sites, layer, order, sign)
        if kind == "scale":
            sites = rescale(layout, sites, layer, np.exp(rng.normal(size=(count, n))))
        if kind == "linear":
            mixing = np.linalg.qr(rng.normal(size=(count, n, n)))[0]
            mixing = mixing * np.exp(rng.normal(scale=0.5, size=(count, 1, n)))
            back = np.swapaxes(np.linalg.inv(mixing), 1, 2)
            for role, matrix in (("incoming", mixing), ("outgoing", back)):
                rows = matrix @ layout.rows(sites, layer, role)
                sites = layout.with_rows(sites, layer, role, rows)
    return sites


def draws_of(name, activation, count, seed=0):
    model = bn.load(name, activation=activation, **NETWORKS[name])
    sites = random_sites(model, count, seed)
    return model, {k: v.astype(float) for k, v in sites.items() if k in model.layout.sites}


def same_neurons(model, expected, sites):
    moved = posteriors_of(bn.from_arrays(sites, model=model))
    for layer, post in expected.items():
        np.testing.assert_allclose(moved[layer].mean, post.mean, atol=1e-6)
        np.testing.assert_allclose(moved[layer].cov, post.cov, atol=1e-6)


@pytest.mark.parametrize(("name", "activation"), CASES)
def test_neurons_do_not_depend_on_the_copies(name, activation):
    """Of prior draws, which have no neurons in common: the hardest case."""
    model, sites = draws_of(name, activation, 25)
    expected = posteriors_of(bn.from_arrays(sites, model=model))
    same_neurons(model, expected, another_copy(model.layout, sites, np.random.default_rng(1)))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "activation"), CASES)
def test_neurons_do_not_depend_on_a_hundred_copies(name, activation):
    model, sites = draws_of(name, activation, 50, seed=1)
    expected = posteriors_of(bn.from_arrays(sites, model=model))
    rng = np.random.default_rng(2)
    for _ in range(100):
        same_neurons(model, expected, another_copy(model.layout, sites, rng))
