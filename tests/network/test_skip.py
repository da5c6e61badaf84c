"""A direct linear path beside the neurons: what it adds, what it is estimated at, what keeps it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import estimate, normal, random_sites
from scipy import stats
from scipy.special import softmax

import bayesneuron as bn
from bayesneuron.draws.evaluate import evaluate
from bayesneuron.network.density import density
from bayesneuron.network.width import with_width
from bayesneuron.numerics.precision import double
from bayesneuron.reduction._merge import merge_task
from bayesneuron.reduction.task import Task

NOISE = 0.5
SHAPES = {
    "two_layer": {"inputs": 3, "hidden": 2, "outputs": 2},
    "mlp": {"inputs": 3, "hidden": (3, 2), "outputs": 2},
    "rnn": {"hidden": 2, "outputs": 2},
    "gru": {"hidden": 2, "outputs": 2, "output": "tanh"},
}
RECURRENT = ("rnn", "gru")
X = normal(60, 3)


def planted(rows=60):
    """Targets that are linear in x but for their noise."""
    y = X[:rows] @ np.array([[1.0], [-2.0], [0.5]]) + 0.3 + NOISE * normal(rows, 1, seed=1)
    return X[:rows], y


def means(model, sites, x=X):
    return evaluate(model, sites, x, keep=("mean",))["mean"]


@pytest.mark.parametrize("name", SHAPES)
def test_the_path_adds_a_linear_function_before_the_output_activation(name):
    with_path = bn.load(name, skip=True, **SHAPES[name])
    without = bn.load(name, **SHAPES[name])
    sites = {k: 0.3 * v for k, v in random_sites(with_path, 3, 0).items()}
    x = 0.3 * X
    sums, plain = means(with_path, sites, x), means(without, sites, x)
    if with_path.options.get("output") == "tanh" or name == "rnn":
        sums, plain = np.arctanh(sums), np.arctanh(plain)
    read = x[:, -1:] if name in RECURRENT else x  # at the last step
    expected = read @ np.swapaxes(sites["skip_weight"], 1, 2)
    np.testing.assert_allclose(sums - plain, expected, atol=1e-5)


@double
def test_without_neurons_at_work_the_path_is_bayesian_linear_regression():
    """Given outgoing weights of zero, mean and precision of (A, bias) have the closed form."""
    x, y = planted()
    model = bn.load("two_layer", inputs=3, hidden=2, outputs=1, skip=True, noise=NOISE)
    dens = density(model, jnp.asarray(x), jnp.asarray(y))
    places = np.append(dens.places["skip_weight"][0], dens.places["output_bias"])

    def log_joint(own):
        theta = jnp.zeros(dens.size).at[places].set(own)
        return dens.log_joint(theta, jnp.asarray(x), jnp.asarray(y), jnp.asarray(1.0))

    zero = jnp.zeros(4)
    precision = -np.asarray(jax.jit(jax.hessian(log_joint))(zero))
    a = np.c_[x, np.ones(len(x))]
    expected = a.T @ a / NOISE**2 + np.diag([3.0, 3.0, 3.0, 1.0])  # weights N(0, 1 / fan-in)
    np.testing.assert_allclose(precision, expected, rtol=1e-6)
    mean = np.linalg.solve(precision, np.asarray(jax.jit(jax.grad(log_joint))(zero)))
    ridge = np.linalg.solve(expected, a.T @ y[:, 0] / NOISE**2)
    np.testing.assert_allclose(mean, ridge, rtol=1e-6)


def test_its_scale_is_its_own_where_scales_are_learnt():
    options = {**SHAPES["two_layer"], "skip": True}
    sites = random_sites(bn.load("two_layer", prior="hierarchical", **options), 4000, 0)
    unit = sites["skip_weight"] / sites["skip_scale"][:, None, None] * 3**0.5
    assert stats.kstest(unit[:, 0, 0], "norm").pvalue > 0.01
    pairs = np.corrcoef([sites[f"{layer}_scale"] for layer in ("skip", "hidden", "output")])
    assert np.abs(pairs - np.eye(3)).max() < 0.06
    fixed = random_sites(bn.load("two_layer", fan_in=False, prior_scale=2.0, **options), 4000, 0)
    assert np.isclose(fixed["skip_weight"].std(), 2.0, rtol=0.05)
    assert "skip_scale" not in fixed


@pytest.fixture(scope="module")
def draws():
    x, y = planted()
    model = bn.load("two_layer", inputs=3, hidden=3, outputs=1, skip=True)
    return estimate("laplace", model, x, y)


def test_alignment_leaves_the_path_and_the_function(draws):
    mixed = {str(k): v.values[0].copy() for k, v in draws["posterior"].data_vars.items()}
    order = np.random.default_rng(0).permuted(np.tile(np.arange(3), (100, 1)), axis=1)
    for site, axis in (("hidden_weight", 1), ("hidden_bias", 1), ("output_weight", 2)):
        index = order.reshape([100, *(3 if i == axis else 1 for i in range(1, mixed[site].ndim))])
        mixed[site] = np.take_along_axis(mixed[site], index, axis=axis)
    model = bn.load(str(draws.attrs["model"]), inputs=3, hidden=3, outputs=1, skip=True)
    again = bn.align(bn.from_arrays(mixed, model=model))
    np.testing.assert_array_equal(again["posterior"]["skip_weight"][0], mixed["skip_weight"])
    moved = {str(k): v.values[0] for k, v in again["posterior"].data_vars.items()}
    np.testing.assert_allclose(means(model, moved), means(model, mixed), atol=1e-5)


def test_it_belongs_to_no_hidden_neuron(draws):
    neurons = bn.neurons(draws)
    assert not any("skip" in name for name in neurons["hidden"].weights)
    assert len(neurons["hidden"].weights) == 3 + 1 + 1
    assert len(neurons["output"].weights) == 3 + 1 + 3  # neurons, bias, inputs


def test_reduction_keeps_the_path(draws):
    x, y = planted()
    order = bn.align(draws)["posterior"]["skip_weight"]
    for small in (bn.prune(draws, [0, 2], x, y), bn.merge(draws, [[0, 1], [2]], x, y)):
        assert small.model.options["skip"]
        np.testing.assert_array_equal(small.draws["posterior"]["skip_weight"], order)
    none_left = bn.prune(draws, [0], x, y).draws
    again = bn.refit(none_left, x, y, seed=0)
    assert again["posterior"]["skip_weight"].shape == order.shape


def test_class_probabilities_are_kept_with_the_path():
    """The logits hold it, and a duplicate merges without a trace."""
    model = bn.load(
        "mlp", inputs=3, hidden=(3,), outputs=3, likelihood="categorical", prior="normal", skip=True
    )
    sites = random_sites(model, 4, 0)
    for site in ("hidden1_weight", "hidden1_bias"):
        sites[site][:, 2] = sites[site][:, 0]
    task = Task(model, sites, "hidden1", X, np.zeros(len(X), int))
    before = means(model, sites)
    np.testing.assert_allclose(softmax(task.logits, axis=-1), before, atol=1e-6)
    small = with_width(model, "hidden1", 2)
    merged = merge_task(task, np.array([0, 1, 0]))
    np.testing.assert_allclose(means(small, merged), before, atol=1e-6)


def test_a_file_brings_it_back(draws, tmp_path):
    again = bn.open(bn.save(draws, tmp_path / "draws.nc"))
    np.testing.assert_array_equal(
        bn.predict(again, X, seed=0).predictions["mean"],
        bn.predict(draws, X, seed=0).predictions["mean"],
    )


def test_a_recurrent_network_with_a_path_is_continued():
    """What it reads last reaches the output directly, at every step of the recursion."""
    model = bn.load("rnn", hidden=1, output="identity", skip=True)
    tree = bn.prior(model, np.zeros((1, 4)), samples=1, seed=0)
    sites = {str(k): np.zeros_like(v.values[0]) for k, v in tree["posterior"].data_vars.items()}
    sites["skip_weight"][...], sites["noise"][...] = 0.5, 1.0
    ahead = bn.forecast(bn.from_arrays(sites, model=model), [3.0, 7.0, 8.0], 3)
    np.testing.assert_allclose(ahead.forecast["mean"][0, 0], [4.0, 2.0, 1.0], atol=1e-6)


def test_where_there_is_nothing_to_pass_by_it_is_refused():
    linear = bn.load("mlp", inputs=3, hidden=(), outputs=1)
    assert linear.layout.hidden == ()
    with pytest.raises(ValueError, match="skip: expected hidden layers"):
        bn.load("mlp", inputs=3, hidden=(), outputs=1, skip=True)
    with pytest.raises(ValueError, match="unknown \\['skip'\\]"):
        bn.load("nonlinear_pca", inputs=3, hidden=2, outputs=1, skip=True)
