"""What was observed is found by its time or by its step; figures show it beside the forecast."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from conftest import normal
from test_forecast import linear_draws

import bayesneuron as bn
from bayesneuron.forecasting.held_out import held_out

SERIES = pd.Series(normal(12), pd.date_range("2024-01-01", periods=12))


@pytest.fixture(scope="module")
def starts():
    """Three starts of a dated series."""
    x, _ = bn.windows(SERIES, 1, 1, standardize=False)
    return bn.forecast(linear_draws([0.5, 0.6], 0.1), x[[0, 4, 10]], 4)


def test_a_series_with_dates_is_found_by_its_dates(starts):
    seen = held_out(starts, SERIES)
    np.testing.assert_array_equal(seen[1, :, 0], SERIES[5:9])
    np.testing.assert_array_equal(np.isnan(seen[2, :, 0]), [False, True, True, True])
    with pytest.raises(ValueError, match="at the times of the forecast"):
        held_out(starts, pd.Series(SERIES.to_numpy(), SERIES.index + pd.Timedelta(days=99)))
    with pytest.raises(ValueError, match=r"expected axes .*start.*step"):
        held_out(starts, [1.0, 2.0])


def test_recordings_that_share_their_times_are_kept_apart():
    """Each of two recordings starts at time zero."""
    coords = {"time": [0, 1, 2, 3, 4] * 2, "recording": ("time", ["a"] * 5 + ["b"] * 5)}
    series = xr.DataArray(normal(10), dims="time", coords=coords)
    ahead = bn.forecast(linear_draws([0.5], 0.1), series[[0, 1, 2, 5, 6, 7]], 2)
    np.testing.assert_array_equal(held_out(ahead, series)[..., 0], [series[3:5], series[8:]])
    last = bn.forecast(linear_draws([0.5], 0.1), series[5:8], 2)
    np.testing.assert_array_equal(held_out(last, series)[0, :, 0], series[8:])


def test_the_fan_is_the_quantiles_and_the_points_are_what_came_next(starts):
    ax = bn.plot.forecast(starts, SERIES, start=1)
    lines = {one.get_label(): one.get_ydata() for one in ax.get_lines()}
    np.testing.assert_array_equal(lines["observed"], SERIES[5:9])
    np.testing.assert_array_equal(lines["median"], starts.summary["quantiles"][2, 1])
    np.testing.assert_array_equal(lines["persistence"], np.repeat(SERIES.iloc[4], 4))
    with pytest.raises(ValueError, match="start: expected a whole number from 0 to 2"):
        bn.plot.forecast(starts, start=3)
    with pytest.raises(ValueError, match="references: expected some of"):
        bn.plot.forecast(starts, references=("autoregression",))
    with pytest.raises(ValueError, match=r"result of bn\.forecast"):
        bn.plot.forecast(linear_draws([0.5], 0.1))
    plt.close("all")


def test_the_error_is_over_the_starts_that_were_observed(starts):
    ax = bn.plot.horizon_error(starts, SERIES)
    error = ax.get_lines()[0].get_ydata()
    off = starts.summary["mean"].values[:2, 2] - SERIES.iloc[[3, 7]]
    assert error[2] == pytest.approx(np.sqrt(np.mean(off**2)))
    plt.close("all")


def test_one_channel_of_several_is_drawn():
    model = bn.load("two_layer", inputs=2, hidden=1, outputs=2)
    series = xr.DataArray(normal(4, 2), dims=("time", "channel"), coords={"channel": ["a", "b"]})
    ahead = bn.forecast(bn.prior(model, np.zeros((1, 2)), samples=5), series, 3)
    ax = bn.plot.forecast(ahead, normal(3, 2, seed=1), channel=1)
    assert ax.get_ylabel() == "b"
    np.testing.assert_array_equal(ax.get_lines()[-1].get_ydata(), normal(3, 2, seed=1)[:, 1])
    plt.close("all")
