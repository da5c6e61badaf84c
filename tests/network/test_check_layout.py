"""A layout that is not the model's is refused before any fit; one that is, always passes."""

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
import pytest
from conftest import NETWORKS, data_for, network

import bayesneuron as bn
from bayesneuron.network.activation_functions import ACTIVATIONS
from bayesneuron.network.check_layout import check_symmetries
from bayesneuron.network.model import with_options

SITES = {"W": ("hidden", "input"), "V": ("output", "hidden")}


def perceptron(x, y=None, *, activation, width=4):
    w = numpyro.sample("W", dist.Normal(0, 1).expand([width, x.shape[1]]).to_event(2))
    v = numpyro.sample("V", dist.Normal(0, 1).expand([1, width]).to_event(2))
    mean = numpyro.deterministic("mean", activation(x @ w.T) @ v.T)
    with numpyro.plate("observation", x.shape[0]):
        numpyro.sample("y", dist.Normal(mean, 0.3).to_event(1), obs=y)


def gru(x, y=None, *, width=3):
    """Gates z and r and a candidate, each with its own matrices and bias."""
    weights = {}
    for gate in "zrc":
        for site, size in (("W", 1), ("U", width)):
            prior = dist.Normal(0, 0.5).expand([width, size]).to_event(2)
            weights[f"{site}{gate}"] = numpyro.sample(f"{site}{gate}", prior)
        prior = dist.Normal(0, 1).expand([width]).to_event(1)
        weights[f"b{gate}"] = numpyro.sample(f"b{gate}", prior)
    v = numpyro.sample("V", dist.Normal(0, 1).expand([1, width]).to_event(2))

    def drive(gate, s, h):
        return s @ weights[f"W{gate}"].T + h @ weights[f"U{gate}"].T + weights[f"b{gate}"]

    h = jnp.zeros((x.shape[0], width))
    for t in range(x.shape[1]):
        s = x[:, t : t + 1]
        z, r = (jax.nn.sigmoid(drive(gate, s, h)) for gate in "zr")
        h = (1 - z) * h + z * jnp.tanh(drive("c", s, r * h))
    mean = numpyro.deterministic("mean", h @ v.T)
    with numpyro.plate("observation", x.shape[0]):
        numpyro.sample("y", dist.Normal(mean, 0.3).to_event(1), obs=y)


def gru_layout(kind):
    sites = {f"W{gate}": ("hidden", "input") for gate in "zrc"}
    sites |= {f"U{gate}": ("hidden", "hidden") for gate in "zrc"}
    sites |= {f"b{gate}": ("hidden",) for gate in "zrc"}
    return bn.Layout({**sites, "V": ("output", "hidden")}, {"hidden": kind})


@pytest.mark.parametrize("name", NETWORKS)
def test_shipped_networks_pass(name):
    x, _ = data_for(name)
    check_symmetries(network(name), x.shape[1])


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden", [(1,), (4,), (4, 5, 3)])
def test_every_activation_passes_at_any_depth(activation, hidden):
    check_symmetries(bn.load("mlp", inputs=3, hidden=hidden, outputs=2, activation=activation), 3)


@pytest.mark.parametrize("scale", [1.0, 100.0])
def test_long_windows_and_wide_priors_pass(scale):
    check_symmetries(bn.load("rnn", hidden=8, prior_scale=scale), 200)


@pytest.mark.parametrize("call", [bn.laplace, bn.nuts, bn.svi, bn.bootstrap])
def test_a_relu_layer_declared_tanh_is_refused_before_the_fit(call, sine):
    model = bn.load(perceptron, layout=bn.Layout(SITES, {"hidden": "tanh"}), activation=jax.nn.relu)
    with pytest.raises(
        ValueError, match=r"layer 'hidden' declared 'tanh'.* a change of sign .*got"
    ):
        call(model, *sine)
    with pytest.raises(ValueError, match="declared 'tanh'"):  # not only the first time
        bn.prior(model, sine[0])
    right = bn.load(perceptron, layout=bn.Layout(SITES, {"hidden": "relu"}), activation=jax.nn.relu)
    assert bn.prior(right, sine[0], samples=3).posterior.sizes["draw"] == 3


def test_the_change_is_named():
    """One neuron of size 1: its sign changes relu(wx) v from at most that to zero."""
    model = bn.load(
        perceptron, layout=bn.Layout(SITES, {"hidden": "tanh"}), activation=jax.nn.relu, width=1
    )
    with pytest.raises(ValueError, match=r"got a change of \d[\d.e-]* in an output that varies by"):
        check_symmetries(model, 1)


@pytest.mark.parametrize(
    ("activation", "declared", "what"),
    [
        (jnp.tanh, "relu", "a change of scale"),
        (jnp.tanh, "identity", "a mixing"),
        (jax.nn.gelu, "tanh", "a change of sign"),
        (lambda a: a * jnp.arange(4.0), "none", "a permutation"),
    ],
)
def test_wrong_declarations(activation, declared, what, sine):
    model = bn.load(
        perceptron, layout=bn.Layout(SITES, {"hidden": declared}), activation=activation
    )
    with pytest.raises(ValueError, match=what):
        bn.laplace(model, *sine)


def test_swapped_axes_of_a_square_matrix_are_refused(sine):
    sites = {**SITES, "W": ("input", "hidden")}  # 4 × 4, so that shapes fit either way
    layout = bn.Layout(sites, {"hidden": "tanh"}, into={"W": 1})
    with pytest.raises(ValueError, match=r"layer 'hidden' declared 'tanh'.* a permutation"):
        bn.laplace(bn.load(perceptron, layout=layout, activation=jnp.tanh), *sine)


def test_an_option_that_leaves_its_layout_behind_is_refused(two_layer, sine):
    with pytest.raises(ValueError, match="declared 'tanh'"):
        bn.laplace(with_options(two_layer, activation="relu"), *sine)


def test_a_layout_function_is_called_with_the_options_it_names(sine):
    def layout(*, kind="tanh"):
        return bn.Layout(SITES, {"hidden": kind})

    model = bn.load(perceptron, layout=layout, activation=jnp.tanh)
    assert model.layout == bn.Layout(SITES, {"hidden": "tanh"})
    assert bn.laplace(model, *sine, samples=5, starts=1).posterior.sizes["draw"] == 5
    with pytest.raises(ValueError, match=r"missing a required .*'wide'"):
        bn.load(perceptron, layout=lambda *, wide: bn.Layout(SITES), activation=jnp.tanh)
    for wrong in (lambda: SITES, SITES, 3):
        with pytest.raises(ValueError, match=r"expected a bayesneuron\.Layout"):
            bn.load(perceptron, layout=wrong, activation=jnp.tanh)


@pytest.mark.slow
def test_several_biases_of_a_gated_layer(sine):
    model = bn.load(gru, layout=gru_layout("none"))
    draws = bn.bootstrap(model, *sine, replicates=8, optimizer=bn.Adam(epochs=1))
    post = bn.neurons(draws)["hidden"]
    # three gates, each one input, three states and a bias; to one output and to two other states
    assert post.roles.count("bias") == 3
    assert post.roles.count("incoming") == 3 * (1 + 3)
    assert post.roles.count("outgoing") == 1 + 3 * 2
    assert len(set(post.weights)) == len(post.weights)
    assert "Wz: s" in post.weights
    assert "to output[0]" in post.weights
    with pytest.raises(ValueError, match=r"layer 'hidden' declared 'tanh'.* a change of sign"):
        bn.laplace(bn.load(gru, layout=gru_layout("tanh")), *sine)


def test_a_constant_moves_only_into_the_one_bias_there_is():
    sites = {**SITES, "b": ("output",), "c": ("output",)}
    assert bn.Layout(sites, {"hidden": "sigmoid"}).symmetry("hidden") == "none"
    del sites["c"]
    assert bn.Layout(sites, {"hidden": "sigmoid"}).symmetry("hidden") == "shift"
    assert bn.Layout(sites).biases("hidden") == ()
