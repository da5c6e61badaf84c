"""The one place that runs a model: values are set or drawn, shapes known without either."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import pytest
from conftest import NETWORKS, data_for, network

import bayesneuron as bn
from bayesneuron.network.tracing import run, sampler, sites_of


@pytest.mark.parametrize("network_name", NETWORKS)
def test_shapes_are_those_of_a_run(network_name):
    model, (x, _) = network(network_name), data_for(network_name)
    sites = sites_of(model, x.shape)
    trace = run(model, {}, jnp.asarray(x))
    assert list(sites) == [k for k, s in trace.items() if "value" in s]
    for name, site in sites.items():
        assert site.shape == np.shape(trace[name]["value"])
        assert (site.support is None) == (trace[name]["type"] != "sample")


def test_kinds_of_sites():
    model = network("nonlinear_pca")
    kinds = {name: site.kind for name, site in sites_of(model, (5, 4)).items()}
    assert kinds["hidden_free"] == "latent"
    assert kinds["hidden_weight"] == kinds["mean"] == "deterministic"
    assert kinds["y"] == "latent"  # nothing is observed without y
    observed = jax.ShapeDtypeStruct((5, 1), jnp.float32)
    assert sites_of(model, (5, 4), observed)["y"].kind == "observed"


def test_a_support_may_depend_on_a_value():
    def mine(x, y=None):
        top = numpyro.sample("top", dist.LogNormal(0, 1))
        w = numpyro.sample("W", dist.Uniform(0, top).expand([2, 4]).to_event(2))
        v = numpyro.sample("V", dist.Normal(0, 1).expand([1, 2]).to_event(2))
        mean = numpyro.deterministic("mean", jnp.tanh(x @ w.T) @ v.T)
        with numpyro.plate("observation", x.shape[0]):
            numpyro.sample("y", dist.Normal(mean, 0.3).to_event(1), obs=y)

    layout = bn.Layout({"W": ("hidden", "input"), "V": ("output", "hidden")}, {"hidden": "tanh"})
    support = sites_of(bn.load(mine, layout=layout), (3, 4))["W"].support
    assert not any(isinstance(v, jax.core.Tracer) for v in jax.tree.leaves(support))


def test_values_that_are_set_are_kept_and_the_rest_is_drawn():
    model, (x, y) = network("two_layer"), data_for("two_layer")
    weight = jnp.full((2, 4), 0.5)
    trace = run(model, {"hidden_weight": weight}, jnp.asarray(x), key=jax.random.key(3))
    np.testing.assert_array_equal(trace["hidden_weight"]["value"], weight)
    other = run(model, {"hidden_weight": weight}, jnp.asarray(x), key=jax.random.key(4))
    assert (trace["output_weight"]["value"] != other["output_weight"]["value"]).all()
    assert run(model, {}, jnp.asarray(x), jnp.asarray(y))["y"]["is_observed"]


@pytest.mark.parametrize("draws", [1, 5])
def test_prior_draws_are_those_of_numpyro(draws):
    model, row = network("nonlinear_pca"), jnp.zeros((1, 4))
    ours = jax.jit(sampler(model, draws))(jax.random.key(1), row)
    theirs = numpyro.infer.Predictive(model.function, num_samples=draws)(jax.random.key(1), row)
    for name, values in theirs.items():
        np.testing.assert_allclose(ours[name], values, rtol=1e-5, atol=1e-6, err_msg=name)
