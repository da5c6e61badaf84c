"""Windows of every few samples: what they hold, and what forecasts make of them."""

import warnings

import numpy as np
import pytest

import bayesneuron as bn
from bayesneuron.data.trajectory import average_windows

COUNT = np.arange(30.0)


def test_entries_lie_a_delay_apart_and_targets_follow_the_last():
    x, y = bn.windows(COUNT, 3, 2, stride=4, delay=5, standardize=False)
    assert x.values.tolist() == [[i, i + 5, i + 10] for i in (0, 4, 8, 12, 16)]
    assert y.values.tolist() == [[i + 11, i + 12] for i in (0, 4, 8, 12, 16)]
    assert x["first_sample"].values.tolist() == [0, 4, 8, 12, 16]
    assert x["last_sample"].values.tolist() == [12, 16, 20, 24, 28]
    with pytest.raises(ValueError, match=r"at least 32 samples .* at delay 15\), got at most 30"):
        bn.windows(COUNT, 3, delay=15)


def test_differences_and_local_levels_are_those_of_the_entries_alone():
    series = COUNT**2
    x, y = bn.windows(series, 3, delay=2, difference=1, standardize=False)
    assert x.values[0].tolist() == [1.0, 5.0, 9.0]  # s_1 - s_0, s_3 - s_2, s_5 - s_4
    assert y.values[0].tolist() == [11.0]
    x, y = bn.windows(series, 3, delay=2, local="mean", standardize=False)
    mean = (0 + 4 + 16) / 3
    np.testing.assert_allclose(x.values[0], np.array([0, 4, 16]) - mean)
    np.testing.assert_allclose(y.values[0], 25 - mean)


def test_later_windows_take_the_delay_of_the_first():
    x, _ = bn.windows(COUNT, 3, delay=4)
    later, _ = bn.windows(COUNT + 7, 3, standardize=x)
    assert later.shape == x.shape
    np.testing.assert_allclose(bn.unscale(later.values, later)[0], [7, 11, 15])
    with pytest.raises(ValueError, match="delay: expected 4, that of the earlier windows, got 2"):
        bn.windows(COUNT, 3, standardize=x, delay=2)
    with pytest.raises(ValueError, match="delay: expected a positive whole number"):
        bn.windows(COUNT, 3, delay=0)


def test_reconstructions_at_a_delay_average_to_the_series():
    _, y = bn.windows(COUNT, 3, delay=4, target="reconstruct", standardize=False)
    samples, means = average_windows(y.values, y)
    np.testing.assert_allclose(means, COUNT[samples])
    assert samples.tolist() == list(range(30))


def fitted(series, name="two_layer", **options):
    x, y = bn.windows(series, **options)
    size = (
        {"output": "identity"} if name == "rnn" else {"inputs": x.shape[1], "outputs": y.shape[1]}
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bn.StatisticalWarning)
        model = bn.load(name, hidden=2, **size)
        return bn.laplace(model, x, y, samples=10, starts=2, linearise=False), x, y


@pytest.mark.parametrize("options", [{}, {"difference": 1}, {"horizon": 2}])
def test_a_forecast_is_that_of_a_loop_over_windows(options):
    series = bn.datasets.noisy_sine(length=150, period=30).values
    draws, x, y = fitted(series, history=4, delay=3, **options)
    ahead = bn.forecast(draws, series, 4).forecast["mean"].to_numpy()[0]
    horizon = options.get("horizon", 1)
    for draw in (0, 7):
        known = series.copy()
        while len(known) < len(series) + 4:
            window = bn.windows(np.r_[known, np.ones(horizon)], 4, horizon, standardize=x)[0][-1:]
            mean = bn.predict(draws, window.values).predictions["mean"][0, draw, 0].to_numpy()
            new = mean.ravel() * y.attrs["scale"] + y.attrs["center"]
            known = np.r_[known, known[-1] + new if options.get("difference") else new]
        np.testing.assert_allclose(ahead[draw], known[150:154], rtol=1e-6)


def test_a_backtest_knows_what_draws_at_a_delay_were_trained_on():
    series = bn.datasets.noisy_sine(length=150, period=30)
    draws, *_ = fitted(series[:100], history=4, delay=3)
    tested = bn.backtest(draws, series, horizon=5, origins=4)
    assert tested.forecasts["origin"].values.min() >= 99
    assert np.isfinite(tested.table().loc[["network", "autoregression"], "rmse"]).all()


def test_states_and_windows_with_gaps_are_not_continued():
    series = bn.datasets.noisy_sine(length=150, period=30)
    draws, *_ = fitted(series, "rnn", history=4, delay=3)
    with pytest.raises(ValueError, match="rnn: expected windows of delay 1"):
        bn.forecast(draws, series, 2)
    draws, x, _ = fitted(series, history=4, delay=3)
    with pytest.raises(ValueError, match=r"expected the series itself, got windows that leave out"):
        bn.forecast(draws, x, 2)
