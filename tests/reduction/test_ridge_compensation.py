"""Ridge compensation: the least-squares fit, after any selection."""

import numpy as np
import pytest
from conftest import NETWORKS, random_sites
from reduction_cases import mean_of, planted, task_of

from bayesneuron.network.model import load
from bayesneuron.reduction.baselines._cosine_merging import cosine_merging
from bayesneuron.reduction.baselines._folding import folding
from bayesneuron.reduction.baselines._magnitude import magnitude
from bayesneuron.reduction.baselines._random import random
from bayesneuron.reduction.baselines.clustering import kmeans_euclidean
from bayesneuron.reduction.baselines.ridge import (
    compensated,
    kept,
    magnitude_ridge,
    random_ridge,
    ridge_after,
)
from bayesneuron.reduction.task import Task, orthonormal, select


def test_ridge_alone_sees_flipped_copies():
    task = planted(flip=(-1, -1, 1))
    full = mean_of(task, task.sites, 6)
    assert np.allclose(
        mean_of(task, compensated(task, np.arange(3), ridge=1e-13), 3), full, atol=1e-9
    )
    for blind in (kmeans_euclidean, cosine_merging, folding):
        assert not np.allclose(mean_of(task, blind(task, 3)[3], 3), full, atol=1e-2)


def test_ridge_is_the_least_squares_fit():
    task = task_of("mlp")
    keep = np.array([0, 2])
    merged = compensated(task, keep, ridge=1e-13)
    a = np.asarray(task.activations)
    v, b = task.sites["hidden2_weight"], task.sites["hidden2_bias"]
    for draw in range(task.count):
        wanted = a[draw] @ v[draw].T + b[draw]
        design = np.column_stack([a[draw][:, keep], np.ones(len(wanted))])
        fit = np.linalg.lstsq(design, wanted, rcond=None)[0]
        assert np.allclose(merged["hidden2_weight"][draw], fit[:-1].T, atol=1e-6)
        assert np.allclose(merged["hidden2_bias"][draw], fit[-1], atol=1e-6)


def test_a_strong_ridge_leaves_only_the_means():
    task = task_of("two_layer")
    flat = mean_of(task, compensated(task, np.array([0]), ridge=1e12), 1)
    mean = mean_of(task, task.sites, 2).mean(axis=1, keepdims=True)
    assert np.allclose(flat, mean, atol=1e-9)


@pytest.mark.parametrize("name", NETWORKS)
def test_what_a_selection_kept_is_recognised(name):
    task = task_of(name)
    rng = np.random.default_rng(3)
    keep = rng.permuted(np.tile(np.arange(task.width), (task.count, 1)), axis=1)[:, :1]
    assert np.array_equal(kept(task, select(task, keep)), keep)


def test_what_a_selection_kept_is_recognised_where_polar_factors_move_all():
    model = load("nonlinear_pca", inputs=2, hidden=5, outputs=1)
    x = np.random.default_rng(0).normal(size=(30, 2))
    sites = random_sites(model, 6, 0)
    free = {f"{name}_weight": sites[f"{name}_free"] for name in ("hidden", "output")}
    sites = orthonormal(model.layout, sites | free)
    task = Task(model, sites, "hidden", x, np.zeros((30, 1)))
    keep = np.tile([3, 1, 4], (6, 1))
    assert np.array_equal(kept(task, select(task, keep)), keep)


def test_compensation_is_for_selections():
    with pytest.raises(ValueError, match="as they are"):
        ridge_after(kmeans_euclidean)(planted(), 2)


def test_compensation_never_makes_the_fit_worse():
    """Of the sums that the next layer forms, least squares over what pruning chose."""
    task = task_of("mlp")
    full = task.activations @ np.swapaxes(task.sites["hidden2_weight"], 1, 2)
    for method, alone in ((magnitude_ridge, magnitude), (random_ridge, random)):
        for k in (1, 2):
            pruned, made = alone(task, k, seed=1)[k], method(task, k, seed=1)[k]
            columns = kept(task, pruned)
            a = np.take_along_axis(task.activations, columns[:, None, :], axis=2)
            lost = []
            for sites in (pruned, made):
                sums = a @ np.swapaxes(sites["hidden2_weight"], 1, 2)
                sums += (sites["hidden2_bias"] - task.sites["hidden2_bias"])[:, None]
                lost.append(((sums - full) ** 2).mean(axis=(1, 2)))
            assert (lost[1] <= lost[0]).all()
