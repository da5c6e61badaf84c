"""The autoregression that chooses its own order, beside statsmodels."""

import numpy as np
import pytest

import bayesneuron as bn
from bayesneuron.forecasting.own_order import chosen_order, fitted, own_autoregression


def ar2(length, seed=1):
    rng = np.random.default_rng(seed)
    values = np.zeros(length)
    for t in range(2, length):
        values[t] = 1.2 * values[t - 1] - 0.5 * values[t - 2] + rng.normal()
    return 10 + 3 * values


def test_order_weights_and_bands_are_those_of_statsmodels():
    from statsmodels.tsa.ar_model import AutoReg, ar_select_order

    series, steps = ar2(400), 6
    order, n = chosen_order([series], 12), len(series) - 12
    every = ar_select_order(series, 12, ic="aic").aic
    sizes = {len(lags or ()): aic for lags, aic in every.items()}
    corrected = {p: aic + 2 * (p + 2) * (p + 3) / (n - p - 3) for p, aic in sizes.items()}
    assert order == min(corrected, key=lambda p: corrected[p]) == 2
    other = AutoReg(series, order).fit()
    constant, weights, sd = fitted([series], order)
    np.testing.assert_allclose([constant, *weights], other.params, rtol=1e-8)
    ahead = own_autoregression([series[:, None]], [series[:, None]], steps)
    ours = other.get_prediction(len(series), len(series) + steps - 1)
    np.testing.assert_allclose(ahead.mean[0, :, 0], ours.predicted_mean, rtol=1e-8)
    ratio = ahead.sd[0, :, 0] / np.sqrt(ours.var_pred_mean)
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-8)  # their noise divides by n
    assert ratio[0] == pytest.approx(1, abs=0.01)
    noise = 3 * np.random.default_rng(1).normal(size=398)  # of this series
    assert sd == pytest.approx(noise.std(), rel=0.02)


def test_white_noise_has_order_zero_and_the_mean_as_forecast():
    noise = 5 + np.random.default_rng(0).normal(size=300)
    assert chosen_order([noise], 10) == 0
    ahead = own_autoregression([noise[:, None]], [noise[:7, None]], 3)
    np.testing.assert_allclose(ahead.mean[0, :, 0], noise.mean())
    np.testing.assert_allclose(ahead.sd[0, :, 0], noise.std(ddof=1))


def test_recordings_are_not_joined_and_short_ones_are_left_out():
    pieces = [ar2(150, seed=s) for s in range(3)]
    apart = fitted([*pieces, np.zeros(2)], 2)
    joined = fitted([np.concatenate(pieces)], 2)
    assert apart[1] == pytest.approx(fitted(pieces, 2)[1])
    assert apart[1] != pytest.approx(joined[1], abs=1e-6)


def test_the_shortest_past_limits_the_order_and_channels_are_apart():
    series = np.column_stack([ar2(200), np.arange(200.0)])
    ahead = own_autoregression([series], [series[:1], series[:50]], 4)
    assert ahead.mean.shape == ahead.sd.shape == (2, 4, 2)
    np.testing.assert_allclose(ahead.mean[1, :, 1], [50, 51, 52, 53], rtol=1e-6)


def test_a_backtest_has_it_where_it_is_asked_for():
    series = bn.datasets.noisy_sine(length=120, period=20)
    x, y = bn.windows(series[:90], history=2)
    model = bn.load("two_layer", inputs=2, hidden=1, outputs=1)
    draws = bn.laplace(model, x, y, samples=20, starts=2)
    options = {"horizon": 4, "origins": 6}
    tested = bn.backtest(draws, series, references=("own_autoregression",), **options)
    table = tested.table()
    assert table.index.tolist() == ["network", "persistence", "own_autoregression"]
    assert table.loc["own_autoregression", "rmse"] < table.loc["persistence", "rmse"]
    assert "own_autoregression" not in bn.backtest(draws, series, **options).table().index
