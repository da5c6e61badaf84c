"""Forecasts of series that were transformed, differenced or levelled window by window."""

import warnings

import numpy as np
import pytest

import bayesneuron as bn

RNG = np.random.default_rng(0)
TREND = np.exp(
    0.01 * np.arange(150) + 0.2 * np.sin(np.arange(150) / 3) + 0.02 * RNG.normal(size=150)
)


def fit(name="two_layer", series=TREND, horizon=1, *, history=5, **options):
    x, y = bn.windows(series, history, horizon, **options)
    size = {"inputs": x.shape[1], "outputs": y.shape[1]}
    size = {"output": "identity"} if name == "rnn" else size
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bn.StatisticalWarning)
        draws = bn.laplace(
            bn.load(name, hidden=2, **size), x, y, samples=10, starts=2, linearise=False
        )
    return draws, x, y


def log_difference(value, s):
    return np.exp(np.log(s[-12]) + value)


BACK = {  # from a value of the first target, and the samples so far, to the next sample
    "log": ({"transform": "log"}, lambda value, s: np.exp(value)),
    "difference": ({"difference": 1}, lambda value, s: s[-1] + value),
    "season": ({"transform": "log", "difference": 12}, log_difference),
    "mean": ({"local": "mean"}, lambda value, s: value + s[-5:].mean()),
    "zscore": ({"local": "zscore"}, lambda value, s: value * s[-5:].std() + s[-5:].mean()),
}


@pytest.mark.parametrize("case", BACK)
def test_the_path_without_noise_is_that_of_a_loop(case):
    options, back = BACK[case]
    draws, x, y = fit(**options)
    ahead = bn.forecast(draws, TREND, 4).forecast["mean"].to_numpy()[0]
    scale, center = y.attrs["scale"], y.attrs["center"]
    for draw in (0, 7):
        series = TREND.copy()
        for step in range(4):
            window = bn.windows(np.r_[series, 1.0], 5, standardize=x)[0][-1:]
            mean = bn.predict(draws, window.values).predictions["mean"][0, draw, 0, 0].item()
            series = np.r_[series, back(mean * scale + center, series)]
            assert ahead[draw, step] == pytest.approx(series[-1], rel=1e-9)


def test_a_recurrent_network_takes_differences_and_no_local_level():
    draws, *_ = fit("rnn", difference=1)
    ahead = bn.forecast(draws, TREND, 3).forecast["mean"]
    cut = bn.forecast(draws, TREND[:-1], 3).forecast["mean"]
    assert np.isfinite(ahead).all()
    assert not np.allclose(ahead[..., 0], cut[..., 0])
    draws, *_ = fit("rnn", local="mean")
    with pytest.raises(ValueError, match="windows of one level"):
        bn.forecast(draws, TREND, 3)


def test_the_level_of_a_random_walk_is_followed_beyond_the_training_range():
    walk = np.cumsum(0.5 + RNG.normal(size=400))
    plain, *_ = fit(series=walk[:200])
    differenced, *_ = fit(series=walk[:200], difference=1)
    error = {}
    for name, draws in (("plain", plain), ("difference", differenced)):
        mean = bn.forecast(draws, walk[:350], 20).summary["mean"].to_numpy()
        error[name] = np.abs(mean - walk[350:370]).mean()
    assert error["difference"] < 0.5 * error["plain"]


def test_several_channels_and_blocks_have_levels_of_their_own():
    series = np.column_stack([TREND, 100 * TREND[::-1]])
    draws, *_ = fit(series=series, horizon=2, transform="log", difference=1)
    ahead = bn.forecast(draws, series, 5)
    assert ahead.forecast["y"].shape[-2:] == (5, 2)
    last = ahead.summary["mean"][0].to_numpy()
    np.testing.assert_allclose(last, series[-1], rtol=0.3)
    assert (ahead.forecast["y"] > 0).all()


def test_windows_that_have_lost_their_level_are_no_history():
    draws, x, _ = fit(difference=1)
    with pytest.raises(ValueError, match=r"lost its level \(Transform: first difference\)"):
        bn.forecast(draws, x[-1:], 3)
    with pytest.raises(ValueError, match="at least 6 samples"):
        bn.forecast(draws, TREND[:5], 3)
