"""The search for the best group element, against all of them."""

import itertools

import numpy as np
import pytest

import bayesneuron as bn
from bayesneuron.alignment.exchange import _best, _gains, exchange
from bayesneuron.alignment.match import Reference, match
from bayesneuron.alignment.moves import Move, unmoved
from bayesneuron.alignment.scores import gain
from bayesneuron.network.symmetry import act

LAYOUTS = {
    "rnn": bn.Layout(
        {"V": ("h", "i"), "W": ("h", "h"), "o": ("y", "h"), "b": ("h",)}, {"h": "tanh"}
    ),
    "rnn relu": bn.Layout(
        {"V": ("h", "i"), "W": ("h", "h"), "o": ("y", "h"), "b": ("h",)}, {"h": "none"}
    ),
    "gates": bn.Layout({"V": ("h", "i"), "W": ("gate", "h", "h"), "o": ("y", "h")}, {"h": "tanh"}),
    "fixed gates": bn.Layout(
        {
            "V": ("h", "i"),
            "W": ("h", "h"),
            "o": ("y", "h"),
            "U": ("h", "i"),
            "G": ("gate", "h", "h"),
            "b": ("h",),
        },
        {"h": "tanh"},
        into={"G": 1},
        gates=("U", "G", "b"),
    ),
    "mlp": bn.Layout(
        {"V": ("h", "i"), "W": ("g", "h"), "o": ("y", "g")}, {"h": "tanh", "g": "none"}
    ),
}
SIZES = {"h": 3, "g": 3, "i": 1, "y": 1, "gate": 2}


def problem(name, count, seed=0):
    layout, rng = LAYOUTS[name], np.random.default_rng(seed)
    shapes = {k: tuple(SIZES[d] for d in dims) for k, dims in layout.sites.items()}
    sites = {k: rng.normal(size=(count, *shape)) for k, shape in shapes.items()}
    mean = {k: rng.normal(size=shape) for k, shape in shapes.items()}
    return layout, sites, Reference(mean, {k: np.ones([1] * v.ndim) for k, v in mean.items()})


def elements(layout, layer):
    n = SIZES[layer]
    signs = itertools.product((1.0, -1.0), repeat=n) if layout.signed(layer) else [(1.0,) * n]
    return list(itertools.product(itertools.permutations(range(n)), signs))


def moved(layout, sites, layers):
    count = len(next(iter(sites.values())))
    for layer, (order, sign) in layers.items():
        both = (np.tile(v, (count, 1)) for v in (np.array(order), np.array(sign)))
        sites = act(layout, sites, layer, *both)
    return sites


@pytest.mark.parametrize("name", ["rnn", "rnn relu", "gates", "fixed gates"])
def test_the_gain_of_an_exchange_is_what_it_says(name):
    layout, sites, reference = problem(name, 20)
    target = reference.target(layout)
    (order, sign), change = _best(_gains(layout, sites, target, "h"), layout.signed("h"))
    before = gain(sites, target)
    after = gain(act(layout, sites, "h", order, sign), target)
    np.testing.assert_allclose(after - before, change, atol=1e-10)
    near = [
        gain(moved(layout, sites, {"h": e}), target) - before
        for e in elements(layout, "h")
        if sum((p, s) != (i, 1.0) for i, (p, s) in enumerate(zip(*e, strict=True))) in (1, 2)
    ]
    np.testing.assert_allclose(np.max(near, axis=0), change, atol=1e-10)


@pytest.mark.parametrize("name", ["rnn", "rnn relu", "gates", "fixed gates"])
def test_exchanges_end_where_none_gains(name):
    layout, sites, reference = problem(name, 20)
    target = reference.target(layout)
    end = exchange(layout, unmoved(layout, sites), target, "h")
    _, change = _best(_gains(layout, end.sites, target, "h"), layout.signed("h"))
    assert change.max() <= 1e-9
    assert isinstance(end.moves["h"], Move)
    replayed = act(layout, sites, "h", *end.moves["h"])
    for site, values in end.sites.items():
        np.testing.assert_array_equal(replayed[site], values)


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_search_finds_the_best_of_all(name):
    """Draws that have nothing in common with the reference: the hardest."""
    layout, sites, reference = problem(name, 100, seed=1)
    target = reference.target(layout)
    reached = gain(match(layout, sites, reference, search=True)[0], target)
    layers = layout.hidden
    every = itertools.product(*(elements(layout, layer) for layer in layers))
    best = np.max(
        [gain(moved(layout, sites, dict(zip(layers, e, strict=True))), target) for e in every],
        axis=0,
    )
    assert (reached > best - 1e-9).mean() >= 0.95
