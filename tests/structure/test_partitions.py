"""Partitions drawn again and again: their best one, how certain it is, whether there are two."""

import numpy as np
import pytest
from conftest import every_partition
from hypothesis import given, settings
from hypothesis import strategies as st

from bayesneuron.structure import communities
from bayesneuron.structure.partitions import (
    comembership,
    credible_ball,
    partition_modes,
    representative,
    variation_of_information,
)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=30)
def test_variation_of_information_by_its_definition(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.integers(4, size=(2, 3, 7))

    def entropy(*labels):
        counts = np.unique(np.stack(labels), axis=1, return_counts=True)[1] / 7
        return -(counts * np.log2(counts)).sum()

    expected = [[2 * entropy(x, y) - entropy(x) - entropy(y) for y in b] for x in a]
    np.testing.assert_allclose(variation_of_information(a, b), expected, atol=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_representative_is_the_best_of_all_partitions(seed):
    rng = np.random.default_rng(seed)
    draws = np.where(rng.random((25, 6)) < 0.25, rng.integers(4, size=(25, 6)), [0, 0, 0, 1, 1, 2])
    every = np.array(list(every_partition(6)))
    best = variation_of_information(every, draws).mean(axis=1).min()
    labels, expected = representative(draws)
    assert expected == pytest.approx(best, abs=1e-6)
    own = variation_of_information(labels[None], draws).mean()
    assert expected == pytest.approx(own, abs=1e-6)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=20)
def test_names_of_communities_do_not_matter(seed):
    rng = np.random.default_rng(seed)
    draws = rng.integers(3, size=(8, 6))
    renamed = np.stack([rng.permutation(9)[d] for d in draws])
    np.testing.assert_array_equal(comembership(draws), comembership(renamed))
    one, other = (communities(d, kind="partitions") for d in (draws, renamed))
    assert (one.labels == other.labels).all()
    assert one.ball.radius == other.ball.radius
    np.testing.assert_array_equal(one.stability, other.stability)


def test_a_neuron_between_two_communities_is_less_stable():
    draws = np.array([[0, 0, 0, 1, 1, 1, i % 2] for i in range(40)])
    result = communities(draws)
    assert result.comembership[6].tolist() == [0.5] * 6 + [1.0]
    assert result.stability[6] == pytest.approx(0)
    assert (result.stability[:6] > 0.5).all()
    assert len(result.modes) == 1  # one wandering neuron makes no second mode


def test_the_ball_holds_its_share_and_no_smaller_one_does():
    rng = np.random.default_rng(0)
    draws = np.where(rng.random((200, 8)) < 0.1, 2, np.repeat([0, 1], 4))
    labels, _ = representative(draws)
    away = variation_of_information(labels[None], draws)[0]
    ball = credible_ball(labels, draws, level=0.9)
    assert (away <= ball.radius + 1e-9).mean() >= 0.9
    assert (away < ball.radius - 1e-9).mean() < 0.9
    for bound in (ball.horizontal, ball.coarse, ball.fine):
        assert (variation_of_information(labels[None], bound) <= ball.radius + 1e-9).all()
    assert ball.coarse.max() <= labels.max() <= ball.fine.max()


def test_two_modes_are_distinguished_and_one_is_not_split():
    rng = np.random.default_rng(0)
    rows, columns = np.repeat(np.arange(4), 4), np.tile(np.arange(4), 4)
    two = np.array([rows] * 70 + [columns] * 30)
    stray = rng.random(two.shape) < 0.03
    modes, member = partition_modes(np.where(stray, 9, two))
    assert [m.share for m in modes] == [0.7, 0.3]
    assert (modes[0].labels == rows).all()
    assert (modes[1].labels == columns).all()
    assert member.tolist() == [0] * 70 + [1] * 30
    one, _ = partition_modes(np.where(stray, 9, rows))
    assert len(one) == 1
    assert len(communities(np.where(stray, 9, two)).modes) == 2
