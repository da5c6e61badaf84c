"""Whatever the network sees of a series, errors are of its samples."""

import numpy as np
import pandas as pd
import pytest
from conftest import normal
from sklearn.linear_model import LinearRegression

import bayesneuron as bn
from bayesneuron.app.held_out import as_observed, in_samples, in_units, samples_read
from bayesneuron.app.seen import choose_local
from bayesneuron.app.verdict import held_out_errors

LEVELS = np.exp(0.02 * np.arange(80) + 0.1 * normal(80))
SEEN = [
    {},
    {"difference": 1},
    {"local": "mean"},
    {"transform": "log", "difference": 3},
    {"transform": "box-cox", "local": "zscore"},
]


def parts(horizon=1, series=LEVELS, **seen):
    early, late = bn.split(bn.as_series(series), test_size=0.4)
    train = bn.windows(early, 4, horizon, **seen)
    return train, bn.windows(late, 4, horizon, standardize=train[0]), early, late


@pytest.mark.parametrize("seen", SEEN)
@pytest.mark.parametrize("horizon", [1, 3])
def test_targets_are_the_samples_that_follow(seen, horizon):
    for series in (LEVELS, np.stack([LEVELS, LEVELS[::-1] ** 2], axis=1)):
        _, (_, y), _, late = parts(horizon, series, **seen)
        lead = 4 + seen.get("difference", 0)
        values = np.asarray(late).reshape(len(late), -1)
        rows = [values[i + lead : i + lead + horizon].ravel() for i in range(len(y))]
        np.testing.assert_allclose(in_samples(y, y, late), rows, rtol=1e-9)
        np.testing.assert_allclose(bn.unscale(as_observed(y, late), as_observed(y, late)), rows)
        np.testing.assert_array_equal(samples_read(y, late)[0], values[:lead])


@pytest.mark.parametrize("seen", SEEN)
def test_persistence_is_of_samples_and_the_autoregression_is_undone(seen):
    train, test, _, late = parts(**seen)
    methods = pd.DataFrame({"rmse": [1.0], "coverage": [0.9]}, index=["nuts"])
    table = held_out_errors(methods, train, test, late)["rmse"]
    lead = 4 + seen.get("difference", 0)
    steps = np.diff(np.asarray(late))[lead - 1 :]
    assert table["persistence"] == pytest.approx(np.sqrt((steps**2).mean()))
    if seen == {"difference": 1}:
        early = np.diff(np.asarray(bn.split(bn.as_series(LEVELS), test_size=0.4)[0]))
        cut = np.lib.stride_tricks.sliding_window_view
        fit = LinearRegression().fit(cut(early, 5)[:, :4], cut(early, 5)[:, 4])
        new = cut(np.diff(np.asarray(late)), 5)
        error = np.sqrt(np.mean((fit.predict(new[:, :4]) - new[:, 4]) ** 2))
        assert table["linear autoregression"] == pytest.approx(error)


def test_errors_and_intervals_of_methods_are_of_samples():
    """Without weights the forecast is the mean of the window: RMSE and coverage by hand."""
    train, test, early, late = parts(local="zscore")
    model = bn.load("two_layer", inputs=4, hidden=1, outputs=1)
    sites = bn.prior(model, np.zeros((1, 4)), samples=4000)["posterior"]
    zero = {str(k): np.zeros(v.shape[1:]) for k, v in sites.data_vars.items()}
    zero["noise"] += 1.0
    draws = bn.from_arrays(zero, model=model)
    methods = pd.DataFrame({"rmse": [np.nan]}, index=["none"])
    row = in_units(methods, {"none": draws}, (test, late), (train, early)).loc["none"]
    values = np.lib.stride_tricks.sliding_window_view(np.asarray(late), 5)
    scale, center = (float(np.ravel(train[1].attrs[k])[0]) for k in ("scale", "center"))
    spread = values[:, :4].std(axis=1)
    left = values[:, 4] - (values[:, :4].mean(axis=1) + spread * center)
    assert row["rmse"] == pytest.approx(np.sqrt((left**2).mean()))
    assert row["coverage"] == pytest.approx(
        (np.abs(left) <= 1.645 * scale * spread).mean(), abs=0.05
    )
    assert np.isfinite(row["train_rmse"])


def test_the_choice_of_windows_is_that_of_an_autoregression_on_known_truth():
    rng = np.random.default_rng(0)
    stays = np.zeros(300)
    for t in range(1, 300):
        stays[t] = 0.6 * stays[t - 1] + rng.normal()
    plain = choose_local(bn.as_series(stays), history=4, horizon=1)
    assert plain.local is None
    assert "better" in plain.words
    wanders = stays * np.exp(np.cumsum(0.1 * rng.normal(size=300)))
    own = choose_local(bn.as_series(wanders), history=4, horizon=1)
    assert own.local == "zscore"
    scaled = choose_local(bn.as_series(1e6 * wanders + 3), history=4, horizon=1)
    assert scaled == own, "units do not matter"
    few = choose_local(bn.as_series(stays[:25]), history=4, horizon=1)
    assert few.local is None
    assert "too few" in few.words
