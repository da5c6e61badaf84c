"""Merging and pruning: what is redundant goes without a trace, and the rest is a network."""

import itertools
import warnings

import arviz as az
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import pytest
from conftest import NETWORKS, data_for, network, random_sites
from hypothesis import given, settings
from hypothesis import strategies as st

import bayesneuron as bn
from bayesneuron.draws import complete
from bayesneuron.draws.evaluate import evaluate
from bayesneuron.inference import Adam, Newton
from bayesneuron.network.symmetry import act
from bayesneuron.network.width import widths_of, with_width
from bayesneuron.reduction._merge import merge_task, owners
from bayesneuron.reduction.by_partition import merging
from bayesneuron.reduction.path import exchange, keep_order, lost, sums
from bayesneuron.reduction.task import Task

FREE = sorted(set(NETWORKS) - {"nonlinear_pca"})  # orthonormal rows hold no duplicates


def plant(model, sites, layer, source, sign, x):
    """The same functions with one neuron more: a copy of `source`, each sending half."""
    layout = model.layout
    scale = 3.0 if layout.symmetry(layer) == "scale" else 1.0
    sign = sign if layout.signed(layer) else 1.0
    found = {k: np.array(v) for k, v in sites.items()}
    for axis in layout.axes(layer):
        rows = np.moveaxis(found[axis.site], axis.axis + 1, 1)
        one = rows[:, source : source + 1]
        if axis.role == "incoming":
            rows = np.concatenate([rows, sign * scale * one], axis=1)
        else:
            half = one / 2
            rows = np.concatenate([rows, sign / scale * half], axis=1)
            rows[:, source] = half[:, 0]
            if layout.symmetry(layer) == "shift" and sign < 0:  # σ(-a) = 1 - σ(a)
                bias = layout.bias(layout.receiver(axis.site))
                found[bias] = found[bias] + half[:, 0]
        found[axis.site] = np.moveaxis(rows, 1, axis.axis + 1)
    size = widths_of(model, x.shape[1])[layer] + 1
    return with_width(model, layer, size), found


def means(model, sites, x):
    return evaluate(model, sites, np.asarray(x), keep=("mean",))["mean"]


def a_task(name, layer=None, count=5, seed=0):
    model = network(name)
    x, y = (np.asarray(v) for v in data_for(name))
    return Task(model, random_sites(model, count, seed), layer or model.layout.hidden[0], x, y)


@pytest.mark.parametrize("name", FREE)
@settings(max_examples=2)
@given(seed=st.integers(0, 10**6), sign=st.sampled_from([1.0, -1.0]))
def test_planted_duplicates_merge_without_a_trace(name, seed, sign):
    x, y = (np.asarray(v) for v in data_for(name))
    model = network(name)
    for layer in model.layout.hidden:
        sites = random_sites(model, 3, seed)
        size = widths_of(model, x.shape[1])[layer]
        wide, planted = plant(model, sites, layer, seed % size, sign, x)
        before = means(wide, planted, x)
        np.testing.assert_allclose(before, means(model, sites, x), atol=1e-10)
        owner = np.append(np.arange(size), seed % size)
        for centre in ("best", "mean", "leader"):
            merged = merge_task(Task(wide, planted, layer, x, y), owner, centre=centre)
            np.testing.assert_allclose(means(model, merged, x), before, atol=1e-7)
        found = merging(Task(wide, planted, layer, x, y), [size])[size]
        np.testing.assert_allclose(means(model, found, x), before, atol=1e-7)


@pytest.mark.parametrize("name", ["two_layer", "mlp_categorical", "two_layer_relu"])
def test_a_constant_neuron_goes_into_the_bias(name):
    task = a_task(name)
    sites = {k: np.array(v) for k, v in task.sites.items()}
    for axis in task.layout.axes(task.layer):
        if axis.role == "incoming":
            np.moveaxis(sites[axis.site], axis.axis + 1, 1)[:, 0] = (
                2.0 if axis.site == task.layout.bias(task.layer) else 0.0
            )
    before = means(task.model, sites, task.x)
    fixed = Task(task.model, sites, task.layer, task.x, task.y)
    owner = owners([-1, *range(task.width - 1)], task.width)
    small = with_width(task.model, task.layer, task.width - 1)
    np.testing.assert_allclose(means(small, merge_task(fixed, owner), task.x), before, atol=1e-7)


@pytest.mark.parametrize("name", FREE)
def test_merging_does_not_see_the_symmetry(name):
    task = a_task(name, count=4)
    order = np.tile(np.arange(task.width)[::-1], (task.count, 1))
    sign = np.ones(order.shape)
    if task.layout.signed(task.layer):
        sign[:, 0] = -1.0
    moved = Task(task.model, act(task.layout, task.sites, task.layer, order, sign), task.layer,
                 task.x, task.y)  # fmt: skip
    size = task.width - 1
    small = with_width(task.model, task.layer, size)
    first, second = (means(small, merging(t, [size])[size], task.x) for t in (task, moved))
    np.testing.assert_allclose(first, second, atol=1e-6)


def test_orthonormal_layers_stay_orthonormal():
    task = a_task("nonlinear_pca")
    found = merging(task, [1])[1]
    for site in ("hidden_weight", "output_weight"):
        w = found[site]
        gram = w @ np.swapaxes(w, 1, 2)
        np.testing.assert_allclose(gram, np.broadcast_to(np.eye(1), gram.shape), atol=1e-10)


def test_exchange_finds_the_best_subset():
    rng = np.random.default_rng(1)
    for _ in range(10):
        a = rng.normal(size=(2, 60, 4)) @ rng.normal(size=(4, 8)) + 0.1 * rng.normal(
            size=(2, 60, 8)
        )
        m = sums(a, rng.normal(size=(2, 8, 3)), constant=True)
        every = [lost(m, np.array(c)) for c in itertools.combinations(range(8), 3)]
        greedy = keep_order(m, 3)
        found = lost(m, exchange(m, greedy))
        assert found <= lost(m, greedy) + 1e-12
        assert sum(v < found - 1e-12 for v in every) <= 3  # of 56: local, but among the best


@pytest.fixture(scope="module")
def drawn():
    model = bn.load("two_layer", inputs=4, hidden=3, outputs=1)
    x, y = data_for("two_layer")
    return model, bn.laplace(model, x, y, samples=120, starts=4), x, y


def test_merged_draws_are_as_any_other(drawn, tmp_path):
    model, draws, x, y = drawn
    small, fewer = bn.merge(draws, [0, 1, 0], x, y)
    assert dict(small.options) == {**model.options, "hidden": 2}
    assert fewer.posterior["hidden_weight"].shape == (1, 120, 2, 4)
    assert len(az.summary(fewer, var_names=["hidden_weight"])) == 8
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # large Pareto k: these are no posterior's draws
        assert np.isfinite(az.loo(complete(fewer)).elpd)
    bn.save(fewer, tmp_path / "merged.nc")
    again = bn.open(tmp_path / "merged.nc")
    assert again.posterior.equals(fewer.posterior)
    assert bn.neurons(again)["hidden"].mean.shape == (2, 6)
    assert bn.predict(again, x).predictions["mean"].shape == (1, 120, len(x), 1)
    assert fewer.attrs["scale"] == draws.attrs["scale"]
    by_data_within = bn.merge(draws, [{0, 2}, {1}]).draws
    np.testing.assert_array_equal(by_data_within.posterior["noise"], fewer.posterior["noise"])


def test_pruning_nothing_changes_nothing(drawn):
    model, draws, x, y = drawn
    aligned = bn.align(draws)
    for compensate in (True, False):
        small, same = bn.prune(draws, x, y, keep=[0, 1, 2], compensate=compensate)
        assert small == model
        for site in ("hidden_weight", "output_weight", "output_bias"):
            np.testing.assert_allclose(same.posterior[site], aligned.posterior[site], atol=1e-6)


def test_compensation_helps(drawn):
    _, draws, x, y = drawn
    full = np.asarray(bn.predict(draws, x).predictions["mean"])
    left = {}
    for compensate in (True, False):
        fewer = bn.prune(draws, x, y, keep=np.array([True, True, False]), compensate=compensate)[1]
        left[compensate] = np.mean(
            (np.asarray(bn.predict(fewer, x).predictions["mean"]) - full) ** 2
        )
    assert left[True] < left[False]


def test_a_smaller_network_starts_a_sampler(drawn):
    _, draws, x, y = drawn
    small, fewer = bn.merge(draws, [0, 1, 1], x, y)
    again = bn.bootstrap(small, x, y, replicates=4, optimizer=Adam(epochs=2), start=fewer)
    assert again.posterior["hidden_weight"].shape == (1, 4, 2, 4)


def test_refit_lowers_the_loss_and_leaves_frozen_weights(drawn):
    _, draws, x, y = drawn
    _, fewer = bn.prune(draws, x, y, keep=[0])
    free = {"hidden_weight": np.zeros((1, 4), bool), "hidden_bias": np.zeros(1, bool)}
    refitted = bn.refit(fewer, optimizer=Adam(epochs=20, learning_rate=1e-2), free=free)
    before, after = (
        float(complete(t)["log_likelihood"]["y"].sum("observation").mean())
        for t in (fewer, refitted)
    )
    assert after > before
    kept = refitted.posterior["hidden_weight"]
    np.testing.assert_allclose(kept, fewer.posterior["hidden_weight"], rtol=1e-6)
    same = bn.refit(fewer, optimizer=Adam(epochs=20, learning_rate=1e-2), free=free)
    assert same.posterior.equals(refitted.posterior)
    with pytest.raises(ValueError, match="free, hidden_bias: expected shape"):
        bn.refit(fewer, free={"hidden_bias": np.ones(3, bool)})
    with pytest.raises(ValueError, match="free: expected none with Newton"):
        bn.refit(fewer, free=free, optimizer="newton")
    settled = bn.refit(fewer, optimizer=Newton(max_steps=50))
    assert float(complete(settled)["log_likelihood"]["y"].sum("observation").mean()) > after


def test_reduce_finds_how_many_neurons_there_are():
    """Two neurons made the data; a network of two, widened by copies, is reduced to them."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 2))
    y = np.tanh(2 * x[:, :1]) - np.tanh(2 * x[:, 1:]) + 0.05 * rng.normal(size=(200, 1))
    model = bn.load("two_layer", inputs=2, hidden=2, outputs=1)
    draws = bn.align(bn.laplace(model, x, y, samples=100, starts=10))
    sites = {k: np.asarray(v)[0] for k, v in draws.posterior.data_vars.items()}
    wide, planted = model, sites
    for source, sign in ((0, 1.0), (1, -1.0), (0, -1.0)):
        wide, planted = plant(wide, planted, "hidden", source, sign, x)
    many = bn.from_arrays(planted, layout=wide.layout)
    for test in (None, (x[:50], y[:50])):
        found = bn.reduce(many, x, y, test=test, model=wide)
        assert found.widths == {"hidden": 2}
        assert found.scored == ("loo" if test is None else "test")
        assert found.curve["chosen"].sum() == 1
        assert found.curve["hidden"].is_monotonic_increasing
        row = found.curve[found.curve["chosen"]].iloc[0]
        assert row["parameters"] == 2 * 2 + 2 + 2 + 1
        assert row["loss"] <= row["loss_se"] + 1e-3
        assert found.draws.posterior["hidden_weight"].shape == (1, 100, 2, 2)


def test_layers_are_reduced_together():
    model = network("mlp")
    x, y = data_for("mlp")
    draws = bn.laplace(model, x, y, samples=60, starts=2)
    found = bn.reduce(draws, sizes=[(1, 1), (2, 1)])
    assert found.curve[["hidden1", "hidden2"]].to_numpy().tolist() == [[1, 1], [2, 1], [3, 2]]
    one = bn.reduce(draws, layer="hidden2", sizes=[1])
    assert one.curve["hidden2"].tolist() == [1, 2]
    with pytest.raises(ValueError, match="sizes: expected one number a layer"):
        bn.reduce(draws, sizes=[3])


def test_a_model_of_the_users_own():
    def mine(x, y=None, *, width):
        w = numpyro.sample("W", dist.Normal(0, 1).expand([x.shape[1], width]).to_event(2))
        v = numpyro.sample("V", dist.Normal(0, 1).expand([1, width]).to_event(2))
        h = numpyro.deterministic("hidden_activation", jnp.tanh(x @ w))
        mean = numpyro.deterministic("mean", h @ v.T)
        with numpyro.plate("observation", x.shape[0]):
            numpyro.sample("y", dist.Normal(mean, 0.2).to_event(1), obs=y)

    def silent(x, y=None, *, width):
        with numpyro.handlers.block(hide=["hidden_activation"]):
            mine(x, y, width=width)

    layout = bn.Layout({"W": ("input", "hidden"), "V": ("output", "hidden")}, {"hidden": "tanh"},
                       into={"W": 1}, widths={"hidden": "width"})  # fmt: skip
    x, y = data_for("two_layer")
    model = bn.load(mine, layout=layout, width=3)
    draws = bn.laplace(model, x, y, samples=20, starts=2)
    small, fewer = bn.merge(draws, [0, 0, 1], model=model)
    assert small.options == {"width": 2}
    assert fewer.posterior["W"].shape == (1, 20, 4, 2)
    with pytest.raises(ValueError, match="expected model= as well"):
        bn.merge(draws, [0, 0, 1])
    with pytest.raises(ValueError, match="hidden_activation"):
        bn.merge(draws, [0, 0, 1], model=bn.load(silent, layout=layout, width=3))


def test_clear_errors(drawn):
    _, draws, x, y = drawn
    for partition, message in (
        ([0, 1], "partition: expected 3 whole numbers"),
        ([-1, -1, -1], "every neuron dropped"),
        ([[0, 1], [1, 2]], "expected groups of neurons 0 to 2"),
        ([0.5, 1, 2], "partition: expected 3 whole numbers"),
    ):
        with pytest.raises(ValueError, match=message):
            bn.merge(draws, partition, x, y)
    for keep in ([], [0, 0], [3], [True, False]):
        with pytest.raises(ValueError, match="keep: expected"):
            bn.prune(draws, x, y, keep=keep)
    with pytest.raises(ValueError, match="centre: expected one of"):
        bn.merge(draws, [0, 1, 2], centre="median")
    with pytest.raises(ValueError, match="both x and y"):
        bn.merge(draws, [0, 1, 2], x)
    with pytest.raises(ValueError, match="layer: expected one of"):
        bn.merge(draws, [0, 1, 2], layer="output")
