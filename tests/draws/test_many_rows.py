"""Over many rows fewer networks run at once; what they give is the same."""

import jax
import numpy as np
import numpyro
import numpyro.distributions as dist
import pytest
from conftest import GATED, NETWORKS, data_for, estimate, network

import bayesneuron as bn
from bayesneuron.draws import evaluate
from bayesneuron.draws.linearised import predictions_of
from bayesneuron.network import width
from bayesneuron.network.tracing import latent_of, sites_of
from bayesneuron.numerics import blocks
from bayesneuron.structure import removal

DRAWS = 30


def prior_values(model, x):
    draws = bn.prior(model, x, samples=DRAWS)
    names = latent_of(sites_of(model, x.shape))
    return {k: draws["posterior"][k].to_numpy()[0] for k in names}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted({**NETWORKS, **GATED}))
def test_predictions_do_not_depend_on_how_many_networks_run_at_once(name, monkeypatch):
    x, y = (np.asarray(v) for v in data_for(name))
    model = network(name)
    sites = prior_values(model, x)
    whole = evaluate.evaluate(model, sites, x, y, seed=3)
    largest = width.NUMBERS // width.at_once(model, x, width.NUMBERS)
    monkeypatch.setattr(width, "NUMBERS", 7 * largest + 6)
    assert width.at_once(model, x, 64) in (7, 8)  # rounded
    few = evaluate.evaluate(model, sites, x, y, seed=3)
    assert set(few) == {"mean", "y", "log_likelihood"}
    for key, values in whole.items():
        if "categorical" in name:  # XLA rounds the sums of a softmax in another order
            np.testing.assert_allclose(few[key], values, rtol=1e-12, atol=1e-13)
        else:
            np.testing.assert_array_equal(few[key], values)


def test_the_linearised_network_too(monkeypatch):
    x, y = (np.asarray(v) for v in data_for("two_layer"))
    draws = estimate("laplace", network("two_layer"), x, y)
    key, number = jax.random.key(0), np.arange(DRAWS)
    made = lambda: predictions_of(
        draws, network("two_layer"), x, y, keep=("mean", "y"), key=key, number=number
    )
    whole = made()
    monkeypatch.setattr(width, "NUMBERS", 1)
    few = made()
    for name, values in whole.items():
        np.testing.assert_allclose(few[name], values, rtol=1e-12, err_msg=name)


def test_a_removed_neuron_costs_the_same(monkeypatch):
    x, y = (np.asarray(v) for v in data_for("two_layer"))
    model = network("two_layer")
    sites = prior_values(model, x)
    zeros = np.zeros((DRAWS, 2, 2))
    made = lambda: removal.remove_each(
        model, sites, "hidden", x, y, coefficients=zeros, remainder=zeros[:, 0]
    )
    whole = made()
    monkeypatch.setattr(width, "NUMBERS", 1)
    np.testing.assert_allclose(made().pointwise, whole.pointwise, rtol=1e-10)


@pytest.mark.parametrize(("rows", "largest"), [(100, 64), (10_000, 52), (100_000, 5), (10**6, 1)])
def test_a_block_holds_so_many_numbers(rows, largest):
    model = bn.load("mlp", inputs=10, hidden=(64,), outputs=1)
    count = width.at_once(model, np.zeros((rows, 10)), 64)
    assert count == largest
    assert count == 1 or count * rows * 64 <= width.NUMBERS


def test_steps_of_a_recurrent_network_count():
    model = bn.load("rnn", hidden=64)
    assert width.at_once(model, np.zeros((10_000, 10)), 64) == 2**25 // (10_000 * 10 * 64)


def pixels(x, y=None):
    """Input of one to three dimensions, and no site of a hidden layer."""
    columns = x.shape[-1] if x.ndim > 1 else 1
    w = numpyro.sample("W", dist.Normal(0, 1).expand([5, columns]).to_event(2))
    v = numpyro.sample("V", dist.Normal(0, 1).expand([1, 5]).to_event(2))
    mean = numpyro.deterministic("mean", (x.reshape(len(x), -1, columns) @ w.T).sum(1) @ v.T)
    with numpyro.plate("observation", x.shape[0]):
        numpyro.sample("y", dist.Normal(mean, 0.3).to_event(1), obs=y)


@pytest.mark.parametrize("shape", [(1_000_000,), (1_000_000, 4), (1_000_000, 2, 4)])
def test_a_network_of_ones_own_and_any_input(shape):
    layout = bn.Layout({"W": ("hidden", "input"), "V": ("output", "hidden")}, {"hidden": "tanh"})
    assert width.at_once(bn.load(pixels, layout=layout), np.zeros(shape), 64) == 2**25 // 5_000_000


def test_one_program_serves_all_blocks_and_no_block_is_larger(monkeypatch):
    x, _ = (np.asarray(v) for v in data_for("two_layer"))
    model = network("two_layer")
    sites = prior_values(model, x)
    monkeypatch.setattr(width, "NUMBERS", 7 * len(x) * 2)
    sizes = []
    real = evaluate._evaluate

    def watched(model, keep, sites, number, *shared):
        sizes.append(len(number))
        return real(model, keep, sites, number, *shared)

    monkeypatch.setattr(evaluate, "_evaluate", watched)
    monkeypatch.setattr(blocks, "cores", lambda: 1)
    before = real._cache_size()
    evaluate.evaluate(model, sites, x, keep=("mean", "y"))
    assert sizes == [7] * 5  # 30 draws, the last block padded
    assert real._cache_size() == before + 1
