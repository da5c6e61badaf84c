"""A symmetry leaves the network's function as it was: every model, every activation."""

import warnings

import numpy as np
import pytest
from conftest import RECURRENT, random_sites
from hypothesis import given, settings
from hypothesis import strategies as st

import bayesneuron as bn
from bayesneuron.alignment._align import sites_of
from bayesneuron.network.activation_functions import ACTIVATIONS
from bayesneuron.network.symmetry import act, canonicalise

SHAPES = {
    "two_layer": {"inputs": 3, "hidden": 4, "outputs": 2},
    "mlp": {"inputs": 3, "hidden": (4, 3), "outputs": 2, "skip": True},
    "rnn": {"inputs": 1, "hidden": 4, "outputs": 2},
    "elman": {"inputs": 1, "hidden": (3, 2), "outputs": 2},
    "gru": {"inputs": 1, "hidden": (3, 2), "outputs": 2},
    "lstm": {"inputs": 1, "hidden": 3, "outputs": 2, "skip": True},
    "nonlinear_pca": {"inputs": 5, "hidden": 4, "outputs": 2},
}
CASES = [
    (name, activation)
    for name in ("two_layer", "mlp", "rnn", "nonlinear_pca")
    for activation in ACTIVATIONS
    if not (activation == "identity" and name in ("rnn", "nonlinear_pca"))
]
CASES += [
    ("elman", "tanh"),
    ("elman", "relu"),
    ("gru", "tanh"),
    ("lstm", "relu"),
]  # many weights: one of each kind that gates leave
DRAWS = 6


def outputs(model: bn.results.Model, sites: dict[str, np.ndarray]) -> np.ndarray:
    x = np.linspace(-1.5, 1.5, 5 * 7).reshape(7, 5)
    x = x if model.name in RECURRENT else x[:, : model.options["inputs"]]
    tree = bn.from_arrays(sites, model=model)
    return np.asarray(bn.predict(tree, x).predictions["mean"])[0]


def test_the_cases_name_every_model():
    assert set(SHAPES) == set(bn.available_models())


@pytest.mark.parametrize(("name", "activation"), CASES)
def test_function_is_unchanged(name, activation):
    model = bn.load(name, activation=activation, **SHAPES[name])
    layout = model.layout

    @settings(max_examples=4)
    @given(seed=st.integers(0, 2**31), scale=st.sampled_from([0.3, 1.0, 3.0]))
    def check(seed, scale):
        free = 1.0 if name == "nonlinear_pca" else scale  # orthonormal weights have one scale
        sites = random_sites(model, DRAWS, seed, free)
        sites["noise"] = np.full(DRAWS, 0.5)
        before = outputs(model, sites)
        size = np.abs(before).max()
        rng = np.random.default_rng(seed)
        moved = dict(sites)
        for layer in layout.hidden:
            n = layout.width(sites, layer)
            order = rng.permuted(np.tile(np.arange(n), (DRAWS, 1)), axis=1)
            signed = layout.signed(layer) and layout.symmetry(layer) != "linear"
            sign = rng.choice([-1.0, 1.0], (DRAWS, n)) if signed else np.ones((DRAWS, n))
            moved = act(layout, moved, layer, order, sign)
        np.testing.assert_allclose(outputs(model, moved), before, atol=1e-11 * max(1, size))
        fixed = canonicalise(layout, moved)
        np.testing.assert_allclose(
            outputs(model, {**moved, **fixed}), before, atol=1e-10 * max(1, size)
        )
        for canonical in (True, False):
            aligned = bn.align(bn.from_arrays(moved, model=model), canonical=canonical)
            after = {str(k): np.asarray(v)[0] for k, v in aligned["posterior"].data_vars.items()}
            np.testing.assert_allclose(outputs(model, after), before, atol=1e-10 * max(1, size))

    check()


@pytest.mark.parametrize("name", ["two_layer", "mlp", "rnn", "gru"])
def test_relu_scales_are_undone_exactly(name):
    """A network and its rescaled copy have the same canonical form."""
    model = bn.load(name, activation="relu", **SHAPES[name])
    sites = random_sites(model, 20, 1)
    rng = np.random.default_rng(1)
    scaled = dict(sites)
    for layer in model.layout.hidden:
        axes = model.layout.axes(layer)
        n = model.layout.width(sites, layer)
        factor = np.exp(rng.normal(size=(20, n)))
        for axis in axes:
            shape = [20] + [1] * (sites[axis.site].ndim - 1)
            shape[axis.axis + 1] = n
            if not model.layout.flips(axis):
                continue
            power = factor if axis.role == "incoming" else 1 / factor
            scaled[axis.site] = scaled[axis.site] * power.reshape(shape)
    once, again = canonicalise(model.layout, sites), canonicalise(model.layout, scaled)
    for site in model.layout.sites:
        np.testing.assert_allclose(again[site], once[site], rtol=1e-8, atol=1e-10)


def test_alignment_of_raw_scales_keeps_them():
    model = bn.load("two_layer", activation="relu", **SHAPES["two_layer"])
    sites = random_sites(model, 30, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tree = bn.align(bn.from_arrays(sites, model=model), canonical=False)
    aligned = sites_of(tree, model.layout)
    norms = [np.sort(np.linalg.norm(s["hidden_weight"], axis=2), axis=1) for s in (sites, aligned)]
    np.testing.assert_allclose(norms[0], norms[1])
