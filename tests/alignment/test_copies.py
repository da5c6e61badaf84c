"""The posterior of neurons is a function of the networks, not of the copies they come in."""

import itertools

import numpy as np
import pytest

import bayesneuron as bn
from bayesneuron.alignment._align import sites_of
from bayesneuron.geometry.posterior import posteriors_of
from bayesneuron.network.activation_functions import ACTIVATIONS
from bayesneuron.network.symmetry import act, rescale
from bayesneuron.network.tracing import sites_of as sites_of_model

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
KINDS = ("tanh", "sigmoid", "relu", "identity", "gelu")  # one for each symmetry


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
    """Normal weights, which have no neurons in common: the hardest case."""
    model, rng = bn.load(name, activation=activation, **NETWORKS[name]), np.random.default_rng(seed)
    shapes = {k: sites_of_model(model, (2, 3))[k].shape for k in model.layout.sites}
    return model, {k: rng.normal(size=(count, *shape)) for k, shape in shapes.items()}


def same_neurons(model, expected, sites):
    moved = posteriors_of(bn.from_arrays(sites, model=model))
    for layer, post in expected.items():
        np.testing.assert_allclose(moved[layer].mean, post.mean, atol=1e-4)
        np.testing.assert_allclose(moved[layer].cov, post.cov, atol=1e-4)


@pytest.mark.parametrize(("name", "activation"), [c for c in CASES if c[1] in KINDS])
def test_neurons_do_not_depend_on_the_copies(name, activation):
    model, sites = draws_of(name, activation, 15)
    expected = posteriors_of(bn.from_arrays(sites, model=model))
    same_neurons(model, expected, another_copy(model.layout, sites, np.random.default_rng(1)))


@pytest.mark.parametrize("name", NETWORKS)
def test_neurons_know_an_activation_only_by_its_symmetry(name):
    """So that one activation for each symmetry stands for all."""
    by_symmetry, stands_for = {}, set()
    for activation in (a for n, a in CASES if n == name):
        model, sites = draws_of(name, activation, 8, seed=1)
        symmetry = tuple(model.layout.symmetry(layer) for layer in model.layout.hidden)
        posts = posteriors_of(bn.from_arrays(sites, layout=model.layout))
        expected = by_symmetry.setdefault(symmetry, posts)
        stands_for |= {symmetry} if activation in KINDS else set()
        for layer, post in posts.items():
            np.testing.assert_array_equal(post.by_draw, expected[layer].by_draw)
    assert stands_for == set(by_symmetry)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "activation"), [c for c in CASES if c[1] in KINDS])
def test_neurons_do_not_depend_on_many_copies(name, activation):
    model, sites = draws_of(name, activation, 8, seed=1)
    expected = posteriors_of(bn.from_arrays(sites, model=model))
    rng = np.random.default_rng(2)
    for _ in range(30):
        same_neurons(model, expected, another_copy(model.layout, sites, rng))


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu", "identity"])
def test_aligning_what_is_aligned_changes_nothing(activation):
    model, sites = draws_of("mlp", activation, 20)
    once = bn.align(bn.from_arrays(sites, model=model))
    again = bn.align(once)
    for site, values in sites_of(once, model.layout).items():
        np.testing.assert_allclose(sites_of(again, model.layout)[site], values, atol=1e-8)


@pytest.mark.parametrize("hidden", [(3, 3), (4, 2, 3)])
def test_linear_layers_that_follow_each_other_have_one_form(hidden):
    """One network in many mixings is one network: no spread is left."""
    model = bn.load("mlp", inputs=4, hidden=hidden, outputs=2, activation="identity")
    rng = np.random.default_rng(0)
    shapes = {k: sites_of_model(model, (2, 4))[k].shape for k in model.layout.sites}
    one = {k: np.repeat(rng.normal(size=(1, *shape)), 40, axis=0) for k, shape in shapes.items()}
    for post in posteriors_of(
        bn.from_arrays(another_copy(model.layout, one, rng), model=model)
    ).values():
        assert post.by_draw.std(axis=0).max() < 1e-7


@pytest.mark.parametrize("listed", [("hidden1", "hidden2"), ("hidden2", "hidden1")])
def test_the_largest_outgoing_weight_is_positive_in_every_layer(listed):
    shipped, sites = draws_of("mlp", "tanh", 30)
    layout = bn.Layout(shipped.layout.sites, dict.fromkeys(listed, "tanh"))
    posts = posteriors_of(bn.from_arrays(sites, layout=layout))
    for layer in listed:
        outgoing = posts[layer].select("outgoing").mean
        assert (outgoing[np.arange(len(outgoing)), np.abs(outgoing).argmax(axis=1)] > 0).all()
        assert (np.diff(np.linalg.norm(outgoing, axis=1)) <= 1e-12).all()
