"""Rows that replicates are trained on: their distribution; blocks stay within recordings."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayesneuron.inference.resampling import automatic_block_length, resample, total_weights


def test_resampling_schemes():
    for scheme in ("pairs", "block", "subsample", "bayesian"):
        rows, weights = resample(scheme, 50, 400, seed=0, block_length=7, fraction=0.5)
        total = total_weights(rows, weights, 50)
        expected = 25 if scheme == "subsample" else 50
        np.testing.assert_allclose(total.sum(axis=1), expected)
        inner = total[:, 7:-7].mean(axis=0)  # moving blocks reach the ends less often
        assert abs(inner.mean() / (expected / 50) - 1) < 0.25
    rows, _ = resample("block", 50, 3, seed=0, block_length=7)
    assert (np.diff(rows.reshape(3, -1)[:, :49].reshape(3, 7, 7), axis=2) == 1).all()
    spread = total_weights(*resample("bayesian", 50, 4000, seed=0), 50)
    assert spread.var() == pytest.approx(49 / 51, rel=0.05)  # of a Dirichlet weight times 50


@given(
    lengths=st.lists(st.integers(1, 30), min_size=2, max_size=6),
    share=st.floats(0, 1),
    seed=st.integers(0, 99),
)
def test_blocks_lie_within_one_recording(lengths, share, seed):
    count = sum(lengths)
    block = 1 + round(share * (count - 1))
    recording = np.repeat(np.arange(len(lengths)) % 2, lengths)  # names may come again
    run = np.repeat(np.arange(len(lengths)), lengths)
    rows, weights = resample("block", count, 3, seed=seed, block_length=block, recording=recording)
    assert rows.shape == (3, count)
    assert (weights == 1).all()
    for row in rows:
        at = 0
        while at < count:  # the next block is as long as its recording lets it be
            size = min(block, lengths[run[row[at]]], count - at)
            piece = row[at : at + size]
            assert (np.diff(piece) == 1).all()
            assert len(set(run[piece])) == 1
            at += size


def test_one_recording_changes_nothing():
    series = np.random.default_rng(0).standard_normal((90, 2)).cumsum(axis=0)
    length = automatic_block_length(series)
    one = {"seed": 3, "block_length": length}
    rows, weights = resample("block", 90, 5, **one)
    for recording in (np.zeros(90), np.array(["walk"] * 90)):
        assert automatic_block_length(series, recording) == length
        again = resample("block", 90, 5, **one, recording=recording)
        np.testing.assert_array_equal(again[0], rows)
        np.testing.assert_array_equal(again[1], weights)
    for r, row in enumerate(rows):  # Künsch: starts uniform over all that fit
        starts = np.random.default_rng([3, r]).integers(0, 91 - length, -(-90 // length))
        np.testing.assert_array_equal(row, (starts[:, None] + np.arange(length)).ravel()[:90])


def test_starts_are_equally_likely_and_recordings_keep_their_share():
    recording = np.repeat([0, 1, 2], 10)
    rows, _ = resample("block", 30, 8000, seed=0, block_length=4, recording=recording)
    starts = np.bincount(rows[:, ::4][:, :7].ravel(), minlength=30)  # 7 of each recording fit
    admissible = np.arange(30) % 10 < 7
    assert (starts[~admissible] == 0).all()
    expected = starts.sum() / 21
    chi2 = ((starts[admissible] - expected) ** 2 / expected).sum()
    assert chi2 < 45.3  # 99.9% of chi-squared with 20 degrees of freedom
    # longer, just as long, and shorter than a block: none is favoured
    lengths = np.array([300, 26, 25, 24, 5])
    recording = np.repeat(np.arange(5), lengths)
    rows, _ = resample("block", 380, 4000, seed=0, block_length=25, recording=recording)
    share = np.bincount(recording[rows].ravel()) / rows.size
    np.testing.assert_allclose(share, lengths / 380, rtol=0.05)


def test_automatic_length_does_not_see_across_recordings():
    rng = np.random.default_rng(0)
    recording = np.repeat(np.arange(8), 100)
    noise = rng.standard_normal((800, 1))
    level = 10 * rng.standard_normal((8, 1))[recording]
    # a level a recording looks like dependence only where recordings are run together
    assert automatic_block_length(noise + level, recording) == (
        automatic_block_length(noise, recording)
    )
    assert automatic_block_length(noise, recording) < 10 < automatic_block_length(noise + level)
    # pieces tell of one process what the whole tells
    walk = np.zeros((1600, 1))
    for t in range(1, 1600):
        walk[t] = 0.6 * walk[t - 1] + rng.standard_normal(1)
    pieces = automatic_block_length(walk, np.repeat(np.arange(8), 200))
    assert pieces == pytest.approx(automatic_block_length(walk), rel=0.35)
    # nothing to judge by: recordings stay whole; nothing varies: no blocks are needed
    short = np.repeat(np.arange(10), 5)
    assert automatic_block_length(noise[:50], short) == 5
    assert automatic_block_length(np.full((50, 1), 0.1), short) == 1
    with pytest.raises(ValueError, match=r"recording: expected shape \(50,\)"):
        automatic_block_length(noise[:50], short[1:])
