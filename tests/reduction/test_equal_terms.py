"""Baselines on equal terms: their neurons, our take-over and readout; and the best subsets."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from conftest import NETWORKS
from reduction_cases import mean_of, task_of
from scipy.special import rel_entr

from bayesneuron import baselines, load
from bayesneuron.reduction import leader_merging
from bayesneuron.reduction._merge import read_through
from bayesneuron.reduction.baselines import with_takeover
from bayesneuron.reduction.baselines.ridge import kept
from bayesneuron.reduction.closed_loop import _run
from bayesneuron.reduction.path import best_subset_of, exchange, keep_order, lost, sums
from bayesneuron.reduction.task import Task, select

MERGES = (baselines.kmeans_euclidean, baselines.cosine_merging, baselines.folding)
SELECTIONS = (baselines.random, baselines.magnitude, baselines.activation_correlation)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_selection_on_equal_terms_is_a_merge_led_by_the_neurons_kept(name):
    task = task_of(name)
    keep = np.arange(task.count)[:, None] % task.width

    def method(task, sizes, *, seed=0):
        return {1: select(task, keep)}

    equal = with_takeover(method)(task, 1)[1]
    owner = np.where(np.arange(task.width) == keep, 0, -1)
    # an orthonormal layer restores one neuron from its polar factor, which may exchange equal ones
    led = np.eye(task.width)[kept(task, select(task, keep))]
    merged = read_through(task, led, owner, ridge=1e-6)[1]
    assert np.allclose(mean_of(task, equal, 1), mean_of(task, merged, 1), atol=1e-4)


@pytest.mark.parametrize("method", MERGES)
def test_a_merge_on_equal_terms_is_the_least_squares_fit_on_its_own_neurons(method):
    task = task_of("mlp")
    published, equal = method(task, 2)[2], with_takeover(method, ridge=1e-12)(task, 2)[2]
    for site in ("hidden1_weight", "hidden1_bias"):
        assert np.array_equal(equal[site], published[site])
    v, b = task.sites["hidden2_weight"], task.sites["hidden2_bias"]
    for draw in range(task.count):
        sums_before = task.activations[draw] @ v[draw].T + b[draw]
        merged = np.tanh(task.x @ equal["hidden1_weight"][draw].T + equal["hidden1_bias"][draw])
        design = np.column_stack([merged, np.ones(len(merged))])
        best = design @ np.linalg.lstsq(design, sums_before, rcond=None)[0]
        fit = merged @ equal["hidden2_weight"][draw].T + equal["hidden2_bias"][draw]
        assert np.allclose(fit, best, atol=1e-5)


def test_equal_terms_bring_every_method_closer_to_the_classes_of_the_full_network():
    task = task_of("mlp_categorical")
    full = mean_of(task, task.sites, task.width)

    def apart(sites):
        return rel_entr(full, mean_of(task, sites, 2)).sum(axis=-1).mean(axis=1)

    for method in (*MERGES, *SELECTIONS, baselines.best_subset):
        published, equal = method(task, 2)[2], with_takeover(method)(task, 2)[2]
        assert (apart(equal) <= apart(published) + 1e-6).all(), method


def test_equal_terms_correct_the_layers_reduced_before():
    task = task_of("mlp")
    target = task.activations + 0.1 * np.sin(np.arange(task.activations.size)).reshape(
        task.activations.shape
    )
    full = with_takeover(baselines.magnitude, ridge=1e-12)(replace(task, target=target), 3)[3]
    plain = baselines.magnitude(task, 3)[3]
    v, b = task.sites["hidden2_weight"], task.sites["hidden2_bias"]
    wanted = target @ np.swapaxes(v, 1, 2) + b[:, None]

    def squared(sites):
        own = task.activations @ np.swapaxes(sites["hidden2_weight"], 1, 2)
        return ((own + sites["hidden2_bias"][:, None] - wanted) ** 2).mean(axis=(1, 2))

    assert (squared(full) < squared(plain)).all()


def test_a_merge_of_a_layer_that_reads_itself_has_no_equal_terms():
    with pytest.raises(ValueError, match=r"with_takeover: .* since the layer reads itself"):
        with_takeover(baselines.kmeans_euclidean)(task_of("rnn"), 1)


def test_the_take_over_of_a_layer_that_reads_itself_does_not_run_away():
    hidden, draws, keep = 8, 6, np.arange(2)
    rng = np.random.default_rng(3)
    model = load("rnn", inputs=1, hidden=hidden, outputs=1, noise=0.1)
    sites = {
        "input_weight": rng.normal(size=(draws, hidden, 1)),
        "hidden_weight": 2 * rng.normal(size=(draws, hidden, hidden)) / np.sqrt(hidden),
        "output_weight": rng.normal(size=(draws, 1, hidden)) / np.sqrt(hidden),
    }
    x = 0.8 * np.sin(0.3 * (np.arange(60)[:, None] + np.arange(12)))
    task = Task(model, sites, "hidden", x, np.zeros((60, 1)))
    full = mean_of(task, sites, hidden)

    def distance(smaller):
        return np.sqrt(((mean_of(task, smaller, 2) - full) ** 2).mean(axis=(1, 2)))

    dropped = select(task, keep)
    owner = np.where(np.arange(hidden) < 2, np.arange(hidden), -1)
    into = np.broadcast_to(np.eye(hidden)[keep], (draws, 2, hidden))
    of_one_step = _run(task, into, owner, 1e-6)
    loss, sites_left = read_through(task, into, owner, ridge=1e-6)
    assert (loss <= of_one_step[0]).all()
    assert distance(of_one_step[1]).max() > 1.5  # the outputs lie within (-1, 1)
    assert distance(sites_left).max() < 0.8
    assert distance(sites_left).mean() < distance(dropped).mean()


def random_sums(neurons, draws=2):
    rng = np.random.default_rng(neurons)
    a = rng.normal(size=(draws, 80, 5)) @ rng.normal(size=(5, neurons))
    a = np.tanh(a + 0.3 * rng.normal(size=a.shape))
    return sums(a, rng.normal(size=(draws, neurons, 3)), constant=True)


def test_the_best_subset_loses_least_of_all():
    moments = random_sums(9)
    for size in (1, 3, 6, 8):
        losses = [lost(moments, np.array(c)) for c in combinations(range(9), size)]
        assert np.isclose(lost(moments, best_subset_of(moments, size)), min(losses))


def test_no_exchange_of_two_neurons_improves_the_subset():
    moments = random_sums(20)
    for size in (2, 7, 15):
        best = exchange(moments, keep_order(moments, size))
        value = lost(moments, best)
        for place in range(size):
            for other in set(range(20)) - set(best):
                trial = best.copy()
                trial[place] = other
                assert lost(moments, trial) >= value * (1 - 1e-6)


def test_the_merge_of_a_small_layer_is_no_worse_than_the_best_subset():
    task = task_of("two_layer")
    task = replace(task, sites={k: v[:1] for k, v in task.sites.items()})  # each draw its own
    full = mean_of(task, task.sites, task.width)
    ours, best = (m(task, 1)[1] for m in (leader_merging, baselines.best_subset))
    first, second = (((mean_of(task, s, 1) - full) ** 2).mean() for s in (ours, best))
    assert first <= second * (1 + 1e-6)


def test_too_many_subsets_are_refused(monkeypatch):
    monkeypatch.setattr("bayesneuron.reduction.baselines._best_subset.MOST", 2)
    with pytest.raises(ValueError, match="at most 2 subsets of 3 neurons, got 3 of size 2"):
        baselines.best_subset(task_of("mlp"), 2)
