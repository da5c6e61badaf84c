"""A model is compared with the draws it is to run, and a file's options with its weights."""

import numpy as np
import pytest
from conftest import data_for, network

import bayesneuron as bn
from bayesneuron.draws.network import network_of

OTHERS = {
    "another activation": {"activation": "relu"},
    "more neurons": {"hidden": 3},
    "more inputs": {"inputs": 5},
    "more outputs": {"outputs": 2},
}
CALLS = {
    "predict": lambda draws, model: bn.predict(draws, model=model),
    "predict at x": lambda draws, model: bn.predict(draws, np.ones((3, 4)), model=model),
    "activations": lambda draws, model: bn.activations(draws, model=model),
    "relevance": lambda draws, model: bn.relevance(draws, model=model),
    "merge": lambda draws, model: bn.merge(draws, [0, 0], model=model),
    "prune": lambda draws, model: bn.prune(draws, [0], model=model),
    "reduce": lambda draws, model: bn.reduce(draws, model=model),
    "refit": lambda draws, model: bn.refit(draws, model=model),
    "graph": lambda draws, model: bn.graph(draws, weight="activation", model=model),
    "graph of weights": lambda draws, model: bn.graph(draws, model=model),
    "compare": lambda draws, model: bn.compare({"a": draws}, model=model),
    "diagnose": lambda draws, model: bn.diagnose(draws, model=model),
    "neurons": lambda draws, model: bn.neurons(draws, model=model),
    "complete": lambda draws, model: bn.complete(draws, model=model),
}


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("call", CALLS)
def test_another_model_than_that_of_the_draws_is_refused(call, other, quick):
    options = {"inputs": 4, "hidden": 2, "outputs": 1, **OTHERS[other]}
    model = bn.load("two_layer", **options)
    with pytest.raises(ValueError, match=r"expected that of the draws, two_layer\(.*, got two_la"):
        CALLS[call](quick["laplace"], model)


def test_both_are_named(quick):
    model = bn.load("two_layer", inputs=4, hidden=2, outputs=1, activation="relu")
    with pytest.raises(ValueError, match=r"'hidden' tanh, got .*activation='relu'.*'hidden' relu"):
        bn.predict(quick["laplace"], model=model)
    wide = bn.load("two_layer", inputs=4, hidden=3, outputs=1)
    with pytest.raises(ValueError, match=r"of shape \(.*2.*\), got .*hidden=3.* of shape \(.*3"):
        bn.predict(quick["laplace"], model=wide)


def test_the_network_itself_passes(quick, two_layer):
    assert network_of(quick["nuts"], two_layer) == two_layer
    scaled = bn.load("two_layer", inputs=4, hidden=2, outputs=1, prior_scale=2.0)
    assert network_of(quick["nuts"], scaled) == scaled  # another prior, the same function


def test_draws_from_elsewhere_are_checked_at_the_inputs(two_layer):
    sites = dict(bn.prior(two_layer, np.ones((1, 4)), samples=5).posterior.items())
    draws = bn.from_arrays({str(k): v.values[0] for k, v in sites.items()}, model=two_layer)
    assert bn.predict(draws, np.ones((3, 4))).predictions.sizes["draw"] == 5
    wide = bn.load("two_layer", inputs=4, hidden=3, outputs=1)
    with pytest.raises(ValueError, match="expected that of the draws"):
        bn.predict(draws, np.ones((3, 4)), model=wide)


@pytest.mark.parametrize("name", ["mlp", "rnn", "nonlinear_pca", "mlp_categorical"])
def test_every_shipped_network_is_made_again(name):
    x, _ = data_for(name)
    model = network(name)
    draws = bn.prior(model, x, samples=3)
    assert network_of(draws) == network_of(draws, model) == model
