"""Ways to prune neurons: what must vanish does, what makes up for it is enough."""

from functools import cache
from itertools import combinations

import jax
import numpy as np
import pytest
from conftest import NETWORKS, data_for, network, random_sites

import bayesneuron as bn
from bayesneuron import baselines
from bayesneuron.draws.evaluate import evaluate
from bayesneuron.network.width import widths_of, with_width
from bayesneuron.numerics.precision import double
from bayesneuron.reduction.baselines.flat import (
    flatten,
    hessian_diagonals,
    hessian_rows,
    losses,
    split,
)
from bayesneuron.reduction.baselines.simplex import simplex_qp
from bayesneuron.reduction.task import Task

METHODS = {
    "magnitude": baselines.magnitude,
    "random": baselines.random,
    "obd": baselines.obd,
    "obs": baselines.obs,
    "correlation": baselines.activation_correlation,
    "qpfs": baselines.prune_qpfs,
}
OPTIONS = [
    ("magnitude", {}),
    ("magnitude", {"norm": "product"}),
    ("random", {}),
    ("obd", {}),
    ("obd", {"one_shot": False, "curvature": "fisher"}),
    ("obs", {}),
    ("obs", {"compensate": "all", "curvature": "hessian", "refresh": 1.0, "damping": 1e-2}),
    ("obs", {"curvature": "layer"}),
    ("correlation", {}),
    ("correlation", {"adjust": True}),
    ("qpfs", {}),
]


@cache
def task_of(name, draws=3, layer=None):
    model = network(name)
    x, y = (np.asarray(v) for v in data_for(name))
    y = y.astype(int) if name.endswith("categorical") else y.reshape(len(x), -1)
    return Task(model, random_sites(model, draws, seed=1), layer or model.layout.hidden[0], x, y)


def wide(hidden=6, draws=2, *, seed=0, outputs=2, model="two_layer", **options):
    network = bn.load(model, inputs=3, hidden=hidden, outputs=outputs, **options)
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(50, 3)), rng.normal(size=(50, outputs))
    sites = {k: np.array(v) for k, v in random_sites(network, draws, seed=seed).items()}
    return Task(network, sites, network.layout.hidden[0], x, y)


@double
def outputs(task, sites):
    size = sites[next(a.site for a in task.layout.axes(task.layer) if a.axis == 0)].shape[1]
    model = with_width(task.model, task.layer, size)
    return evaluate(model, sites, task.x, keep=("mean",))["mean"]


# every method by default on every network, its variants on those that differ most
CASES = [
    pytest.param(
        name,
        options,
        id=f"{name}-{options[0]}-{'-'.join(map(str, options[1].values()))}",
        marks=[pytest.mark.slow] if options[1] and name not in ("rnn", "nonlinear_pca") else [],
    )
    for name in NETWORKS
    for options in OPTIONS
]


@pytest.mark.parametrize(("name", "options"), CASES)
def test_every_method_on_every_network(name, options):
    method, chosen = options
    for layer in network(name).layout.hidden:
        task = task_of(name, layer=layer)
        pruned = METHODS[method](task, [task.width, 1], **chosen)
        assert set(pruned) == {task.width, 1}
        for size, sites in pruned.items():
            width = widths_of(with_width(task.model, layer, size), inputs=4)
            for site, dims in task.layout.sites.items():
                assert sites[site].shape == (task.count, *(width[d] for d in dims))
            mean = outputs(task, sites)
            assert np.isfinite(mean).all()
            if size == task.width:
                whole = outputs(task, task.sites)
                np.testing.assert_allclose(mean, whole, atol=1e-5)  # prior draws are single
        for free in task.layout.auxiliary:
            singular = np.linalg.svd(pruned[1][free], compute_uv=False)
            np.testing.assert_allclose(singular, 1.0, atol=1e-6)


@pytest.mark.parametrize("options", [*OPTIONS[3:8], ("magnitude", {"norm": "outgoing"})], ids=str)
@pytest.mark.parametrize("name", ["rnn", "mlp"])
def test_a_silent_neuron_goes_first_and_nothing_changes(name, options):
    method, chosen = options
    hidden = (5, 3) if name == "mlp" else 5
    model = bn.load(name, inputs=1 if name == "rnn" else 3, hidden=hidden, outputs=1)
    sites = {k: np.array(v, float) for k, v in random_sites(model, 2, seed=3).items()}
    layer = model.layout.hidden[0]
    for axis in model.layout.axes(layer):
        if axis.role == "outgoing":
            np.moveaxis(sites[axis.site], axis.axis + 1, 1)[:, 2] = 0
    rng = np.random.default_rng(0)
    task = Task(model, sites, layer, rng.normal(size=(30, 3)), rng.normal(size=(30, 1)))
    pruned = METHODS[method](task, 4, **chosen)[4]
    site = "input_weight" if name == "rnn" else f"{layer}_weight"
    np.testing.assert_allclose(pruned[site], np.delete(sites[site], 2, axis=1), atol=1e-12)
    np.testing.assert_allclose(outputs(task, pruned), outputs(task, sites), atol=1e-12)


@pytest.mark.parametrize("name", ["magnitude", "random", "obd", "correlation", "qpfs"])
def test_sizes_are_nested_and_weights_untouched(name):
    task = wide()
    pruned = METHODS[name](task, [4, 2, 1], seed=5)
    kept = {k: [set(b) for b in v["hidden_bias"]] for k, v in pruned.items()}
    for small, large in ((1, 2), (2, 4)):
        assert all(a < b for a, b in zip(kept[small], kept[large], strict=True))
    assert all(a < set(b) for a, b in zip(kept[4], task.sites["hidden_bias"], strict=True))


@pytest.mark.parametrize("method", ["magnitude", "obd", "obs", "correlation", "qpfs"])
def test_a_draw_is_pruned_alone(method):
    task = wide()
    second = Task(task.model, {k: v[1:] for k, v in task.sites.items()}, "hidden", task.x, task.y)
    both, one = METHODS[method](task, 3)[3], METHODS[method](second, 3)[3]
    for site, values in one.items():
        np.testing.assert_allclose(both[site][1:], values, rtol=1e-6, atol=1e-8)


def test_random_orders_differ_between_draws_and_seeds():
    task = wide(hidden=12, draws=5)
    first, second = (baselines.random(task, 3, seed=s)[3]["hidden_bias"] for s in (0, 1))
    again = baselines.random(task, 3, seed=0)[3]["hidden_bias"]
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
@pytest.mark.parametrize(
    "options", [{}, {"curvature": "layer"}, {"compensate": "all", "curvature": "fisher"}], ids=str
)
def test_surgeon_removes_a_duplicate_and_its_twin_takes_over(options, activation):
    task = wide(activation=activation, seed=2)
    for site, sign in (("hidden_weight", -1), ("hidden_bias", -1)):
        task.sites[site][:, 4] = sign * task.sites[site][:, 1]
    whole = outputs(task, task.sites)
    pruned = baselines.obs(task, 5, damping=1e-9, **options)[5]
    np.testing.assert_allclose(outputs(task, pruned), whole, atol=2e-4 * np.abs(whole).max())
    plain = outputs(task, baselines.obd(task, 5)[5])
    assert np.abs(plain - whole).max() > 0.01


def test_surgeon_is_least_squares_where_the_network_is_linear_in_what_moves():
    """With squared errors and one layer the price is exact: the best refit of what is sent."""
    task = wide(hidden=4, draws=1, seed=7)
    pruned = baselines.obs(task, [3, 2], damping=1e-10)
    for size, sites in pruned.items():
        lost = []
        a, whole = task.activations[0].astype(float), outputs(task, task.sites)[0]
        for keep in combinations(range(4), size):
            basis = np.column_stack([a[:, keep], np.ones(len(a))])
            fit = basis @ np.linalg.lstsq(basis, whole, rcond=None)[0]
            lost.append(((whole - fit) ** 2).sum())
        got = ((outputs(task, sites)[0] - whole) ** 2).sum()
        if size == 3:
            assert got == pytest.approx(min(lost), rel=1e-4)
        else:
            assert got >= min(lost) * (1 - 1e-4)
            assert any(got == pytest.approx(loss, rel=1e-3) for loss in lost)


def test_surgeon_loses_less_than_damage_which_loses_less_than_chance():
    task = wide(hidden=8, draws=10, seed=1)
    whole = outputs(task, task.sites)

    def error(method, **options):
        pruned = METHODS[method](task, 4, **options)[4]
        return ((outputs(task, pruned) - whole) ** 2).mean()

    surgeon, layer = error("obs"), error("obs", curvature="layer")
    assert surgeon == pytest.approx(layer, rel=0.01)  # the same for squared errors
    damage = error("obd", curvature="fisher")
    assert surgeon < 0.2 * damage < 0.2 * error("random")
    assert error("correlation", adjust=True) < error("correlation")


@double
def test_curvature_is_that_of_the_loss():
    task = task_of("mlp_categorical", draws=2)
    flat = flatten(task)
    static = task.model, flat.shapes
    held = {k: v[0] for k, v in flat.held.items()}
    w, which = jax.numpy.asarray(flat.values[0]), jax.numpy.arange(flat.values.shape[1])

    def each(v, y):
        return losses(*static, v, held, jax.numpy.asarray(task.x), y)

    exact = np.asarray(jax.jit(jax.hessian(lambda v: each(v, task.y).sum()))(w))
    rows = hessian_rows(*static, w, held, task.x, task.y, which)
    np.testing.assert_allclose(rows, exact, atol=1e-9)
    diagonal = hessian_diagonals(*static, flat.values, flat.held, task.x, task.y)
    np.testing.assert_allclose(diagonal[0], np.diag(exact), atol=1e-9)

    jacobian = jax.jit(jax.jacobian(each))
    p, outer = outputs(task, task.sites)[0], 0.0
    for c in range(3):
        g = np.asarray(jacobian(w, np.full(len(task.x), c)))
        outer = outer + np.einsum("t,ti,tj->ij", p[:, c], g, g)
    fisher = hessian_rows(*static, w, held, task.x, None, which)
    np.testing.assert_allclose(fisher, outer, atol=1e-8)


def test_flat_vectors_go_back_and_know_their_neurons():
    task = task_of("rnn")
    flat = flatten(task)
    for site, values in split(flat.shapes, flat.values).items():
        np.testing.assert_array_equal(values, task.sites[site])
    np.testing.assert_array_equal(flat.values[:, flat.slots], task.outgoing)
    assert (flat.reads & flat.sends).sum() == 2  # each neuron's weight to itself
    task = task_of("mlp")
    flat = flatten(task)
    np.testing.assert_array_equal(flat.values[:, flat.biases], task.sites["hidden2_bias"])


def test_dead_units_and_copies_are_dropped_first_by_correlation():
    task = wide(hidden=5, activation="relu", seed=4)
    task.sites["hidden_weight"][:, 0], task.sites["hidden_bias"][:, 0] = 0.0, -1.0  # never on
    for site in ("hidden_weight", "hidden_bias"):
        task.sites[site][:, 3] = 2 * task.sites[site][:, 1]
    task.sites["output_weight"][:, :, 3] *= 1e-3  # the smaller of the pair
    pruned = baselines.activation_correlation(task, [4, 3])
    np.testing.assert_array_equal(pruned[4]["hidden_bias"], task.sites["hidden_bias"][:, 1:])
    np.testing.assert_array_equal(pruned[3]["hidden_bias"], task.sites["hidden_bias"][:, [1, 2, 4]])
    adjusted = baselines.activation_correlation(task, 3, adjust=True)[3]
    np.testing.assert_allclose(outputs(task, adjusted), outputs(task, task.sites), atol=1e-6)


def test_frozen_weights_are_all_those_of_the_irrelevant():
    task = wide(hidden=4, draws=2)
    task.sites["output_weight"][:, :, 1] = 0.0
    task.sites["hidden_weight"][:, 1] = 0.0
    task.sites["hidden_bias"][:, 1] = 0.0  # tanh(0): no gradient at all
    for rule in ("gradient", "saliency"):
        mask = baselines.freezing(task, [4, 3, 1], relevance=rule)
        assert all(m.all() for m in mask[4].values())
        for name in ("hidden_weight", "hidden_bias"):
            assert not mask[3][name][:, 1].any()
            assert mask[3][name][:, [0, 2, 3]].all()
        assert not mask[3]["output_weight"][:, :, 1].any()
        assert mask[1]["output_bias"].all()
        assert (mask[1]["hidden_bias"].sum(axis=1) == 1).all()
        assert (mask[1]["hidden_bias"] <= mask[3]["hidden_bias"]).all()


@pytest.mark.parametrize("name", NETWORKS)
def test_masks_fit_the_sites_of_every_network(name):
    task = task_of(name)
    for site, mask in baselines.freezing(task, 1)[1].items():
        assert mask.dtype == bool
        assert mask.shape == task.sites[site].shape
    if name == "rnn":
        kept = baselines.freezing(task, 1)[1]
        assert (kept["hidden_weight"].sum(axis=(1, 2)) == 1).all()


def test_errors_say_what_was_expected():
    task = wide()
    for method in (*METHODS.values(), baselines.freezing):
        with pytest.raises(ValueError, match="sizes: expected 1 to 6"):
            method(task, 7)
    for call, text in (
        (lambda: baselines.magnitude(task, 1, norm="l0"), "norm"),
        (lambda: baselines.obd(task, 1, curvature="none"), "curvature"),
        (lambda: baselines.obs(task, 1, curvature="none"), "curvature"),
        (lambda: baselines.obs(task, 1, compensate="none"), "compensate"),
        (lambda: baselines.obs(task, 1, damping=0.0), "damping"),
        (lambda: baselines.obs(task, 1, refresh=2.0), "refresh"),
        (lambda: baselines.freezing(task, 1, relevance="none"), "relevance"),
        (lambda: baselines.prune_qpfs(task, 1, alpha=2.0), "alpha"),
        (lambda: baselines.qpfs(np.ones((3, 2)), np.ones(4)), "targets"),
        (lambda: baselines.qpfs(np.full((3, 2), np.nan), np.ones(3)), "finite"),
        (lambda: simplex_qp(np.eye(2), np.ones(3)), "shape"),
        (lambda: simplex_qp(-np.eye(2), np.ones(2)), "semidefinite"),
    ):
        with pytest.raises(ValueError, match=text):
            call()
