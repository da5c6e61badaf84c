"""Series in memory: holes, time stamps and panels are seen, and kinds of numbers not altered."""

import warnings

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import bayesneuron as bn

WAVE = np.sin(np.arange(400.0) / 5)
HOURS = pd.Series(WAVE, index=pd.date_range("2020", periods=400, freq="h"))
GAP = HOURS.drop(HOURS.index[100:180])


def test_no_window_crosses_a_gap_in_time():
    with pytest.raises(
        ValueError, match=r"got 1 of another length, first from 2020-01-05 03.*split"
    ):
        bn.windows(GAP, 5)
    x, y = bn.windows(bn.as_series(GAP, missing="split"), 5, standardize=False)
    assert len(x) == 95 + 215
    np.testing.assert_array_equal(y[95], WAVE[[185]])
    assert len(bn.windows(bn.as_series(GAP, missing="drop"), 5)[0]) == 315
    filled = bn.as_series(GAP, missing="interpolate")
    assert len(filled) == 400
    assert (filled["time"].values == HOURS.index.to_numpy()).all()
    np.testing.assert_allclose(filled[100:180], np.linspace(WAVE[99], WAVE[180], 82)[1:-1])
    for use in (bn.split, lambda s: bn.ssa(s, 5)):
        with pytest.raises(ValueError, match=r"expected equal steps"):
            use(GAP)
    # what was closed up stays so when it is split
    late = bn.split(bn.as_series(GAP, missing="drop"), test_size=0.9)[1]
    assert len(bn.windows(late, 5)[0]) == len(late) - 5


@pytest.mark.parametrize(
    ("series", "message"),
    [
        (HOURS[::-1], "in reverse, from 2020-01-17 15:00:00 to 2020-01-01"),
        (HOURS.iloc[[0, 1, 1, 2, 3]], "got 2020-01-01 01:00:00 again at sample 2"),
        (HOURS.iloc[[0, 2, 1, 3]], "got 2020-01-01 01:00:00 after 2020-01-01 02:00:00 at sample 2"),
        (pd.Series(WAVE)[WAVE > 0], "expected equal steps"),
        (xr.DataArray(WAVE[:3], dims="time", coords={"time": [2, 1, 0]}), "in reverse"),
        (xr.concat([bn.datasets.noisy_sine(9)] * 2, "time"), "got 0 after 8 at sample 9"),
        (pd.Series([1.0, 2.0], index=["2020-01-02", "2020-01-01"]), "got 2020-01-01 after"),
    ],
)
def test_time_that_does_not_run_forward_is_refused(series, message):
    with pytest.raises(ValueError, match=message):
        bn.windows(series, 1)


@pytest.mark.parametrize(
    "index",
    [
        pd.date_range("2020-01-31", periods=40, freq="ME"),
        pd.bdate_range("2020", periods=40),
        pd.period_range("2020-01", periods=40, freq="Q"),
        pd.date_range("2020-03-28", periods=40, freq="h", tz="Europe/Berlin"),
        pd.Index(np.arange(40) / 50 + 0.002 * WAVE[:40]),
        pd.Index([f"row {i}" for i in range(40)]),
    ],
)
def test_months_business_days_and_jitter_are_regular(index):
    assert len(bn.windows(pd.Series(WAVE[:40], index=index), 5)[0]) == 35


def test_no_window_crosses_the_instances_of_a_panel():
    index = pd.MultiIndex.from_product([["a", "b", "c"], range(20)])
    x, _ = bn.windows(pd.Series(WAVE[:60], index=index), 5)
    assert len(x) == 45
    assert (x["first_sample"] // 20 == x["last_sample"] // 20).all()
    x, _ = bn.windows(pd.DataFrame({"u": WAVE[:60], "v": WAVE[:60] ** 2}, index=index), 5)
    assert x.shape == (45, 10)
    assert sorted(set(x["recording"].values)) == ["a", "b", "c"]


def test_holes_stay_within_their_recording():
    values = [np.nan, 1, np.nan, 3, 10, np.nan, 30, np.nan]
    coords = {"recording": ("time", list("aaaabbbb")), "time": [0, 1, 2, 3, 0, 1, 2, 3]}
    series = xr.DataArray(values, dims="time", coords=coords)
    filled = bn.as_series(series, missing="interpolate")
    assert filled.values.tolist() == [1, 2, 3, 10, 20, 30]
    assert filled["time"].values.tolist() == [1, 2, 3, 0, 1, 2]
    assert "".join(filled["recording"].values) == "aaabbb"
    pieces = bn.as_series(series, missing="split")
    assert pieces["recording"].values.tolist() == ["a", "a (1)", "b", "b (1)"]
    with pytest.raises(ValueError, match=r"at most half of the samples"):
        bn.as_series([1.0, np.nan, np.nan, np.nan, 2.0], missing="interpolate")
    unlabelled = series.assign_coords(recording=("time", [0.0, np.nan, *[1.0] * 6]))
    with pytest.raises(ValueError, match=r"recording: expected a label .* at sample 1"):
        bn.as_series(unlabelled, missing="drop")


@pytest.mark.parametrize("size", [1e-310, 1e-200, 1e-13, 1e140])
def test_very_small_and_large_series_are_not_constant(size):
    x, y = bn.windows(WAVE * size, 5)
    np.testing.assert_allclose(x, bn.windows(WAVE, 5)[0], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(bn.unscale(y.values, y)[:, 0], WAVE[5:] * size, rtol=1e-6)
    with pytest.raises(ValueError, match=r"got a constant"):
        bn.windows(np.full(20, 0.1 * size), 5)


@pytest.mark.parametrize(
    ("series", "message"),
    [
        (WAVE + 1j, "got complex numbers"),
        (pd.Series(pd.timedelta_range("1s", periods=9, freq="1s")), "got time differences"),
        (np.ma.masked_greater(WAVE, 0.9), "expected no masked values"),
        (pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}), "column 'b': expected numbers"),
        (pd.Series([1, None, 3], dtype="Int64"), "got 1 missing, first at sample 1"),
        (
            pd.Series([1.0, 2.0], index=pd.DatetimeIndex(["2020", None])),
            "time: expected a time stamp",
        ),
        ([1.0, np.inf], "got 1 infinite, first at sample 1"),
        ([np.nan, np.nan], "all missing"),
    ],
)
def test_what_is_no_series_of_numbers_is_refused(series, message):
    with pytest.raises(ValueError, match=message):
        bn.windows(series, 1)


def test_codes_for_missing_values_are_told_of():
    with pytest.warns(bn.StatisticalWarning, match=r"-9999 in 1 .* far from all others \(1 to 4\)"):
        bn.windows([1.0, 2.0, -9999.0, 3.0, 4.0, 2.0], 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bn.windows([9997.0, 9999.0, 9990.0, 10003.0], 1)


def test_scales_of_other_channels_are_refused():
    x1, _ = bn.windows(WAVE, 5)
    x2, y2 = bn.windows(np.stack([WAVE, WAVE**2], axis=1), 5, 2)
    two = np.stack([WAVE, WAVE], axis=1)
    for series, earlier, message in ((two, x1, "expected 2 channels, got 1"),
            (WAVE, x2, "expected 1 channels, got 2"),
            (WAVE, xr.DataArray(WAVE, dims="time"), "expected earlier windows")):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            bn.windows(series, 5, standardize=earlier)
    by_x, by_y = (bn.windows(two, 7, standardize=earlier)[0] for earlier in (x2, y2))
    np.testing.assert_array_equal(by_x, by_y)
    with pytest.raises(ValueError, match=r"expected shape \(..., 4\), got \(3, 5\)"):
        bn.unscale(np.zeros((3, 5)), y2)
    for scale in ((1.0, 2.0), (0.0,), (np.nan,)):
        with pytest.raises(ValueError, match=r"scal(e|ing): expected"):
            bn.results.Scaling((0.0,), scale)
