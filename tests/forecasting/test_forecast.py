"""Forecasts against closed forms and plain loops over predictions."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from conftest import estimate, normal

import bayesneuron as bn
from bayesneuron.data.recursion import Recursion
from bayesneuron.forecasting.free_running import Plan, Starts, decode

LINEAR = bn.load("mlp", inputs=1, hidden=(), outputs=1)


def linear_draws(phi, noise):
    """An autoregression of order 1, a draw for each coefficient."""
    phi = np.asarray(phi, float)
    sites = {"output_weight": phi[:, None, None], "output_bias": np.zeros((len(phi), 1))}
    return bn.from_arrays(sites | {"noise": np.full(len(phi), noise)}, model=LINEAR)


def weights_of(model, width, count=3, seed=0):
    """Draws of a network without data or scaling."""
    return bn.prior(model, np.zeros((1, width)), samples=count, seed=seed)


def carrying(draws, x, y):
    """Draws that carry these data, as those of an estimator do."""
    data = {"constant_data": x.to_dataset(name="x"), "observed_data": y.to_dataset(name="y")}
    tree = xr.DataTree.from_dict({"posterior": draws["posterior"].to_dataset()} | data)
    tree.attrs = draws.attrs
    return tree


def looped(draws, series, steps, *, model=None, width=None):
    """What each draw's own predictions give, fed back by hand; `series` (time, channel)."""
    count, channels = draws.posterior.sizes["draw"], series.shape[1]
    longer = np.repeat(series[None], count, axis=0)
    while longer.shape[1] < len(series) + steps:
        x = longer if width is None else longer[:, -width:]  # by default all that is known
        mean = bn.predict(draws, x.reshape(count, -1), model=model).predictions["mean"].values[0]
        own = np.stack([mean[s, s] for s in range(count)]).reshape(count, -1, channels)
        longer = np.concatenate([longer, own], axis=1)
    return longer[:, len(series) : len(series) + steps]


def test_an_autoregression_has_the_mean_and_variance_of_the_closed_form():
    phi, noise, start, steps = 0.8, 0.5, 3.0, np.arange(1, 13)
    ahead = bn.forecast(linear_draws([phi] * 500, noise), [9.0, start], 12, paths=8, seed=1)
    variance = noise**2 * (1 - phi ** (2 * steps)) / (1 - phi**2)
    np.testing.assert_allclose(ahead.forecast["mean"][0, 0], start * phi**steps, rtol=1e-12)
    error = np.abs(ahead.summary["mean"] - start * phi**steps) / np.sqrt(variance / 4000)
    assert error.max() < 4
    np.testing.assert_allclose(ahead.summary["noise"], variance, rtol=0.1)
    assert ahead.summary["weights_share"].max() < 0.01
    np.testing.assert_allclose(
        ahead.summary["quantiles"].sel(quantile=0.95),
        start * phi**steps + 1.645 * np.sqrt(variance),
        atol=0.1,
    )


def test_variance_is_split_between_weights_and_noise():
    phi, noise, start = 0.7 + 0.1 * normal(1000), 0.3, 4.0
    ahead = bn.forecast(linear_draws(phi, noise), [start], 5, paths=6).summary
    for h in range(1, 6):
        own = noise**2 * sum(phi ** (2 * k) for k in range(h))
        assert float(ahead["weights"][h - 1]) == pytest.approx(np.var(start * phi**h), rel=0.1)
        assert float(ahead["noise"][h - 1]) == pytest.approx(own.mean(), rel=0.1)
    np.testing.assert_allclose(ahead["sd"] ** 2, ahead["weights"] + ahead["noise"], rtol=0.05)


def test_one_path_does_not_split_the_variance():
    ahead = bn.forecast(linear_draws([0.5] * 4, 1.0), [1.0], 2, paths=1)
    assert np.isnan(ahead.summary["weights"]).all()
    assert np.isfinite(ahead.summary["sd"]).all()


@pytest.mark.parametrize("kind", ["laplace", "svi"])
def test_the_path_without_noise_is_that_of_a_loop_over_predictions(kind, quick, sine):
    draws = quick[kind].isel(draw=slice(0, 3))
    center, scale = (float(draws.attrs[name]) for name in ("center", "scale"))
    recent = np.asarray(sine[0])[-1]
    ahead = bn.forecast(draws, recent * scale + center, 6)
    by_hand = looped(draws, recent[:, None], 6, width=4)
    np.testing.assert_allclose(
        ahead.forecast["mean"][0], by_hand[..., 0] * scale + center, atol=1e-9
    )
    # as windows, standardised already
    windows = bn.forecast(draws, sine[0][-1:], 6).forecast
    np.testing.assert_allclose(windows["mean"][0, :, 0], ahead.forecast["mean"][0], atol=1e-9)
    assert windows["time"][0, 0] == sine[0]["time"][-1] + 1


def test_an_output_of_several_samples_is_appended_whole():
    model = bn.load("nonlinear_pca", inputs=4, hidden=2, outputs=3)
    draws, series = weights_of(model, 4), normal(9, 1)
    ahead = bn.forecast(draws, series[:, 0], 7).forecast["mean"]
    np.testing.assert_allclose(ahead[0], looped(draws, series, 7, width=4)[..., 0], atol=1e-9)


def test_channels_lie_side_by_side():
    model = bn.load("two_layer", inputs=6, hidden=2, outputs=4, likelihood="heteroscedastic")
    draws, values = weights_of(model, 6), normal(5, 2)
    series = xr.DataArray(
        values, dims=("time", "channel"), coords={"channel": ["a", "b"], "time": range(5)}
    )
    ahead = bn.forecast(draws, series, 5)
    np.testing.assert_allclose(
        ahead.forecast["mean"][0], looped(draws, values, 5, width=3), atol=1e-9
    )
    assert ahead.summary["mean"].sel(channel="b").shape == (5,)
    np.testing.assert_array_equal(ahead.references["persistence"].sel(channel="a"), values[-1, 0])


def test_a_recurrent_network_carries_its_state_over_the_whole_history():
    """Two samples a step, two samples an output: a loop in NumPy."""
    draws = weights_of(bn.load("rnn", inputs=2, hidden=3, outputs=2), 4)
    history, weights = normal(9), {k: v.values[0, 1] for k, v in draws.posterior.items()}
    ahead = bn.forecast(draws, history, 5).forecast["mean"][0, 1]
    series, h, read = list(history), np.zeros(3), 1
    while len(series) < 9 + 5:
        for t in range(read, len(series)):
            lags = np.array(series[t - 1 : t + 1])
            h = np.tanh(weights["hidden_weight"] @ h + weights["input_weight"] @ lags)
        read = len(series)
        series += list(np.tanh(weights["output_weight"] @ h))
    np.testing.assert_allclose(ahead, series[9:14], atol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "hidden"), [("gru", 3), ("lstm", (3, 2))])
def test_gated_networks_carry_all_their_states(name, hidden):
    """Of an LSTM h and c, of stacked layers those of each."""
    draws, history = weights_of(bn.load(name, hidden=hidden), 4), normal(6, 1)
    ahead = bn.forecast(draws, history[:, 0], 2).forecast["mean"][0]
    np.testing.assert_allclose(ahead, looped(draws, history, 2)[..., 0], atol=1e-9)


def test_a_linearised_recurrent_network_carries_its_state_too():
    x, y = bn.windows(bn.datasets.noisy_sine(length=40), 5, standardize="maxabs")
    draws = estimate("laplace", bn.load("rnn", hidden=2), x, y).isel(draw=slice(0, 3))
    series = 0.5 * normal(9, 1)
    center, scale = (float(draws.attrs[name]) for name in ("center", "scale"))
    ahead = bn.forecast(draws, series[:, 0] * scale + center, 3).forecast["mean"]
    # a window as long as all samples so far is a state that was never restarted
    by_hand = looped(draws, series, 3)[..., 0] * scale + center
    np.testing.assert_allclose(ahead[0], by_hand, atol=1e-9)


def test_recordings_of_different_lengths_are_continued_each_by_itself():
    draws = weights_of(bn.load("rnn", inputs=2, hidden=2), 4)
    series, labels = normal(13), ["a"] * 8 + ["b"] * 5
    both = xr.DataArray(series, dims="time", coords={"recording": ("time", labels)})
    ahead = bn.forecast(draws, both, 3).forecast["mean"]
    assert ahead["recording"].values.tolist() == ["a", "b"]
    for i, own in enumerate((series[:8], series[8:])):
        alone = bn.forecast(draws, own, 3).forecast["mean"]
        np.testing.assert_allclose(ahead[:, :, i], alone, atol=1e-12)


def test_entries_along_a_dim_of_series_are_continued_each_by_itself():
    draws = linear_draws([0.5, 0.6], 0.1)
    series = xr.DataArray(normal(3, 4), dims=("series", "time"), coords={"series": list("abc")})
    ahead = bn.forecast(draws, series, 2).forecast["mean"]
    assert ahead["start"].values.tolist() == list("abc")
    np.testing.assert_allclose(ahead.sel(start="b")[0, 0, 0], 0.5 * series[1, -1])


@pytest.mark.parametrize("freq", ["D", "B", "MS", "QE", "15min"])
def test_dates_go_on_in_their_calendar(freq):
    days = pd.date_range("2024-01-31", periods=8, freq=freq)
    ahead = bn.forecast(linear_draws([0.5], 1.0), pd.Series(normal(5), days[:5]), 3).summary
    np.testing.assert_array_equal(ahead["time"], days[5:])


def test_windows_of_dates_go_on_in_their_step():
    days = pd.date_range("2024-01-01", periods=30, freq="MS")
    series = pd.Series(normal(30), days)
    draws = weights_of(bn.load("two_layer", inputs=3, hidden=1, outputs=2), 3)
    ahead = bn.forecast(draws, bn.windows(series, 3)[0], 4)
    np.testing.assert_array_equal(ahead.forecast["time"][-1, 0], days[-1])
    np.testing.assert_array_equal(ahead.forecast["time"][0], days[3:7])
    # one window shows no step: it is that of the training windows
    x, _ = bn.windows(series[:9], 3)
    alone = carrying(draws, *bn.windows(series, 3, 2))
    np.testing.assert_array_equal(bn.forecast(alone, x[-1:], 4).summary["time"][0], days[8:12])


def test_the_same_seed_gives_the_same_noise_whatever_the_blocks():
    draws = linear_draws(np.linspace(0.1, 0.9, 7), 1.0)
    first, again = (bn.forecast(draws, [1.0], 6, paths=3, seed=5).forecast["y"] for _ in range(2))
    np.testing.assert_array_equal(first, again)
    sites = {k: v.values[0] for k, v in draws.posterior.data_vars.items()}
    start = np.ones((1, 1, 1))
    plan, plain = Plan(6, 1, 1, 1, False, 3), Recursion.of(0.0, 1.0, 1)
    for lanes in (1, 3):
        blocks = decode(
            LINEAR, sites, plan, Starts(start, start, np.ones(1, int)), plain, seed=5, lanes=lanes
        )
        np.testing.assert_array_equal(blocks[:, 0, 1:, :, 0], first[0])
    other = bn.forecast(draws, [1.0], 6, paths=3, seed=6).forecast["y"]
    assert not (other == first).any()
    assert (
        len(np.unique((first[0, :, :, 0] - draws.posterior["output_weight"][0, :, 0]).round(9)))
        == 21
    )
