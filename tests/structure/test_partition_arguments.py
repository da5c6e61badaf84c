"""Partitions of what is no similarity or no labels are refused at once."""

import numpy as np
import pytest

from bayesneuron import communities, partitions

SIMILARITY = np.kron(np.eye(2), np.ones((3, 3)))
LABELS = np.array([[0, 0, 0, 1, 1, 1]] * 3)
BY_SIMILARITY = {
    "search": lambda s: partitions.search(s, seed=0),
    "louvain": lambda s: partitions.louvain(s, seed=0),
    "greedy": partitions.greedy,
    "spectral": lambda s: partitions.spectral(s, seed=0),
    "modularity": lambda s: partitions.modularity(s, LABELS[0]),
}
NO_SIMILARITIES = {
    "asymmetric": SIMILARITY + np.triu(np.ones((6, 6)), 1),
    "NaN": np.where(np.eye(6) > 0, np.nan, SIMILARITY),
    "infinite": np.full(SIMILARITY.shape, np.inf),
    "flat": SIMILARITY[:3],
    "row": SIMILARITY[0],
    "empty": SIMILARITY[:0, :0],
    "complex": SIMILARITY.astype(complex),
    "text": "abc",
    "none": None,
}


@pytest.mark.parametrize("name", BY_SIMILARITY)
@pytest.mark.parametrize("kind", NO_SIMILARITIES)
def test_what_is_no_similarity(name, kind):
    with pytest.raises(ValueError, match="similarity: expected"):
        BY_SIMILARITY[name](NO_SIMILARITIES[kind])


@pytest.mark.parametrize(
    "call",
    [
        partitions.comembership,
        partitions.representative,
        partitions.partition_modes,
        lambda labels: partitions.variation_of_information(labels, LABELS),
        lambda labels: partitions.credible_ball(LABELS[0], labels),
        lambda labels: communities(labels, kind="partitions"),
    ],
)
@pytest.mark.parametrize("labels", [None, "abc", [], [[]], [0, 1], [[0, np.nan]], [[0.5, 1]]])
def test_what_are_no_labels(call, labels):
    with pytest.raises(ValueError, match=r"(partitions|a|source): expected"):
        call(labels)


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        (np.ones((4, 2, 5)), {}, "activations: expected at least 3 points .*, got 2"),
        (SIMILARITY, {"signed": "no"}, "signed: expected True or False, got 'no'"),
        (SIMILARITY, {"untrained": 1}, "untrained: expected True or False, got 1"),
    ],
)
def test_options_that_would_be_misread(source, options, message):
    with pytest.raises(ValueError, match=message):
        communities(source, **options)


def test_numbers_of_clusters_and_seeds():
    spreads = np.tile(np.eye(6), (6, 1, 1))
    for bad in (0, 7, 2.0, "2", [2], np.nan):
        for call in (
            lambda k: partitions.spectral(SIMILARITY, k, seed=0),
            lambda k: partitions.kmeans(SIMILARITY, k, seed=0),
            lambda k: partitions.wasserstein_kmeans(SIMILARITY, spreads, k, seed=0),
        ):
            with pytest.raises(ValueError, match="k: expected a whole number from 1 to 6"):
                call(bad)
    for seed in (2**32, 2**62, np.int64(3)):  # longer than scikit-learn takes
        assert partitions.spectral(SIMILARITY, 2, seed=seed).tolist() == [0, 0, 0, 1, 1, 1]
        assert partitions.louvain(SIMILARITY, seed=seed).tolist() == [0, 0, 0, 1, 1, 1]


def test_signs_are_true_or_false():
    for signed in ("no", "", 1, None):
        with pytest.raises(ValueError, match="signed: expected True or False"):
            communities(SIMILARITY, signed=signed)
        with pytest.raises(ValueError, match="signed: expected True or False"):
            partitions.modularity(SIMILARITY, LABELS[0], signed=signed)


def test_the_unit_of_a_similarity_does_not_matter():
    assert partitions.louvain(SIMILARITY * 1e-140, seed=0).tolist() == LABELS[0].tolist()
