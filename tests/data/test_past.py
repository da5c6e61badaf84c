"""Which rows of windows lie wholly in the past of a row."""

import numpy as np
import pytest
import xarray as xr

import bayesneuron as bn
from bayesneuron.data.past import earlier_rows

SERIES = np.sin(np.arange(60) / 3.0)


@pytest.mark.parametrize(("horizon", "stride", "behind"), [(1, 1, 0), (3, 1, 2), (3, 2, 1)])
def test_rows_whose_targets_overlap_are_not_past(horizon, stride, behind):
    x, y = bn.windows(SERIES, history=5, horizon=horizon, stride=stride)
    expected = np.maximum(np.arange(len(x)) - behind, 0)
    np.testing.assert_array_equal(earlier_rows(x, y), expected)


def test_channels_do_not_lengthen_a_window():
    both = np.stack([SERIES, SERIES[::-1]], axis=1)
    x, y = bn.windows(both, history=5, horizon=3)
    np.testing.assert_array_equal(earlier_rows(x, y), np.maximum(np.arange(len(x)) - 2, 0))


def test_reconstructed_windows_are_their_own_targets():
    x, y = bn.windows(SERIES, history=4, target="reconstruct")
    np.testing.assert_array_equal(earlier_rows(x, y), np.maximum(np.arange(len(x)) - 3, 0))


def test_earlier_recordings_are_past():
    labels = {"recording": ("time", np.repeat([0, 1], 30))}
    series = xr.DataArray(SERIES, dims="time", coords=labels)
    x, y = bn.windows(series, history=4, horizon=3)
    first = int((x["recording"] == 0).sum())
    assert earlier_rows(x, y)[first] == first
    assert earlier_rows(x, y)[first + 1] == first


def test_rows_that_are_no_overlapping_windows():
    x, y = bn.windows(SERIES, history=5, horizon=1, stride=6)
    assert earlier_rows(x, y) is None
    assert earlier_rows(np.zeros((4, 2)), np.zeros((4, 1))) is None
    x, y = bn.windows(SERIES, history=5)
    assert earlier_rows(x[::-1], y[::-1]) is None, "not in order of time"
