"""References of a backtest on processes whose forecasts are known, and beside other packages."""

import sys

import numpy as np
import pandas as pd
import pytest

import bayesneuron as bn
from bayesneuron.data.recursion import Recursion
from bayesneuron.data.transform import Transform
from bayesneuron.forecasting.judged import judge_samples
from bayesneuron.forecasting.peers import seasonal_persistence, statsforecast_model
from bayesneuron.forecasting.references import noisy_autoregression, references_ahead
from bayesneuron.forecasting.scores import crps_of_normal
from bayesneuron.forecasting.season import period_of
from bayesneuron.forecasting.ssa_forecast import forecast_filter, ssa_forecast

RNG = np.random.default_rng(1)
PHI = (1.2, -0.5)


def ar2(length):
    values = np.zeros(length)
    for t in range(2, length):
        values[t] = PHI[0] * values[t - 1] + PHI[1] * values[t - 2] + RNG.normal()
    return values


def test_bands_of_the_autoregression_are_those_of_its_recursion_and_of_statsmodels():
    from statsmodels.tsa.ar_model import AutoReg

    series, steps = 10 + 3 * ar2(400), 6
    x, y = bn.windows(series, 2)
    recursion = Recursion.of(y.attrs["center"], y.attrs["scale"], 1)
    data, recent = (x.values, y.values), series[None, -2:, None]
    paths = noisy_autoregression(data, recent, recursion, steps, paths=4000, seed=0)
    mean = references_ahead(data, recent, recursion, steps)["autoregression"]
    np.testing.assert_allclose(paths.mean(axis=0), mean, atol=1e-9)  # of opposite signs
    fitted = AutoReg(series, 2).fit()
    theirs = fitted.get_prediction(len(series), len(series) + steps - 1)
    np.testing.assert_allclose(mean.ravel(), theirs.predicted_mean, rtol=1e-8)
    phi = fitted.params[1:]
    psi = [1.0, phi[0]]
    for _ in range(steps - 2):
        psi.append(phi[0] * psi[-1] + phi[1] * psi[-2])
    known = np.sqrt(fitted.sigma2 * np.cumsum(np.square(psi)))
    np.testing.assert_allclose(paths.std(axis=0).ravel(), known, rtol=0.04)


def test_bands_of_the_autoregression_hold_what_they_say_on_a_planted_one():
    series = ar2(1500)
    x, y = bn.windows(series[:1000], 2, standardize=False)
    starts = np.arange(1000, 1490, 5)
    recent = np.stack([series[t - 2 : t, None] for t in starts])
    seen = np.stack([series[t : t + 5, None] for t in starts])
    plain = Recursion.of(0.0, 1.0, 1)
    paths = noisy_autoregression((x.values, y.values), recent, plain, 5, paths=1000, seed=0)
    judged = judge_samples(paths, np.zeros(paths.shape[:3], bool), seen)
    low, high = judged.quantiles[[0, -1]]
    assert ((low <= seen) & (seen <= high)).mean() == pytest.approx(0.9, abs=0.04)
    exact = crps_of_normal(judged.mean, judged.sd, seen)
    assert judged.crps.mean() == pytest.approx(exact.mean(), rel=0.01)


def test_noise_of_the_autoregression_passes_through_what_windows_did():
    """A random walk of the logarithm: the logarithms of paths have variance h σ²."""
    series = np.exp(0.1 * RNG.normal(size=300).cumsum())
    x, y = bn.windows(series, 1, transform="log", difference=1)
    recursion = Recursion.of(
        y.attrs["center"], y.attrs["scale"], 1, Transform.from_json(y.attrs["transform"])
    )
    recent = series[None, -2:, None]
    paths = noisy_autoregression((x.values, y.values), recent, recursion, 9, paths=4000, seed=0)
    sd = np.log(paths).std(axis=0).ravel()
    assert sd[8] / sd[0] == pytest.approx(3.0, rel=0.2)


def test_persistence_on_a_random_walk_knows_its_spread():
    walk = RNG.normal(size=8000).cumsum()[:, None]
    ahead = seasonal_persistence([walk], [walk[:50], walk[:90]], 9)
    np.testing.assert_array_equal(ahead.mean[:, :, 0], np.repeat(walk[[49, 89]], 9, axis=1))
    np.testing.assert_allclose(ahead.sd[0, :, 0], np.sqrt(np.arange(1, 10)), rtol=0.06)


def test_seasonal_persistence_repeats_the_last_season_and_takes_recordings_apart():
    season = np.array([3.0, 1.0, 4.0, 1.5])[:, None]
    pieces = [np.tile(season, (4, 1)), 100 + np.tile(season, (3, 1))]
    ahead = seasonal_persistence(pieces, [pieces[0][:10]], 7, period=4)
    np.testing.assert_array_equal(ahead.mean[0], np.tile(season, (3, 1))[2:9])
    np.testing.assert_array_equal(ahead.sd, 0.0)


def test_the_filter_of_ssa_is_reconstruction_followed_by_the_recurrence():
    series = np.sin(np.arange(60) / 2) + 0.3 * RNG.normal(size=60)
    window, rank, steps = 8, 3, 4
    found = bn.ssa(series, window)
    recent = series[-(2 * window - 2) :]
    smooth = np.zeros(len(recent))
    for start in range(window - 1):
        piece = recent[start : start + window]
        smooth[start : start + window] += found.left[:, :rank] @ (found.left[:, :rank].T @ piece)
    t = np.arange(len(recent))
    smooth = list(smooth / np.minimum(np.minimum(t + 1, len(t) - t), window - 1))
    last = found.left[-1, :rank]
    recurrence = found.left[:-1, :rank] @ last / (1 - last @ last)
    for _ in range(steps):
        smooth.append(recurrence @ np.array(smooth[1 - window :]))
    apply = forecast_filter(found.left[:, :rank], steps)
    np.testing.assert_allclose(apply @ recent, smooth[-steps:])
    assert forecast_filter(np.eye(3)[:, 2:], 2) is None, "a pattern of the last sample alone"


def test_ssa_goes_on_with_what_obeys_a_recurrence():
    t = np.arange(200)
    wave = 5 + np.exp(-0.005 * t) * np.sin(2 * np.pi * t / 17) + 0.5 * np.cos(2 * np.pi * t / 7)
    both = np.stack([wave, 1000 * np.sin(t / 5)], axis=1)
    ahead = ssa_forecast([both[:120]], [both[:130], both[:160]], 12)
    np.testing.assert_allclose(ahead.mean[0], both[130:142], rtol=1e-3)
    np.testing.assert_allclose(ahead.mean[1], both[160:172], rtol=1e-2, atol=0.02)


def test_ssa_does_not_take_noise_for_patterns():
    noise = RNG.normal(size=(400, 1))
    pasts = [noise[: 200 + i] for i in range(190)]
    ahead = ssa_forecast([noise[:200]], pasts, 5)
    seen = np.stack([noise[200 + i : 205 + i] for i in range(190)])
    assert np.sqrt(((ahead.mean - seen) ** 2).mean()) < 1.1 * noise[200:].std()


def test_ssa_goes_on_from_a_past_that_is_shorter_than_its_windows():
    wave = np.sin(np.arange(80.0))[:, None]
    ahead = ssa_forecast([wave], [wave[:2], wave[:40]], 3)
    assert ahead.mean.shape == (2, 3, 1)
    assert np.isfinite(ahead.mean).all()


def test_ssa_says_how_much_it_needs():
    with pytest.raises(ValueError, match="at least 12 samples to fit SSA to, got 8"):
        ssa_forecast([np.arange(8.0)[:, None]], [np.arange(8.0)[:, None]], 2)


def test_a_period_is_that_of_the_series_of_its_calendar_or_of_its_autocorrelation():
    wave = np.sin(2 * np.pi * np.arange(120) / 9) + 0.3 * RNG.normal(size=120)
    months = pd.Series(wave, pd.date_range("2001-01", periods=120, freq="MS"))
    weeks = pd.Series(wave, pd.date_range("2001-01-07", periods=120, freq="W"))
    hours = pd.Series(wave, pd.date_range("2001-01-07", periods=120, freq="h"))
    assert period_of(bn.as_series(wave)) == 9
    assert period_of(bn.as_series(months)) == 12
    assert period_of(bn.as_series(weeks)) == 52
    assert period_of(bn.as_series(weeks[:100])) == 9, "two years are not there"
    assert period_of(bn.as_series(hours)) == 24
    assert period_of(bn.as_series(months).assign_attrs(period=6)) == 6
    workdays = hours[:60].set_axis(pd.date_range("2001-01-01", periods=61, freq="B").delete(20))
    assert period_of(bn.as_series(workdays, missing="drop")) == 5
    assert period_of(bn.as_series(np.tile(wave[:27], 4))) == 9, "not the 27 that repeat exactly"
    assert period_of(bn.as_series(RNG.normal(size=300))) is None
    assert period_of(bn.as_series(np.ones(30))) is None


@pytest.mark.parametrize("name", ["auto_arima", "auto_ets"])
def test_models_of_statsforecast_go_on_from_every_origin(name):
    models = pytest.importorskip("statsforecast.models")
    series = 20 + ar2(120)[:, None]
    ahead = statsforecast_model(name, [series[:80]], [series[:80], series[:100]], 4)
    kind = {"auto_arima": models.AutoARIMA, "auto_ets": models.AutoETS}[name]
    theirs = kind(season_length=1).forecast(y=series[:80, 0], h=4, level=[80])
    np.testing.assert_allclose(ahead.mean[0, :, 0], np.asarray(theirs["mean"]), rtol=1e-3)
    high = np.asarray(theirs["hi-80"]) - np.asarray(theirs["mean"])
    np.testing.assert_allclose(1.2816 * ahead.sd[0, :, 0], high, rtol=1e-2)
    assert (ahead.sd > 0).all()


def test_without_statsforecast_its_models_are_refused_before_long_work(monkeypatch):
    monkeypatch.setitem(sys.modules, "statsforecast", None)
    model = bn.load("two_layer", inputs=4, hidden=1, outputs=1)
    with pytest.raises(ValueError, match=r"expected the package statsforecast for .*auto_ets"):
        bn.backtest(
            model, np.arange(50.0), horizon=2, windows={"history": 4}, references=("auto_ets",)
        )
