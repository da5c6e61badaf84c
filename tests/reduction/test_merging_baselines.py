"""Merges that others proposed: they fit, keep what they promise, and repeat."""

import numpy as np
import pytest
from conftest import NETWORKS, random_sites
from reduction_cases import first, mean_of, planted, task_of

from bayesneuron.network.model import load
from bayesneuron.network.width import widths_of, with_width
from bayesneuron.reduction import leader_merging
from bayesneuron.reduction.baselines._cosine_merging import cosine_merging
from bayesneuron.reduction.baselines._folding import folding
from bayesneuron.reduction.baselines.clustering import (
    cluster,
    kmeans_euclidean,
    kmeans_wasserstein,
    merge_groups,
)
from bayesneuron.reduction.baselines.ridge import compensated, random_ridge, ridge_after
from bayesneuron.reduction.task import Task, select

METHODS = {
    "kmeans_euclidean": kmeans_euclidean,
    "kmeans_wasserstein": kmeans_wasserstein,
    "cosine_merging": cosine_merging,
    "folding": folding,
    "ridge": random_ridge,
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", NETWORKS)
def test_every_method_reduces_every_network(method, name):
    task = task_of(name)
    reduced = METHODS[method](task, 1, seed=3)
    assert set(reduced) == {1}
    assert set(reduced[1]) == set(task.sites)
    narrow = with_width(task.model, task.layer, 1)
    wide = widths_of(narrow, task.x.shape[1])
    for site, dims in task.layout.sites.items():
        assert reduced[1][site].shape == (task.count, *(wide[d] for d in dims))
    assert np.isfinite(mean_of(task, reduced[1], 1)).all()


@pytest.mark.parametrize("method", ["kmeans_euclidean", "kmeans_wasserstein", "cosine_merging"])
@pytest.mark.parametrize("name", ["two_layer", "two_layer_sigmoid", "mlp", "rnn"])
def test_at_full_width_the_function_stays(method, name):
    task = task_of(name)
    same = METHODS[method](task, task.width)[task.width]
    assert np.allclose(
        mean_of(task, same, task.width), mean_of(task, task.sites, task.width), atol=1e-12
    )


@pytest.mark.parametrize("method", [m for m in METHODS if m != "cosine_merging"])
@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu"])
def test_planted_copies_merge_without_a_change(method, activation):
    task = planted(activation)
    chosen = ridge_after(first, ridge=1e-13) if method == "ridge" else METHODS[method]
    merged = chosen(task, 3, seed=0)[3]
    tolerance = 1e-9 if method == "ridge" else 1e-12
    assert np.allclose(mean_of(task, merged, 3), mean_of(task, task.sites, 6), atol=tolerance)
    assert not np.allclose(
        mean_of(task, select(task, np.arange(3)), 3), mean_of(task, task.sites, 6)
    )


def test_cosine_merging_is_exact_for_scaled_copies_of_relu_units_only():
    relu, tanh = planted("relu", scale=0.1), planted("tanh", scale=0.1)
    full = mean_of(relu, relu.sites, 6)
    assert np.allclose(mean_of(relu, cosine_merging(relu, 3)[3], 3), full, atol=1e-12)
    assert not np.allclose(mean_of(relu, select(relu, np.arange(3)), 3), full)
    assert not np.allclose(
        mean_of(tanh, cosine_merging(tanh, 3)[3], 3), mean_of(tanh, tanh.sites, 6)
    )


def test_cosine_merging_keeps_the_largest_even_if_they_are_copies():
    """As published: of six neurons in three pairs, the three kept may be of two pairs."""
    task = planted("relu")
    full = mean_of(task, task.sites, 6)
    assert not np.allclose(mean_of(task, cosine_merging(task, 3)[3], 3), full)


@pytest.mark.parametrize("criterion", ["l1", "l2", "gm"])
def test_cosine_merging_below_the_threshold_is_pruning(criterion):
    task = task_of("two_layer")
    merged = cosine_merging(task, 1, criterion=criterion, threshold=1.0)[1]
    w = task.incoming
    score = np.abs(w).sum(2) if criterion == "l1" else np.linalg.norm(w, axis=2)
    if criterion == "gm":  # of two neurons both are as far from the other; the first is kept
        score = np.ones(w.shape[:2])
    plain = select(task, score.argmax(axis=1)[:, None])
    assert all(np.array_equal(merged[k], plain[k]) for k in plain)


def test_cosine_merging_adds_the_ratio_of_norms():
    task = planted("relu", scale=0.1)
    v = task.sites["output_weight"]
    kept = cosine_merging(task, 3)[3]["output_weight"]
    assert np.allclose(np.sort(kept, axis=2), np.sort(v[..., :3] + 0.1 * v[..., 3:], axis=2))


def test_kmeans_is_the_centre_and_the_sum():
    task = planted()
    labels = np.tile([0, 0, 1, 1, 1, 0], (task.count, 1))
    merged = merge_groups(task, labels, 2)
    w, v = task.sites["hidden_weight"], task.sites["output_weight"]
    assert np.allclose(merged["hidden_weight"][:, 1], w[:, 2:5].mean(axis=1))
    assert np.allclose(merged["output_weight"][..., 0], v[..., [0, 1, 5]].sum(axis=2))


def test_fewer_distinct_neurons_than_asked_for_leave_silent_ones():
    task = planted()
    merged = kmeans_euclidean(task, 5)[5]
    assert np.allclose(mean_of(task, merged, 5), mean_of(task, task.sites, 6), atol=1e-12)
    assert ((merged["output_weight"] == 0).all(axis=1).sum(axis=1) == 2).all()


def test_a_draw_has_the_same_clusters_alone_and_among_others():
    vectors = np.random.default_rng(0).normal(size=(5, 12, 3))
    assert np.array_equal(cluster(vectors[:2], 4, seed=7), cluster(vectors, 4, seed=7)[:2])


def test_wasserstein_clusters_by_covariance_where_means_agree():
    model = load("two_layer", inputs=2, hidden=4, outputs=1)
    sites = random_sites(model, 1, 0)
    sites["hidden_weight"] = np.zeros((1, 4, 2))
    sites["hidden_bias"] = np.array([[0.0, 0.1, 0.0, 0.1]])
    cov = np.array([1.0, 1.0, 100.0, 100.0])[:, None, None] * np.eye(3)
    task = Task(model, sites, "hidden", np.ones((5, 2)), np.ones((5, 1)), covariance=cov)
    v = sites["output_weight"][0, 0]
    merged = kmeans_wasserstein(task, 2)[2]["output_weight"][0, 0]
    assert np.allclose(np.sort(merged), np.sort([v[0] + v[1], v[2] + v[3]]))


def test_folding_restores_means_and_deviations():
    """Each merged unit, as the next layer reads it, has its members' mean and deviation."""
    task = task_of("two_layer")
    merged = folding(task, 1)[1]
    a, v = task.activations, task.sites["output_weight"][:, 0]
    out = mean_of(task, merged, 1)[..., 0]
    both = v.sum(axis=1)
    level = (v.sum(axis=1) * a.mean(axis=1).mean(axis=1)) + task.sites["output_bias"][:, 0]
    assert np.allclose(out.std(axis=1), np.abs(both) * a.std(axis=1).mean(axis=1))
    assert np.allclose(out.mean(axis=1), level)


def test_folding_without_repair_or_outgoing_is_kmeans():
    task = task_of("mlp")
    plain, centre = folding(task, 2, repair=False, outgoing=False)[2], kmeans_euclidean(task, 2)[2]
    assert all(np.array_equal(plain[k], centre[k]) for k in centre)


@pytest.mark.parametrize("method", METHODS)
def test_the_same_seed_gives_the_same_bits(method):
    task = task_of("two_layer")
    one, two = (METHODS[method](task, 1, seed=4)[1] for _ in range(2))
    assert all(np.array_equal(one[k], two[k]) for k in one)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("sizes", [0, 3, [], 1.7])
def test_sizes_are_checked(method, sizes):
    with pytest.raises(ValueError, match="expected 1 to 2 neurons"):
        METHODS[method](task_of("two_layer"), sizes)


def test_arguments_are_checked():
    task = task_of("two_layer", count=1)
    with pytest.raises(ValueError, match="covariance or several draws"):
        kmeans_wasserstein(task, 1)
    odd = Task(task.model, task.sites, task.layer, task.x, task.y, covariance=np.ones((2, 2)))
    with pytest.raises(ValueError, match=r"expected shape \(2, 5, 5\)"):
        kmeans_wasserstein(odd, 1)
    with pytest.raises(ValueError, match="criterion"):
        cosine_merging(task, 1, criterion="l3")
    with pytest.raises(ValueError, match="threshold"):
        cosine_merging(task, 1, threshold=2.0)
    with pytest.raises(ValueError, match="ridge"):
        compensated(task, np.array([0]), ridge=-1.0)
    with pytest.raises(ValueError, match="ridge"):
        ridge_after(first, ridge=np.nan)
    with pytest.raises(ValueError, match="most"):
        leader_merging(task, 1, most=0)
    with pytest.raises(ValueError, match="ridge"):
        leader_merging(task, 1, ridge=np.nan)
    with pytest.raises(ValueError, match="neurons 0 to 1"):
        compensated(task, np.array([2]))
    with pytest.raises(ValueError, match="neuron numbers"):
        compensated(task, np.array([0.5]))
    with pytest.raises(ValueError, match="expected 1 draws"):
        compensated(task, np.zeros((3, 1), int))
