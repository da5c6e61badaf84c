"""Planted symmetries are undone; the result depends on nothing it should not."""

import itertools

import numpy as np
import pytest
from conftest import random_sites

import bayesneuron as bn
from bayesneuron.alignment import aligned
from bayesneuron.alignment._align import sites_of
from bayesneuron.alignment.assignment import assign, margins
from bayesneuron.alignment.fixed_point import estimate
from bayesneuron.alignment.match import match
from bayesneuron.alignment.moves import Move, identity
from bayesneuron.network.symmetry import act

NETWORKS = {
    "two_layer": {"inputs": 10, "hidden": 8, "outputs": 3},
    "mlp": {"inputs": 6, "hidden": (8, 8), "outputs": 2},
    "rnn": {"inputs": 1, "hidden": 8, "outputs": 1},
}
GATED = {"gru": {"hidden": 8}, "lstm": {"hidden": 8}}
CASES = 1000


def planted(model: bn.results.Model, noise: float, seed: int, count: int = CASES):
    """Noisy copies of one network, and the same copies each under a random symmetry."""
    rng = np.random.default_rng(seed)
    layout = model.layout
    one = {k: v[:1] for k, v in random_sites(model, 1, seed).items() if k in layout.sites}
    sd = {k: noise * v.std() for k, v in one.items()}
    copies = {k: v + sd[k] * rng.normal(size=(count, *v.shape[1:])) for k, v in one.items()}
    moved = dict(copies)
    for layer in layout.hidden:
        n = layout.width(copies, layer)
        order = rng.permuted(np.tile(np.arange(n), (count, 1)), axis=1)
        signed = layout.signed(layer)
        sign = rng.choice([-1.0, 1.0], (count, n)) if signed else np.ones((count, n))
        moved = act(layout, moved, layer, order, sign)
    return copies, moved


@pytest.mark.parametrize(
    ("name", "least", "activation"),
    [
        *((name, 1.0, a) for name in ("two_layer", "mlp") for a in ("tanh", "sigmoid", "relu")),
        *(("rnn", 0.99, a) for a in ("tanh", "sigmoid", "relu")),
        ("gru", 0.99, "tanh"),
        ("lstm", 0.99, "tanh"),
    ],
)
def test_planted_symmetries_are_recovered(name, least, activation):
    model = bn.load(name, activation=activation, **(NETWORKS | GATED)[name])
    copies, moved = planted(model, noise=0.1, seed=0)
    reference = bn.align(bn.from_arrays(copies, model=model))
    truth = sites_of(
        bn.align(bn.from_arrays(copies, model=model), reference=reference), model.layout
    )
    recovered = sites_of(
        bn.align(bn.from_arrays(moved, model=model), reference=reference), model.layout
    )
    same = np.ones(CASES, bool)
    for site in model.layout.sites:
        apart = np.abs(recovered[site] - truth[site]).reshape(CASES, -1).max(axis=1)
        same &= apart < 1e-8
    assert same.mean() >= least


@pytest.mark.parametrize("name", NETWORKS)
def test_the_reference_is_found_from_the_draws(name):
    """Aligned among themselves, the moved copies are as tight as the copies were."""
    model = bn.load(name, **NETWORKS[name])
    copies, moved = planted(model, noise=0.1, seed=1, count=300)
    together = sites_of(bn.align(bn.from_arrays(moved, model=model)), model.layout)
    for site in model.layout.sites:
        assert together[site].std(axis=0).mean() == pytest.approx(
            copies[site].std(axis=0).mean(), rel=0.02
        )


@pytest.mark.parametrize("name", NETWORKS)
def test_order_of_draws_does_not_matter(name):
    model = bn.load(name, **NETWORKS[name])
    _, moved = planted(model, noise=0.3, seed=2, count=200)
    shuffle = np.random.default_rng(0).permutation(200)
    first = sites_of(bn.align(bn.from_arrays(moved, model=model)), model.layout)
    mixed = {k: v[shuffle] for k, v in moved.items()}
    second = sites_of(bn.align(bn.from_arrays(mixed, model=model)), model.layout)
    for site in model.layout.sites:
        np.testing.assert_allclose(second[site], first[site][shuffle], atol=1e-10)


@pytest.mark.slow
def test_aligning_twice_changes_nothing(quick):
    once = bn.align(quick["nuts"])
    again = bn.align(once, reference=once)
    for site, values in once["posterior"].data_vars.items():
        np.testing.assert_array_equal(again["posterior"][site], values)


def test_record_of_the_moves_replays_them(quick, two_layer):
    tree = bn.align(quick["nuts"])
    raw = sites_of(quick["nuts"], two_layer.layout)
    moves = tree["alignment"]
    order = np.asarray(moves["hidden_from"]).reshape(-1, 2)
    sign = np.asarray(moves["hidden_sign"]).reshape(-1, 2)
    again = act(two_layer.layout, raw, "hidden", order, sign)
    for site, values in sites_of(tree, two_layer.layout).items():
        np.testing.assert_allclose(again[site], values, atol=1e-12)


@pytest.mark.parametrize("count", [5, 20])
@pytest.mark.parametrize("signed", [True, False])
def test_prices_change_no_assignment(signed, count):
    """Nearest places first (5 and 20: below and above where the solver gets help)."""
    rng = np.random.default_rng(1)
    places = rng.normal(size=(count, 6)) * rng.uniform(0.2, 3, (count, 1))
    neurons = places[rng.permuted(np.tile(np.arange(count), (100, 1)), axis=1)]
    neurons = neurons + rng.choice([0.1, 2.0], (100, 1, 1)) * rng.normal(size=neurons.shape)
    scores = np.einsum("pk,snk->spn", places, neurons)
    plain = assign(scores, signed=signed)
    priced = assign(scores, signed=signed, price=(places**2).sum(axis=1) / 2)
    for one, other in zip(plain, priced, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("signed", [True, False])
def test_assignment_and_margins_against_all_permutations(signed):
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(200, 4, 4))
    order, sign = assign(scores, signed=signed)
    every = list(itertools.permutations(range(4)))
    signs = list(itertools.product((1, -1), repeat=4)) if signed else [(1,) * 4]
    elements = [(p, s) for p in every for s in signs]
    totals = np.array(
        [[sum(s[i] * m[i, p[i]] for i in range(4)) for p, s in elements] for m in scores]
    )
    picked = np.take_along_axis(scores, order[:, :, None], axis=2)[:, :, 0] * sign
    np.testing.assert_allclose(picked.sum(axis=1), totals.max(axis=1))
    placed = np.take_along_axis(scores, order[:, None, :], axis=2) * sign[:, None, :]
    margin = margins(placed, signed=signed)
    for d in range(200):
        best = tuple(order[d]), tuple(sign[d])
        for i in range(4):
            others = [
                t
                for (p, s), t in zip(elements, totals[d], strict=True)
                if (p[i], s[i]) != (best[0][i], best[1][i])
            ]
            assert margin[d, i] == pytest.approx(totals[d].max() - max(others))


def test_moves_compose_as_the_sites_they_move():
    rng = np.random.default_rng(0)
    layout = bn.Layout({"W": ("h", "i"), "V": ("o", "h")}, {"h": "tanh"})
    sites = {"W": rng.normal(size=(9, 5, 2)), "V": rng.normal(size=(9, 3, 5))}

    def random():
        order = rng.permuted(np.tile(np.arange(5), (9, 1)), axis=1)
        return Move(order, rng.choice([-1.0, 1.0], (9, 5)))

    moves = [random() for _ in range(3)]
    step_by_step = sites
    for move in moves:
        step_by_step = act(layout, step_by_step, "h", *move)
    at_once = act(layout, sites, "h", *moves[0].then(moves[1]).then(moves[2]))
    for site, values in step_by_step.items():
        np.testing.assert_array_equal(at_once[site], values)
    assert identity(9, 5).is_identity
    assert not moves[0].is_identity


@pytest.mark.parametrize("name", NETWORKS)
def test_match_returns_the_moves_that_it_makes(name):
    model = bn.load(name, **NETWORKS[name])
    copies, moved = planted(model, noise=0.1, seed=3, count=50)
    matched, moves = match(model.layout, moved, estimate(model.layout, copies), search=True)
    replayed = moved
    for layer, (order, sign) in moves.items():
        assert order.shape == sign.shape == (50, 8)
        replayed = act(model.layout, replayed, layer, order, sign)
    for site, values in matched.items():
        np.testing.assert_array_equal(replayed[site], values)


def test_aligned_draws_are_left_as_they_are(quick):
    once = aligned(quick["svi"])
    assert aligned(once) is once
    np.testing.assert_array_equal(
        once["posterior"]["hidden_weight"], bn.align(quick["svi"])["posterior"]["hidden_weight"]
    )


def test_draws_without_a_layout(sine):
    import arviz as az

    tree = az.from_dict({"posterior": {"w": np.zeros((1, 5, 2))}})
    with pytest.raises(ValueError, match="expected a DataTree with a layout"):
        bn.align(tree)


def test_reference_must_be_aligned(quick):
    with pytest.raises(ValueError, match="draws without a reference"):
        bn.align(quick["svi"], reference=quick["nuts"])


def test_networks_of_two_shapes_do_not_align_together(quick, sine):
    other = bn.load("two_layer", inputs=4, hidden=3, outputs=1)
    wide = bn.laplace(other, *sine, samples=10, starts=1)
    with pytest.raises(ValueError, match="expected one network"):
        bn.align_together({"a": quick["svi"], "b": wide})


def test_margins_of_wide_layers_survive_ties(monkeypatch):
    """Compiled, in single precision: twins must not make other neurons look ambiguous."""
    from bayesneuron.alignment import assignment

    rng = np.random.default_rng(0)
    places = rng.normal(size=(64, 8)) * 10
    places[16:] = places[16]
    draw = places + 0.1 * rng.normal(size=(5, 64, 8))
    scores = np.einsum("pk,snk->spn", places, draw) * 100
    order, sign = assignment.assign(scores, signed=True)
    moved = np.take_along_axis(scores, order[:, None, :], axis=2) * sign[:, None, :]
    fast = assignment.margins(moved, signed=True)
    monkeypatch.setattr(assignment, "_SMALL", 64)
    exact = assignment.margins(moved, signed=True)
    np.testing.assert_allclose(fast, exact, rtol=1e-4, atol=1e-2)
    assert fast[:, :16].min() > 100
    assert np.abs(fast[:, 16:]).max() < fast[:, :16].min()
