"""Merging and pruning: what is redundant goes without a trace, and the rest is a network."""

import itertools
import warnings

import arviz as az
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import pytest
from conftest import GATED, data_for, network, random_sites
from hypothesis import given, settings
from hypothesis import strategies as st
from reduction_cases import FREE, a_task, means, plant

import bayesneuron as bn
from bayesneuron.draws import complete
from bayesneuron.inference import Adam, Newton
from bayesneuron.network.symmetry import act
from bayesneuron.network.width import widths_of, with_width
from bayesneuron.reduction import leader_merging
from bayesneuron.reduction._merge import merge_task
from bayesneuron.reduction.partition import owners
from bayesneuron.reduction.path import exchange, keep_order, lost, sums
from bayesneuron.reduction.task import Task


@pytest.mark.parametrize("name", [*FREE, *GATED])
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
        reduced = leader_merging(Task(wide, planted, layer, x, y), [size])[size]
        np.testing.assert_allclose(means(model, reduced, x), before, atol=1e-7)


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
    first, second = (means(small, leader_merging(t, [size])[size], task.x) for t in (task, moved))
    np.testing.assert_allclose(first, second, atol=1e-6)


def test_orthonormal_layers_stay_orthonormal():
    task = a_task("nonlinear_pca")
    reduced = leader_merging(task, [1])[1]
    for site in ("hidden_weight", "output_weight"):
        w = reduced[site]
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
        share = lost(m, exchange(m, greedy))
        assert share <= lost(m, greedy) + 1e-12
        assert sum(v < share - 1e-12 for v in every) <= 3  # of 56: local, but among the best


@pytest.fixture(scope="module")
def drawn():
    model = bn.load("two_layer", inputs=4, hidden=3, outputs=1)
    x, y = data_for("two_layer")
    return model, bn.laplace(model, x, y, samples=120, starts=4, linearise=False), x, y


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
        small, same = bn.prune(draws, [0, 1, 2], x, y, compensate=compensate)
        assert small == model
        for site in ("hidden_weight", "output_weight", "output_bias"):
            np.testing.assert_allclose(same.posterior[site], aligned.posterior[site], atol=1e-6)


def test_compensation_helps(drawn):
    _, draws, x, y = drawn
    full = np.asarray(bn.predict(draws, x).predictions["mean"])
    left = {}
    for compensate in (True, False):
        fewer = bn.prune(draws, np.array([True, True, False]), x, y, compensate=compensate)[1]
        left[compensate] = np.mean(
            (np.asarray(bn.predict(fewer, x).predictions["mean"]) - full) ** 2
        )
    assert left[True] < left[False]


def test_a_smaller_network_starts_a_sampler(drawn):
    _, draws, x, y = drawn
    small, fewer = bn.merge(draws, [0, 1, 1], x, y)
    again = bn.bootstrap(small, x, y, replicates=4, optimizer=Adam(epochs=2), start=fewer)
    assert again.posterior["hidden_weight"].shape == (1, 4, 2, 4)


@pytest.mark.slow
def test_refit_lowers_the_loss_and_leaves_frozen_weights(drawn):
    _, draws, x, y = drawn
    _, fewer = bn.prune(draws, [0], x, y)
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


def test_layers_merge_by_name_front_to_back():
    model = network("mlp")  # 4-(3, 2)-1
    x, y = data_for("mlp")
    draws = bn.align(bn.laplace(model, x, y, samples=10, starts=2, linearise=False))
    small, fewer = bn.merge(draws, {"hidden2": [0, 0], "hidden1": [[0, 2], [1]]})
    assert tuple(small.options["hidden"]) == (2, 1)
    assert fewer.posterior["hidden2_weight"].shape == (1, 10, 1, 2)
    alone = bn.merge(draws, {"hidden1": [0, 1, 0]}).draws.posterior
    assert alone.equals(bn.merge(draws, [0, 1, 0], layer="hidden1").draws.posterior)
    named = [["hidden1[0]", "hidden1[2]"], ["hidden1[1]"]]
    assert alone.equals(bn.merge(draws, named, layer="hidden1").draws.posterior)
    for partition, options, message in (
        ({"hidden3": [0]}, {}, "expected a partition for some of the layers"),
        ({}, {}, "got none"),
        ({"hidden1": [0, 1, 0]}, {"layer": "hidden2"}, "layer: expected the partition's"),
        ("hidden1", {}, "got the name 'hidden1'; a layer is named by layer="),
        (["hidden1"], {"layer": "hidden1"}, "expected 3 whole numbers"),
        ({"hidden1": "hidden2"}, {}, "got 'hidden2'"),
        ([["hidden2[0]", "hidden2[1]"]], {"layer": "hidden1"}, "expected neurons of 'hidden1'"),
        ([0, 1, 0], {}, "layer: expected one of"),
    ):
        with pytest.raises(ValueError, match=message):
            bn.merge(draws, partition, **options)


def test_a_smaller_network_prints_on_one_screen(drawn):
    _, draws, _, _ = drawn
    reduced = bn.merge(draws, [0, 1, 0])
    assert reduced.table()["neurons"].to_dict() == {"hidden": 2, "output": 1}
    assert reduced.table()["parameters"].to_dict() == {"hidden": 10, "output": 3}
    assert repr(reduced).startswith("Reduced two_layer: 1 chain of 120 draws")
    assert len(repr(reduced).splitlines()) < 20
    assert "<table" in reduced._repr_html_()


def test_clear_errors(drawn):
    _, draws, x, y = drawn
    for partition, message in (
        ([0, 1], "partition: expected 3 whole numbers"),
        ([-1, -1, -1], "every neuron dropped"),
        ([[0, 1], [1, 2]], "expected groups of neurons 0 to 2"),
        ([0.5, 1, 2], "partition: expected 3 whole numbers"),
        ([0, 1, np.nan], "partition: expected 3 whole numbers"),
    ):
        with pytest.raises(ValueError, match=message):
            bn.merge(draws, partition, x, y)
    for keep in ([], [0, 0], [3], [True, False], [np.nan], "hidden", [0.5]):
        with pytest.raises(ValueError, match="keep: expected"):
            bn.prune(draws, keep, x, y)
    for ridge in (np.nan, -1.0, np.inf):
        with pytest.raises(ValueError, match="ridge: expected a finite number"):
            bn.merge(draws, [0, 1, 2], ridge=ridge)
        with pytest.raises(ValueError, match="ridge: expected a finite number"):
            bn.prune(draws, [0], ridge=ridge)
    with pytest.raises(ValueError, match="centre: expected one of"):
        bn.merge(draws, [0, 1, 2], centre="median")
    with pytest.raises(ValueError, match="x: expected the inputs that y was observed at"):
        bn.merge(draws, [0, 1, 2], y=y)
    with pytest.raises(ValueError, match="layer: expected one of"):
        bn.merge(draws, [0, 1, 2], layer="output")


def test_inputs_alone_are_enough(quick, sine):
    """Targets play no part; the result carries them, or no data."""
    draws, (x, y) = quick["laplace"], sine
    for small in (
        lambda *data: bn.merge(draws, [0, 0], *data),
        lambda *data: bn.prune(draws, [1], *data),
    ):
        whole, alone = small(x, y).draws, small(x).draws
        for name, values in whole.posterior.data_vars.items():
            np.testing.assert_allclose(alone.posterior[name], values, rtol=1e-12)
        assert "observed_data" in whole.children
        assert "observed_data" not in alone.children
        np.testing.assert_allclose(
            bn.predict(alone, x).predictions["mean"], bn.predict(whole, x).predictions["mean"]
        )


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::bayesneuron.StatisticalWarning")
def test_draws_do_not_become_better_by_being_reduced():
    x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    draws = bn.laplace(bn.load("two_layer", inputs=3, hidden=3, outputs=1), x, y, samples=20)
    draws.attrs["pareto_k"] = 0.9
    for small in (bn.merge(draws, [0, 1, 1]), bn.prune(draws, [0, 1], x, y)):
        again = bn.merge(small.draws, np.zeros(2, int), x, y)
        for reduced in (small.draws, again.draws):
            found = [f for f in bn.diagnose(reduced).findings if f.cause == "poor fit"]
            assert [f.serious for f in found] == [True]
            assert "reduced from have Pareto k 0.90" in found[0].evidence
