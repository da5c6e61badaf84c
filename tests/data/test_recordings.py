"""Recordings are runs of one label, and everything that cuts a series cuts it there."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

import bayesneuron as bn
from bayesneuron.data.recordings import by_recording, recording_lengths, recording_of
from bayesneuron.inference.resampling import resample

LENGTHS = np.array([9, 12, 7])


def series(labels):
    values = np.arange(float(LENGTHS.sum()))
    coords = {"recording": ("time", np.repeat(labels, LENGTHS))}
    return xr.DataArray(values, dims="time", coords=coords)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6))
def test_pieces_are_the_runs_in_order(lengths):
    labels = np.repeat(np.arange(len(lengths)) % 2, lengths)
    assert recording_lengths(labels, len(labels)).tolist() == lengths
    pieces = by_recording(np.arange(len(labels)), np.array(lengths))
    assert [len(piece) for piece in pieces] == lengths
    np.testing.assert_array_equal(np.concatenate(pieces), np.arange(len(labels)))


def test_labels_are_those_along_the_first_axis():
    labelled = series([0, 1, 2])
    np.testing.assert_array_equal(recording_of(None, [1.0], labelled), labelled["recording"])
    assert recording_of(labelled.drop_vars("recording")) is None
    one = labelled.drop_vars("recording").assign_coords(recording=0)
    assert recording_of(one) is None, "one label for all is no label per sample"
    with pytest.raises(ValueError, match=r"expected shape \(3,\), got \(2,\)"):
        recording_lengths(np.array([0, 1]), 3)


@pytest.mark.parametrize("labels", [[0, 1, 2], ["a", "b", "a"]])
def test_windows_split_ssa_and_blocks_agree_on_where_recordings_end(labels):
    data = series(labels)
    ends = np.cumsum(LENGTHS)
    piece = np.repeat(np.arange(3), LENGTHS)
    x, _ = bn.windows(data, history=3, horizon=2, standardize=False)
    assert len(x) == (LENGTHS - 4).sum()
    assert (piece[x["first_sample"]] == piece[x["last_sample"]]).all()
    _, late = bn.split(data, test_size=0.3)
    expected = [np.arange(e - np.ceil(0.3 * n), e) for e, n in zip(ends, LENGTHS, strict=True)]
    np.testing.assert_array_equal(late, np.concatenate(expected))
    assert len(bn.ssa(data, 4).scores) == (LENGTHS - 3).sum()
    rows, _ = resample("block", 28, 50, seed=0, block_length=4, recording=recording_of(data))
    within = piece[rows.reshape(50, 7, 4)]  # every block has its full length here
    assert (within == within[..., :1]).all()


def test_recordings_that_are_too_short_are_measured_run_by_run():
    with pytest.raises(ValueError, match=r"at least 14 samples .* got at most 12"):
        bn.windows(series(["a", "b", "a"]), history=13)
