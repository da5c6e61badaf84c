"""Forecasts as tables, with the index and the columns that others expect."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from conftest import stand_in

import bayesneuron as bn

VALUES = bn.datasets.noisy_sine(length=60, seed=0).values
INDICES = {
    "M": pd.period_range("2015-01", periods=60, freq="M"),
    "ME": pd.date_range("2015-01-31", periods=60, freq="ME"),
    "W-WED": pd.date_range("2015-01-07", periods=60, freq="W-WED"),
    "B": pd.date_range("2015-01-01", periods=60, freq="B"),
    "h": pd.date_range("2015-01-01", periods=60, freq="h", tz="Europe/Berlin"),
}


@pytest.fixture(scope="module")
def network():
    x, y = bn.windows(VALUES, history=3)
    model = bn.load("two_layer", inputs=3, hidden=1, outputs=1)
    return bn.laplace(model, x, y, samples=50, starts=2)


@pytest.mark.parametrize("freq", INDICES)
@pytest.mark.parametrize("steps", [1, 4])
def test_the_index_goes_on_with_its_frequency(network, freq, steps):
    index = INDICES[freq]
    series = pd.Series(VALUES[:56], index[:56], name="sold")
    table = bn.to_pandas(bn.forecast(network, series, steps), like=series)
    pd.testing.assert_index_equal(table.index, index[56 : 56 + steps], check_names=False)
    assert table.index.freq == index.freq


def test_without_the_series_steps_that_show_are_kept(network):
    ahead = bn.forecast(network, pd.Series(VALUES, INDICES["ME"]), 4)
    assert bn.to_pandas(ahead).index.freqstr == "ME"
    plain = bn.to_pandas(bn.forecast(network, VALUES, 4))
    assert (plain.index.name, plain.index.tolist()) == ("step", [1, 2, 3, 4])


def test_columns_are_those_of_the_summary_and_of_sktime(network):
    ahead = bn.forecast(network, VALUES, 4)
    table = bn.to_pandas(ahead)
    np.testing.assert_array_equal(table["mean"], ahead.summary["mean"])
    np.testing.assert_array_equal(table[0.95], ahead.summary["quantiles"].sel(quantile=0.95))
    bands = bn.to_pandas(ahead, coverage=[0.5, 0.9])
    quantiles = bn.to_pandas(ahead, alpha=[0.25, 0.75, 0.05, 0.95])
    assert bands.columns.tolist() == [
        (0, 0.5, "lower"), (0, 0.5, "upper"), (0, 0.9, "lower"), (0, 0.9, "upper"),
    ]  # fmt: skip
    assert quantiles.columns.tolist() == [(0, a) for a in (0.25, 0.75, 0.05, 0.95)]
    np.testing.assert_allclose(bands, quantiles)
    np.testing.assert_allclose(bands[0, 0.9, "upper"], table[0.95])


def test_a_path_that_diverges_counts_up_to_then(network):
    """Quantiles are those of the summary, which leaves it out from that step on."""
    ahead = bn.forecast(network, VALUES, 3)
    group = ahead["forecast"].to_dataset().copy(deep=True)
    group["y"][0, :10, :, 0], group["y"][0, :10, :, 1:] = 50.0, 1e9
    group["diverged"][0, :10], group["lasted"][0, :10] = True, 1
    ahead["forecast"] = xr.DataTree(group)
    paths = group["diverged"].size
    with pytest.warns(bn.StatisticalWarning, match=f"{paths // 5} of {paths} paths diverged"):
        table = bn.to_pandas(ahead, alpha=[0.5, 0.95])
    assert table.iloc[0, 1] == 50.0, "a fifth of the paths are there at the first step"
    others = group["y"][0, 10:, :, 1].values
    np.testing.assert_allclose(table.iloc[1], np.quantile(others, [0.5, 0.95]))


def test_forecasts_say_how_long_a_path_lasted():
    linear = bn.load("mlp", inputs=1, hidden=(), outputs=1)
    x, y = bn.windows([0.0, 1.0, 0.0, -1.0, 0.0, 1.0], 1)
    sites = {"output_weight": [[2.0]], "output_bias": [0.0], "noise": 1e-6}
    theta = {name: np.array([[value]]) for name, value in sites.items()}
    draws = stand_in(linear, x, y, count=1)
    for name, value in theta.items():
        draws["posterior"][name] = draws["posterior"][name].copy(data=value)
    with pytest.warns(bn.StatisticalWarning, match="left the range"):
        ahead = bn.forecast(draws, [0.0, 1.0], 8, paths=3)
    diverged = np.abs(ahead.forecast["y"][0, 0]) > 1 + 10 * 2
    np.testing.assert_array_equal(ahead.forecast["lasted"][0, 0], 8 - diverged.sum("step"))
    with pytest.warns(bn.StatisticalWarning, match="3 of 3 paths"):
        table = bn.to_pandas(ahead, coverage=0.5)
    np.testing.assert_array_equal(np.isnan(table.iloc[:, 0]), diverged.all("path"))


def test_like_ends_where_the_forecast_begins(network):
    series = pd.Series(VALUES, INDICES["ME"])
    ahead = bn.forecast(network, series[:50], 3)
    assert len(bn.to_pandas(ahead, like=series[40:50])) == 3
    for other in (series, series[:49], series[:48].set_axis(INDICES["M"][:48])):
        with pytest.raises(ValueError, match=r"like: expected.*a step before 2019-03-31"):
            bn.to_pandas(ahead, like=other)
    panel = pd.concat({"a": series[:50], "b": series[5:45]})
    many = bn.forecast(network, panel, 2)
    assert len(bn.to_pandas(many, like=panel)) == 4
    with pytest.raises(ValueError, match="like: expected"):
        bn.to_pandas(many, like=pd.concat({"a": series[:50], "b": series[5:46]}))


def test_a_chosen_channel_keeps_its_name():
    both = pd.DataFrame({"u": VALUES, "v": VALUES[::-1]}, INDICES["ME"])
    x, y = bn.windows(both, 2)
    model = bn.load("two_layer", inputs=4, hidden=1, outputs=2)
    one = bn.forecast(stand_in(model, x, y), both, 2).sel(channel="v")
    assert bn.to_pandas(one, alpha=0.5).columns.tolist() == [("v", 0.5)]
    assert bn.to_pandas(one, alpha=0.5, like=both).columns.tolist() == [("v", 0.5)]


def test_several_starts_and_variables_have_levels(network):
    panel = pd.Series(np.tile(VALUES, 2), pd.MultiIndex.from_product([["a", "b"], INDICES["ME"]]))
    table = bn.to_pandas(bn.forecast(network, panel, 3), like=panel)
    assert table.loc["a"].index.tolist() == table.loc["b"].index.tolist()
    assert table.index.names == ["recording", "time"]
    wide = pd.DataFrame({"u": VALUES, "v": 2 * VALUES}, INDICES["M"])
    ahead = bn.forecast(network, wide["u"], 3)
    for group, names in {"forecast": ["y"], "summary": ["mean", "sd", "quantiles"]}.items():
        one = ahead[group].to_dataset()
        both = xr.concat([one[names], 2 * one[names]], pd.Index(["u", "v"], name="channel"))
        ahead[group] = xr.DataTree(one.drop_vars(names).merge(both.transpose(..., "channel")))
    table = bn.to_pandas(ahead, like=wide)
    np.testing.assert_array_equal(table["v", "mean"], ahead.summary["mean"].sel(channel="v"))
    assert bn.to_pandas(ahead, alpha=0.5).columns.tolist() == [("u", 0.5), ("v", 0.5)]
    with pytest.raises(ValueError, match=r"like: expected 2 variables, got \['u'\]"):
        bn.to_pandas(ahead, like=wide["u"])


@pytest.mark.parametrize(
    ("options", "message"),
    [({"coverage": 90}, "coverage"), ({"alpha": 1.2}, "alpha"),
     ({"coverage": 0.9, "alpha": 0.1}, "one of them, got both")],
)  # fmt: skip
def test_what_cannot_be_is_refused(network, options, message):
    with pytest.raises(ValueError, match=message):
        bn.to_pandas(bn.forecast(network, VALUES, 1), **options)
    with pytest.raises(ValueError, match="ahead: expected a forecast"):
        bn.to_pandas(network)
