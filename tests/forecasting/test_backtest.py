"""Backtests: nothing of the future is used, and the table is what the forecasts say."""

import re
import warnings
from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from conftest import estimate, network

import bayesneuron as bn
from bayesneuron.draws.tree import Fit, build_tree
from bayesneuron.forecasting.rolling import rolling
from bayesneuron.network.density import density

SERIES = bn.datasets.noisy_sine(length=150, period=12.0)
MODEL = network("two_layer")
EARLY = 44  # samples trained on, with the shapes of other tests: nothing is compiled anew


def fit(x, y, model=MODEL):
    """Draws that depend on all of the data, and cost nothing."""
    size = density(model, jnp.asarray(x.values), jnp.asarray(y.values)).size
    theta = 0.3 * np.random.default_rng(0).normal(size=(1, 20, size))
    theta += 0.1 * (x.values**2).mean() + 0.1 * (y.values**3).mean()
    return build_tree(model, Fit(theta), x, y, method="stand-in", seed=0)


@pytest.fixture(scope="module")
def draws():
    return estimate("laplace", MODEL, *bn.windows(SERIES[:EARLY], 4))


@pytest.fixture(scope="module")
def tested(draws):
    return bn.backtest(draws, SERIES, horizon=6, origins=12)


def known_before(tested, number):
    """Everything that was forecast from the first origins, as bytes."""
    names = ("mean", "sd", "quantiles", "diverged")
    return [tested.forecasts[name].isel(origin=slice(number)).values.tobytes() for name in names]


CASES = {
    "draws": (None, {}),
    "sliding": (fit, {"windows": {"history": 4}, "refit": True, "train_length": 60}),
    "levels": (fit, {"windows": {"history": 4, "difference": 1, "local": "zscore"}, "refit": 2}),
    "powers": (fit, {"windows": {"history": 4, "transform": "yeo-johnson"}}),
}


@pytest.mark.filterwarnings("ignore::bayesneuron.StatisticalWarning")  # wild futures diverge
@pytest.mark.parametrize("case", CASES)
def test_changing_the_future_changes_no_bit_of_a_forecast(case, draws):
    source, options = CASES[case]
    options = {"horizon": 4, "origins": [112, 120, 128, 136], **options}
    if source is None:
        source, options = draws, {"horizon": 6, "origins": 12}
    ours = bn.backtest(source, SERIES, **options)
    known = len(ours.forecasts["origin"]) - 1
    place = int(ours.forecasts["origin"][known - 1])
    other = SERIES.copy()
    other[place:] = 40 + 5 * np.random.default_rng(5).normal(size=150 - place)
    changed = bn.backtest(source, other, **options)
    assert known_before(ours, known) == known_before(changed, known)
    assert known_before(ours, known + 1) != known_before(changed, known + 1)


def test_origins_of_draws_lie_after_what_they_were_trained_on(draws, tested):
    places = tested.forecasts["origin"].values
    assert (places[0], places[-1], len(places)) == (EARLY, 144, 12)
    assert tested.fits == 0
    np.testing.assert_array_equal(tested.forecasts["time"][:, 0], places)
    np.testing.assert_array_equal(tested.forecasts["observed"][3], SERIES[places[3] :][:6])
    with pytest.raises(ValueError, match="places from 44 on, after what was trained on, got 40"):
        bn.backtest(draws, SERIES, horizon=6, origins=[40, 120])
    later = bn.backtest(draws, SERIES[30:], horizon=6, origins=12)
    assert later.forecasts["origin"].values[0] == 14, "the same windows, found by value"


def test_the_network_forecasts_as_bn_forecast_does(draws, tested):
    place = int(tested.forecasts["origin"][2])
    known = [SERIES.values[:p] for p in tested.forecasts["origin"].values]
    starts = xr.DataArray(np.stack([k[-4:] for k in known]), dims=("origin", "time"))
    ahead = bn.forecast(draws, starts, 6)
    own = tested.forecasts.sel(forecaster="network")
    for name in ("mean", "sd"):
        np.testing.assert_allclose(own[name], ahead.summary[name], rtol=1e-9)
    quantiles = ahead.summary["quantiles"].transpose("start", "step", "quantile")
    np.testing.assert_allclose(
        own["quantiles"].transpose("origin", "step", "quantile"), quantiles, rtol=1e-9
    )
    linear = tested.forecasts["mean"].sel(forecaster="autoregression")
    np.testing.assert_allclose(linear, ahead.references["autoregression"], rtol=1e-9)
    assert (
        tested.forecasts["mean"].sel(forecaster="persistence", origin=place).values[5]
        == (SERIES.values[place - 1])
    )


def test_the_table_is_what_the_forecasts_say(tested):
    table, data = tested.table(), tested.forecasts
    mean, seen = (
        data[name].transpose(..., "origin", "step").values for name in ("mean", "observed")
    )
    assert table.index.tolist() == ["network", "persistence", "seasonal", "autoregression", "ssa"]
    assert tested.period == 12
    np.testing.assert_allclose(table["rmse"], np.sqrt(((mean - seen) ** 2).mean(axis=(1, 2))))
    np.testing.assert_allclose(table["mae"], np.abs(mean - seen).mean(axis=(1, 2)))
    early = SERIES.values[:EARLY]
    naive = np.abs(early[12:] - early[:-12]).mean()
    np.testing.assert_allclose(table["mase"] * naive, table["mae"])
    np.testing.assert_allclose(table["skill"], 1 - table["rmse"] / table["rmse"]["persistence"])
    low, high = (
        data["quantiles"].sel(quantile=q).transpose("forecaster", ...) for q in (0.05, 0.95)
    )
    held = (low <= data["observed"]) & (data["observed"] <= high)
    np.testing.assert_allclose(table["coverage_90"], held.mean(["origin", "step"]))
    np.testing.assert_allclose(table["width_90"], (high - low).mean(["origin", "step"]))
    first = tested.table(1)
    np.testing.assert_allclose(first["rmse"], np.sqrt(((mean - seen)[:, :, 0] ** 2).mean(axis=1)))
    np.testing.assert_allclose(first["crps"], tested.by_step["crps"].sel(step=1))
    assert np.isnan(table["dm"]["network"])
    assert table["dm"]["persistence"] > 3
    assert tested.verdict.count("\n") == 0
    assert repr(tested).startswith("Backtest, 6 steps from 12 origins, season of 12: ")


def test_a_forecaster_without_bands_has_no_coverage(tested):
    data = tested.forecasts.copy(deep=True)
    data["quantiles"].loc[{"forecaster": "ssa"}] = np.nan
    table = replace(tested, forecasts=data).table()
    assert table.loc["ssa", ["coverage_50", "coverage_90"]].isna().all()
    rest = table["coverage_90"].drop("ssa")
    np.testing.assert_array_equal(rest, tested.table()["coverage_90"].drop("ssa"))


def test_the_verdict_says_first_what_the_network_is_worse_than(tested):
    data = tested.forecasts.copy(deep=True)
    own = {"forecaster": 0}
    data["mean"][own] = data["observed"] + 5.0
    data["quantiles"][own] = data["mean"][own].expand_dims(quantile=5)
    data["diverged"][own] = 0.01
    bad = replace(tested, forecasts=data.assign_attrs(units="V"))
    best = bad.table()["rmse"].drop("network").min()
    assert bad.worse
    words = re.sub(r" \(p = [0-9.e-]+\)", "", bad.verdict)
    assert words.startswith(
        "worse than persistence, seasonal persistence, the autoregression and SSA: RMSE 5 against "
        f"{best:.4g} V of "
    )
    assert bad.verdict.count("(p = ") == 4
    assert bad.verdict.endswith("; bands of 90% hold 0%; 1.0% of the paths diverged")


def test_a_reference_that_is_ahead_by_chance_is_named_apart(tested):
    data = tested.forecasts.copy(deep=True)
    miss = data["mean"].sel(forecaster="autoregression") - data["observed"]
    sign = xr.where(data["origin"] == data["origin"][0], 1.1, 1.0)  # one origin is a little worse
    data["mean"].loc[{"forecaster": "network"}] = data["observed"] + sign * miss
    data["mean"].loc[{"forecaster": "persistence"}] = data["observed"] + 0.1 * miss
    words = replace(tested, forecasts=data).verdict
    assert re.match(r"worse than persistence \(p = [0-9.e-]+\)[^;]*; behind ", words)
    assert re.search(
        r"the autoregression \(p = 0\.\d+\)[^:]*, not settled by these origins: RMSE", words
    )


def test_two_networks_are_compared_from_the_same_origins(tested):
    data = tested.forecasts.copy(deep=True)
    noise = np.random.default_rng(0).normal(size=data["mean"].sel(forecaster="network").shape)
    data["mean"].loc[{"forecaster": "network"}] += 3 * noise
    worse = replace(tested, forecasts=data)
    test = tested.against(worse)
    assert test.mean > 0
    assert test.statistic > 0
    assert test.p < 0.05
    assert worse.against(tested).statistic == pytest.approx(-test.statistic)
    with pytest.raises(ValueError, match="other: expected a backtest of the same"):
        tested.against(replace(tested, forecasts=data.isel(origin=slice(1, None))))


def test_a_good_network_with_honest_bands_is_called_no_worse(tested):
    assert not tested.worse
    assert "persistence" not in tested.verdict.split(": RMSE")[0]
    assert "bands" not in tested.verdict


def test_refits_are_to_what_is_known_and_no_more():
    lengths = []

    def record(x, y):
        lengths.append(len(y) + 4)
        return fit(x, y)

    options = {"horizon": 4, "origins": [112, 120, 136], "windows": {"history": 4}, "refit": True}
    tested = bn.backtest(record, SERIES, **options, references=())
    assert (tested.fits, lengths) == (3, [112, 120, 136])
    lengths.clear()
    bn.backtest(record, SERIES, **options, train_length=60, references=())
    assert lengths == [60, 60, 60]


def recorded():
    both = xr.concat([SERIES[:90], 3 * SERIES[:60]], "time")
    return both.assign_coords(recording=("time", np.repeat(["a", "b"], [90, 60])))


def test_recordings_have_origins_of_their_own():
    both = recorded()
    draws = fit(*bn.windows(bn.split(both, test_size=0.3)[0], 4))
    tested = bn.backtest(draws, both, horizon=4, origins=2)
    assert tested.forecasts["recording"].values.tolist() == ["a", "a", "b", "b"]
    assert tested.forecasts["origin"].values.tolist() == [63, 86, 132, 146]
    assert tested.forecasts["mean"].sel(forecaster="persistence", origin=132).values[0] == both[131]
    assert "autoregression" in tested.table().index


def test_a_fit_knows_of_every_recording_what_comes_before_its_origin():
    both = recorded()
    roll = rolling(both, 3, 4, None, 0.3)
    assert roll.places.tolist() == [62, 74, 86, 132, 139, 146]
    first, second, third = roll.batches(1)
    assert (first.tolist(), third.tolist()) == ([0, 3], [2, 5])
    assert roll.known(second)["time"].values.tolist() == [*range(74), *range(49)]
    assert roll.known(third, 10)["time"].values.tolist() == [*range(76, 86), *range(46, 56)]
    assert [b.tolist() for b in roll.batches(None)] == [[0, 1, 2, 3, 4, 5]]
    late = rolling(both, [100, 140], 4, None, 0.3)  # the first recording has no origin
    assert len(late.known(np.array([0]))) == 100
    early = rolling(both, [50], 4, None, 0.3)
    assert len(early.known(np.array([0]))) == 50


def test_dates_channels_and_blocks_of_outputs():
    values = np.stack([SERIES.values, 100 + 10 * SERIES.values[::-1]], axis=1)
    index = pd.date_range("2020-01-01", periods=150, freq="D")
    table = pd.DataFrame(values, index, columns=["a", "b"])
    model = bn.load("two_layer", inputs=8, hidden=2, outputs=4)
    tested = bn.backtest(
        lambda x, y: fit(x, y, model), table, horizon=5, windows={"history": 4, "horizon": 2},
        origins=pd.to_datetime(["2020-04-20", "2020-05-01"]),
    )  # fmt: skip
    data = tested.forecasts
    assert data["mean"].dims == ("forecaster", "origin", "step", "channel")
    assert data["channel"].values.tolist() == ["a", "b"]
    assert data["time"].values[1, 0] == np.datetime64("2020-05-01")
    assert tested.period == 7
    np.testing.assert_array_equal(data["observed"][1], values[121:126])


def test_a_recurrent_network_reads_all_that_came_before():
    model = bn.load("rnn", hidden=2, output="identity")
    draws = fit(*bn.windows(SERIES[:100], 4), model)
    options = {"horizon": 4, "origins": [110, 130], "references": ()}
    ours, other = bn.backtest(draws, SERIES, **options), SERIES.copy()
    other[101:104] += 1.0  # more than a window before the first origin
    changed = bn.backtest(draws, other, **options)
    assert known_before(ours, 1) != known_before(changed, 1)


def test_the_same_seed_gives_the_same_bits(draws):
    options = {"horizon": 6, "origins": 12}
    first, again, other = (bn.backtest(draws, SERIES, **options, seed=s) for s in (1, 1, 2))
    assert known_before(first, 4) == known_before(again, 4)
    assert known_before(first, 4) != known_before(other, 4)


def test_warnings_of_many_fits_are_one():
    def wild(x, y):
        warnings.warn("lost", bn.StatisticalWarning, stacklevel=1)
        return fit(x, y)

    with pytest.warns(bn.StatisticalWarning) as caught:
        bn.backtest(
            wild, SERIES, horizon=4, origins=2, refit=True, windows={"history": 4}, references=()
        )
    assert len(caught) == 1


def test_the_table_of_an_unknown_step_is_refused(tested):
    with pytest.raises(ValueError, match="step: expected a whole number from 1 to 6, got 7"):
        tested.table(7)


def test_a_reference_that_runs_away_spoils_no_other_number(tested):
    data = tested.forecasts.copy(deep=True)
    data["mean"].loc[{"forecaster": "autoregression"}] = np.inf
    wild = replace(tested, forecasts=data).table()
    assert np.isinf(wild["rmse"]["autoregression"])
    others = ["network", "persistence", "seasonal", "ssa"]
    pd.testing.assert_frame_equal(wild.loc[others], tested.table().loc[others])
