"""Relevance of neurons: closed forms, planted structure recovered, invariances."""

import warnings
from functools import cache

import jax
import matplotlib.pyplot as plt
import numpy as np
import pytest
from conftest import data_for, network, random_sites
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

import bayesneuron as bn
from bayesneuron.draws.evaluate import evaluate
from bayesneuron.network.arrays import as_arrays
from bayesneuron.network.symmetry import act
from bayesneuron.network.width import with_width
from bayesneuron.plots._relevance import relevance as plot_relevance
from bayesneuron.reduction.task import Task, select
from bayesneuron.structure import relevance
from bayesneuron.structure.removal import remove_each

PLANTED = ("dead", "constant", "duplicate", "duplicate")


@cache
def trained(name, seed):
    """A small network, its aligned draws (all of whose neurons are live) and data."""
    if name == "mlp":
        x, y = (np.asarray(v)[seed::4][:37] for v in bn.datasets.iris())  # one shape, one program
        classes = {"outputs": 3, "likelihood": "categorical", "prior": "normal"}
        model = bn.load("mlp", inputs=4, hidden=(3, 2), **classes)
    else:
        series = bn.datasets.noisy_sine(length=70, period=12.0, seed=seed)
        x, y = (np.asarray(v) for v in bn.windows(series, 4, 1, standardize="maxabs"))
        model = bn.load(name, inputs=4, hidden=3, outputs=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bn.StatisticalWarning)
        draws = bn.align(bn.laplace(model, x, y, samples=40, starts=8, seed=seed))
    return model, {str(k): np.asarray(v)[0] for k, v in draws["posterior"].data_vars.items()}, x, y


def plant(model, sites, layer, seed):
    """The same function of every draw; behind the n neurons of `layer` a dead one, a constant
    one, a copy of 0, a flipped copy of 1."""
    rng = np.random.default_rng(seed)
    layout, planted = model.layout, {k: v.copy() for k, v in sites.items()}
    parts = {"incoming": [], "outgoing": []}
    for axis in layout.axes(layer):
        parts[axis.role].append(axis)
    for axis in parts["incoming"]:
        rows = np.moveaxis(planted[axis.site], axis.axis + 1, 1)
        is_bias = rows.ndim == 2
        dead = rng.normal(size=rows[:, :1].shape)
        constant = np.full_like(dead, 2.0) if is_bias else np.zeros_like(dead)
        new = np.concatenate([rows, dead, constant, rows[:, :1], -rows[:, 1:2]], axis=1)
        planted[axis.site] = np.moveaxis(new, 1, axis.axis + 1)
    for axis in parts["outgoing"]:
        rows = np.moveaxis(planted[axis.site], axis.axis + 1, 1).copy()
        constant = rng.normal(size=rows[:, :1].shape)
        copies = np.stack([0.3 * rows[:, 0], -0.4 * rows[:, 1]], axis=1)
        rows[:, 0] *= 0.7
        rows[:, 1] *= 0.6
        new = np.concatenate([rows, 0 * constant, constant, copies], axis=1)
        planted[axis.site] = np.moveaxis(new, 1, axis.axis + 1)
        bias = layout.bias(layout.receiver(axis.site))
        planted[bias] = planted[bias] - np.tanh(2.0) * constant[:, 0]
    wide = with_width(model, layer, rows.shape[1] + 4)
    return wide, planted


def as_draws(model, sites, aligned=True):
    draws = bn.from_arrays(sites, model=model)
    if aligned:
        draws.attrs["aligned"] = 1
    return draws


CASES = [("two_layer", "hidden"), ("mlp", "hidden1"), ("mlp", "hidden2")]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("name", "layer"), CASES)
def test_planted_neurons_get_their_verdict_and_live_ones_theirs(name, layer, seed):
    model, sites, x, y = trained(name, seed)
    wide, planted = plant(model, sites, layer, seed)
    before = relevance(as_draws(model, sites), x, layer=layer)
    result = relevance(as_draws(wide, planted), x, y, layer=layer)
    n = len(before.verdict)
    assert before.verdict == ("live",) * n
    assert {*result.verdict[:n]} <= {"live", "redundant"}
    copies = [f"duplicate of {layer}[0]", f"duplicate of {layer}[1]"]
    assert result.verdict[n:] == ("dead", "constant", *copies)
    assert result.removed is not None
    assert result.taken_over is not None
    assert set(result.order[-2:]) == {n, n + 1}
    # the dead and the constant one do nothing
    np.testing.assert_allclose(result.removed.elpd[n : n + 2], 0, atol=1e-8)
    np.testing.assert_allclose(result.taken_over.elpd[n:], 0, atol=1e-3)
    np.testing.assert_allclose(result.unique[:, n:], 0, atol=1e-6)
    assert (result.taken_over.elpd[:2] > -1e-3).all()  # the copies can do it alone
    # a copy takes part of its original's share, and the sum is still 1
    np.testing.assert_allclose(result.share.sum(axis=1), 1)
    split = result.share[:, 0] + result.share[:, n + 2]
    np.testing.assert_allclose(split, before.share[:, 0], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_planted_neurons_are_found_among_shuffled_draws(seed):
    model, sites, x, _ = trained("two_layer", seed)
    wide, planted = plant(model, sites, "hidden", seed)
    rng = np.random.default_rng(seed)
    order = rng.permuted(np.tile(np.arange(7), (40, 1)), axis=1)
    sign = rng.choice([-1.0, 1.0], (40, 7))

    def shuffled(values, **options):
        moved = act(wide.layout, values, "hidden", order, sign)
        return relevance(as_draws(wide, moved, False), x, **options)

    # draw by draw, however wide: alignment is not needed to count them
    none_negligible = {"thresholds": bn.Thresholds(negligible=0.0)}
    alone = relevance(as_draws(model, sites), x, **none_negligible)
    np.testing.assert_array_equal(shuffled(planted, **none_negligible).live, alone.live)
    # by name where neurons can be distinguished
    tight = {k: v.mean(axis=0) + 0.1 * (v - v.mean(axis=0)) for k, v in planted.items()}
    words = [w.split()[0] for w in shuffled(tight).verdict]
    assert sorted(words) == sorted([*PLANTED, *["live"] * 3])


def test_two_orthogonal_linear_neurons():
    """y = diag(2, 1) x with orthogonal x: everything by hand."""
    model = bn.load("two_layer", inputs=2, hidden=2, outputs=2, activation="identity", noise=0.5)
    x = np.array([[6.0, 1.0], [6.0, -1.0], [4.0, 1.0], [4.0, -1.0]])
    sites = {
        "hidden_weight": np.eye(2)[None],
        "hidden_bias": np.zeros((1, 2)),
        "output_weight": np.diag([2.0, 1.0])[None],
        "output_bias": np.zeros((1, 2)),
    }
    result = relevance(as_draws(model, sites), x, x * [2.0, 1.0])
    for share in (result.share, result.gross, result.unique):
        np.testing.assert_allclose(share, [[0.8, 0.2]], rtol=1e-9)
    np.testing.assert_allclose(result.effect, [[2.0, 1.0]])
    # residuals are the contribution about its mean, which moved into the bias
    expected = -np.array([4.0, 1.0]) / (2 * 0.5**2)
    for removed in (result.removed, result.taken_over):
        np.testing.assert_allclose(removed.expected, np.tile(expected, (4, 1)).T, rtol=1e-6)
        np.testing.assert_allclose(removed.elpd, 4 * expected, rtol=1e-6)
        np.testing.assert_allclose(removed.se, 0, atol=1e-6)
    aligned = relevance(as_draws(model, sites, aligned=False), x)  # principal axes: the same
    np.testing.assert_allclose(aligned.share, result.share)


@pytest.mark.parametrize("name", ["mlp", "rnn"])
def test_removal_is_the_smaller_network(name):
    """Without the neuron's own contribution to the bias: the network with that neuron cut out."""
    model, layer = network(name), {"mlp": "hidden1", "rnn": "hidden"}[name]
    x, y = (np.asarray(v) for v in data_for(name))
    x, y = as_arrays(model, x, y)
    sites = random_sites(model, 5, 0)
    task = Task(model, sites, layer, x, y)
    none = np.zeros((5, task.width, task.width))
    with jax.enable_x64(True):
        result = remove_each(
            model, sites, layer, x, y, coefficients=none, remainder=np.zeros((5, task.width))
        )
        full = evaluate(model, sites, x, y)["log_likelihood"]
        for i in range(task.width):
            keep = np.delete(np.arange(task.width), i)
            small = with_width(model, layer, task.width - 1)
            cut = evaluate(small, select(task, keep), x, y)["log_likelihood"]
            np.testing.assert_allclose(result.expected[i], (cut - full).mean(axis=0), rtol=1e-8)
            difference = np.logaddexp.reduce(cut) - np.logaddexp.reduce(full)
            np.testing.assert_allclose(result.pointwise[i], difference, rtol=1e-8, atol=1e-9)


def test_orthonormal_weights_are_set_past_their_polar_map():
    model, (x, y) = network("nonlinear_pca"), (np.asarray(v) for v in data_for("nonlinear_pca"))
    rng = np.random.default_rng(0)
    w = np.swapaxes(np.linalg.qr(rng.normal(size=(5, 4, 2)))[0], 1, 2)  # (draw, hidden, input)
    v = np.swapaxes(np.linalg.qr(rng.normal(size=(5, 2, 1)))[0], 1, 2)
    b, c, noise = rng.normal(size=(5, 2)), rng.normal(size=(5, 1)), rng.uniform(0.2, 1, size=5)
    sites = {"hidden_weight": w, "hidden_free": w, "output_weight": v, "output_free": v}
    sites |= {"hidden_bias": b, "output_bias": c, "noise": noise}
    result = relevance(as_draws(model, sites), x, y)
    h = np.tanh(x @ np.swapaxes(w, 1, 2) + b[:, None])

    def log_density(h):
        mean = h @ np.swapaxes(v, 1, 2) + c[:, None]
        return norm.logpdf(y.reshape(len(x), 1), mean, noise[:, None, None])[..., 0]

    for i in range(2):
        cut = h.copy()
        cut[:, :, i] = h[:, :, i].mean(axis=1, keepdims=True)
        expected = (log_density(cut) - log_density(h)).mean(axis=0)
        np.testing.assert_allclose(result.removed.expected[i], expected, rtol=1e-5, atol=1e-6)
    realigned = relevance(as_draws(model, sites, aligned=False), x)
    np.testing.assert_allclose(np.sort(realigned.share), np.sort(result.share))


@pytest.mark.parametrize("name", ["rnn", "mlp"])
def test_every_network(name):
    model, (x, y) = network(name), data_for(name)
    sites = random_sites(model, 5, 0)
    draws = as_draws(model, sites, aligned=False)
    for layer in model.layout.hidden:
        result = relevance(draws, x, y, layer=layer)
        np.testing.assert_allclose(result.share.sum(axis=1), 1)
        assert (result.unique <= result.gross + 1e-12).all()
        assert result.table().notna().all(axis=None)
        assert sorted(result.order) == list(range(len(result.verdict)))


@settings(max_examples=5)
@given(seed=st.integers(0, 10**6))
def test_permutations_and_signs_move_everything_along(seed):
    model, sites, x, y = trained("two_layer", 0)
    rng = np.random.default_rng(seed)
    order = rng.permutation(3)
    signs = np.broadcast_to(rng.choice([-1.0, 1.0], 3), (40, 3))
    moved = act(model.layout, sites, "hidden", np.broadcast_to(order, (40, 3)), signs)
    a, b = (relevance(as_draws(model, s), x, y) for s in (sites, moved))
    columns = [c for c in a.table().columns if c != "verdict"]
    expected = a.table().iloc[order][columns]
    np.testing.assert_allclose(b.table()[columns], expected, rtol=1e-6, atol=1e-9)
    assert b.verdict == tuple(a.verdict[i] for i in order)


def test_an_unneeded_neuron_is_irrelevant_and_a_few_draws_will_do():
    model, sites, x, y = trained("two_layer", 0)
    weak = {k: v.copy() for k, v in sites.items()}
    weak["output_weight"][:, :, 2] *= 1e-2
    draws = as_draws(model, weak)
    few = {"most": 20, "seed": 3, "thresholds": bn.Thresholds(redundant=0.0)}
    result, again = (relevance(draws, x, y, **few) for _ in range(2))
    assert result.verdict == ("live", "live", "irrelevant")
    assert result.share.shape == (20, 3)
    assert repr(again) == repr(result)
    np.testing.assert_array_equal(again.taken_over.pointwise, result.taken_over.pointwise)
    assert "1 irrelevant, 2 live" in repr(result)
    bare = relevance(draws, x)
    assert bare.removed is None
    assert bare.table()["removed"].isna().all()
    assert "removed" not in repr(bare)
    for one in (result, result.removed):
        assert max(map(len, repr(one).splitlines())) <= 130
        assert "<table" in one._repr_html_()
    assert list(result.removed.table()["elpd"]) == list(result.removed.elpd)


def test_the_figure():
    model, sites, x, _ = trained("two_layer", 0)
    wide, planted = plant(model, sites, "hidden", 0)
    result = relevance(as_draws(wide, planted), x)
    axes = plt.figure().add_subplot()
    assert plot_relevance(result, ax=axes) is axes
    assert [t.get_text() for t in axes.get_yticklabels()][:1] == [result.names[result.order[0]]]
    labels = {t.get_text() for t in axes.get_legend().get_texts()}
    assert labels == {"live (3)", "duplicate (2)", "constant (1)", "dead (1)", "equal share"}
    assert axes.get_xlabel()
    plt.close("all")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layer": "nowhere"}, "layer: expected one of"),
        ({"most": 0}, "most: expected a positive"),
    ],
)
def test_bad_calls(options, message):
    model, sites, x, y = trained("two_layer", 0)
    with pytest.raises(ValueError, match=message):
        relevance(as_draws(model, sites), x, y, **options)


def test_a_missing_noise_scale_is_missed_with_y_only():
    model, sites, x, y = trained("two_layer", 0)
    draws = as_draws(model, {k: v for k, v in sites.items() if k != "noise"})
    assert relevance(draws, x).verdict == ("live",) * 3
    with pytest.raises(ValueError, match="missing"):
        relevance(draws, x, y)


def test_the_data_that_draws_carry_are_the_default():
    (x, y), model = data_for("two_layer"), network("two_layer")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bn.StatisticalWarning)
        draws = bn.laplace(model, x, y, samples=20, starts=2)
    carried, named = relevance(draws), relevance(draws, x, y)
    np.testing.assert_array_equal(carried.share, named.share)
    np.testing.assert_array_equal(carried.removed.pointwise, named.removed.pointwise)
    with pytest.raises(ValueError, match="got y alone"):
        relevance(draws, y=y)
    with pytest.raises(ValueError, match="these draws carry none"):
        relevance(as_draws(*trained("two_layer", 0)[:2]))
