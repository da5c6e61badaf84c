"""Clusters of a whole network: the n-cut by hand, planted blocks, error rates, symmetries."""

import numpy as np
import pytest

import bayesneuron as bn
from bayesneuron.structure.weight_graph import graph_of_matrices, graph_of_sites, normalised_cut


def blocks(rng, parts=2, each=6, weak=0.1, layers=2):
    """Weight matrices that are block diagonal but for weak weights."""
    strength = np.kron(np.eye(parts), np.ones((each, each))) * (1 - weak) + weak
    return [strength * rng.normal(size=strength.shape) for _ in range(layers)]


def test_the_cut_of_a_small_graph_is_that_by_hand():
    # inputs a, b; hidden c, d; weights a-c 3, b-c 1, b-d 2
    (adjacency,) = graph_of_matrices([np.array([[3.0, -1.0], [0.0, 2.0]])]).adjacencies()
    np.testing.assert_array_equal(adjacency[0], [0, 0, 3, 0])
    np.testing.assert_array_equal(adjacency[1], [0, 0, 1, 2])
    # {a, c} and {b, d}: cut 1, volumes 3 + 4 and 3 + 2
    assert normalised_cut(adjacency, np.array([0, 1, 0, 1])) == pytest.approx(1 / 7 + 1 / 5)
    assert normalised_cut(adjacency, np.zeros(4, int)) == 0


def test_unconnected_parts_have_no_cut_and_are_the_clusters():
    rng = np.random.default_rng(0)
    result = bn.clusterability(blocks(rng, weak=0.0), k=2, null=19)
    assert result.ncut[0] == pytest.approx(0)
    expected = np.tile(np.repeat([0, 1], 6), 3)
    np.testing.assert_array_equal(result.labels[0], expected)
    assert result.p_value == 0.05
    assert result.significant


def test_planted_blocks_are_significant_and_gaussian_weights_are_not():
    rng = np.random.default_rng(1)
    result = bn.clusterability(blocks(rng, parts=3, each=8), k=3, null=39)
    assert result.significant
    assert result.z < -3
    p_values = [
        bn.clusterability(
            [np.random.default_rng(seed).normal(size=(12, 12)) for _ in range(2)],
            k=2, null=19, seed=seed,
        ).p_value
        for seed in range(40)
    ]  # fmt: skip
    # 2 of 40 expected; 6 or fewer with probability 0.986
    assert np.sum(np.array(p_values) <= 0.05) <= 6
    assert 0.3 < np.mean(p_values) < 0.7


def test_draws_are_tested_together_with_the_same_shuffles():
    rng = np.random.default_rng(2)
    one = blocks(rng)
    noisy = [np.stack([w + 0.05 * rng.normal(size=w.shape) for _ in range(15)]) for w in one]
    layout = bn.Layout({"W": ("hidden", "input"), "V": ("output", "hidden")}, {"hidden": "tanh"})
    draws = bn.from_arrays({"W": noisy[0], "V": noisy[1]}, layout=layout)
    result = bn.clusterability(draws, k=2, null=39, most=5)
    assert result.null.shape == (5, 39)
    assert result.significant
    assert list(result.table().columns) == ["ncut", "null_mean", "null_sd", "z", "p_value"]
    assert "significant (z =" in repr(result)
    assert result.names[0] == "input[0]"
    again = bn.clusterability(draws, k=2, null=39, most=5)
    np.testing.assert_array_equal(result.null, again.null)


def test_the_scale_and_order_of_relu_neurons_do_not_matter():
    rng = np.random.default_rng(3)
    w, v = rng.normal(size=(1, 10, 6)), rng.normal(size=(1, 5, 10))
    layout = bn.Layout({"W": ("hidden", "input"), "V": ("output", "hidden")}, {"hidden": "relu"})
    factor, order = np.exp(rng.normal(size=10)), rng.permutation(10)
    moved = {"W": (w * factor[:, None])[:, order], "V": (v / factor)[:, :, order]}
    one, other = (
        bn.clusterability(bn.from_arrays(sites, layout=layout), k=2, null=0)
        for sites in ({"W": w, "V": v}, moved)
    )
    assert one.ncut[0] == pytest.approx(other.ncut[0])
    assert one.significant is None


def test_a_recurrent_layer_is_linked_with_itself_and_neurons_without_weights_are_left_out():
    layout = bn.Layout(
        {"V": ("hidden", "input"), "W": ("hidden", "hidden"), "o": ("output", "hidden")},
        {"hidden": "tanh"},
    )
    sites = {"V": np.ones((1, 3, 1)), "W": np.arange(9.0).reshape(1, 3, 3), "o": np.ones((1, 1, 3))}
    (adjacency,) = graph_of_sites(layout, sites).adjacencies()
    np.testing.assert_array_equal(adjacency[1:4, 1:4], sites["W"][0] + sites["W"][0].T)
    matrices = blocks(np.random.default_rng(0))
    matrices[0][3] = matrices[1][:, 3] = 0
    result = bn.clusterability(matrices, k=2, null=0)
    assert result.labels[0, 12 + 3] == -1


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        ([], {}, "expected draws or a list of weight matrices, got none"),
        (3, {}, "expected draws or a list of weight matrices, got a int"),
        ([np.ones((3, 2)), np.ones((3, 2))], {}, r"source\[1\]: expected 3 columns"),
        ([np.ones((3, 2))], {"k": 9}, "k: expected a whole number from 2 to 4, got 9"),
        ([np.ones((3, 2))], {"null": -1}, "null: expected a whole number"),
        ([np.ones(3)], {}, r"source\[0\]: expected shape"),
    ],
)
def test_errors_say_what_was_got(source, options, message):
    with pytest.raises(ValueError, match=message):
        bn.clusterability(source, **options)
