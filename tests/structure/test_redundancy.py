"""Neurons that the others can stand in for."""

import numpy as np
from conftest import random_sites
from scipy.special import logsumexp

import bayesneuron as bn
from bayesneuron.draws.evaluate import evaluate
from bayesneuron.reduction._merge import read_through
from bayesneuron.reduction.task import Task
from bayesneuron.structure import relevance
from bayesneuron.structure.redundancy import _log_density, redundant

OPTIONS = {"inputs": 3, "hidden": 4, "outputs": 2, "noise": 0.5}


def nearly_linear(seed):
    """Six draws of three tanh neurons of two inputs, so small that each is a sum of the others."""
    rng = np.random.default_rng(seed)
    model = bn.load("two_layer", inputs=2, hidden=3, outputs=1, noise=0.1)
    direction = np.array([[1.0, 0.2], [0.1, 1.0], [0.9, 1.1]]) + rng.normal(0, 0.01, (6, 3, 2))
    sites = {
        "hidden_weight": 1e-3 * direction,
        "hidden_bias": np.zeros((6, 3)),
        "output_weight": np.full((6, 1, 3), 1e3),
        "output_bias": np.zeros((6, 1)),
    }
    x = rng.normal(size=(40, 2))
    y = x @ direction[0].sum(axis=0)[:, None] + 0.1 * rng.normal(size=(40, 1))
    return model, sites, x, y


def test_of_three_neurons_in_two_dimensions_one_is_redundant():
    model, sites, x, y = nearly_linear(0)
    result = relevance(bn.from_arrays(sites, model=model), x, y)
    assert (result.taken_over.elpd > -1e-3).all()  # alone, each of them could go
    assert sorted(result.verdict) == ["live", "live", "redundant"]
    assert relevance(bn.from_arrays(sites, model=model), x).verdict == ("live",) * 3


def test_what_costs_too_much_stays():
    model, sites, x, y = nearly_linear(0)
    task = Task(model, sites, "hidden", x, y)
    assert redundant(task, [], [0, 1, 2], most=4.0) == [0]
    assert redundant(task, [1], [0, 2], most=4.0) == []
    assert redundant(task, [], [0, 1, 2], most=1e9) == [0, 1]  # one is always kept


def test_the_density_is_that_of_the_pruned_network():
    model = bn.load("two_layer", **OPTIONS)
    rng = np.random.default_rng(1)
    sites = random_sites(model, 5, 1)
    x, y = rng.normal(size=(30, 3)), rng.normal(size=(30, 2))
    task, small = (
        Task(model, sites, "hidden", x, y),
        bn.load("two_layer", **{**OPTIONS, "hidden": 2}),
    )
    owner, into = np.array([0, -1, 1, -1]), np.tile(np.eye(4)[[0, 2]], (5, 1, 1))
    fewer = read_through(task, into, owner, ridge=1e-6)[1]
    values = evaluate(small, fewer, x, y, keep=())["log_likelihood"]
    expected = (logsumexp(values, axis=0) - np.log(5)).sum()
    np.testing.assert_allclose(_log_density(task, [1, 3]), expected, rtol=1e-6)
