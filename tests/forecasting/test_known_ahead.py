"""Forecasts with exogenous series, covariates, and some channels as targets."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from conftest import stand_in

import bayesneuron as bn

RNG = np.random.default_rng(0)
COUNT = 80
DAYS = pd.date_range("2024-01-01", periods=COUNT)


def planted(phi=0.6, b=0.8, noise=0.3, count=COUNT, seed=0):
    """s_{t+1} = phi s_t + b u_{t+1} + noise."""
    rng = np.random.default_rng(seed)
    u, s = rng.normal(2, 1.5, count), np.zeros(count)
    for t in range(1, count):
        s[t] = phi * s[t - 1] + b * u[t] + noise * rng.normal()
    days = pd.date_range(DAYS[0], periods=count)
    return pd.Series(s, days), pd.DataFrame({"u": u}, days)


S, U = planted()


def two_layer(x, y):
    return bn.load("two_layer", inputs=x.shape[1], hidden=2, outputs=y.shape[1])


def linear(x):
    return bn.load("mlp", inputs=x.shape[1], hidden=(), outputs=1)


@pytest.fixture(scope="module")
def trained():
    """One step ahead, windows of two samples."""
    x, y = bn.windows(S[:50], 2, exogenous=U[:50])
    return stand_in(two_layer(x, y), x, y)


def test_a_linear_network_gives_the_closed_form():
    x, y = bn.windows(S[:50], 1, exogenous=U[:50])
    (ms, ss), (mu, su) = ((float(v.mean()), float(v.std(ddof=0))) for v in (S[:50], U["u"][:50]))
    draws = stand_in(linear(x), x, y, count=1)
    posterior = draws["posterior"].to_dataset()
    values = {  # of s(t), u(t), u(t+1), standardised
        "output_weight": [0.6, 0.0, 0.8 * su / ss], "output_bias": (0.6 * ms + 0.8 * mu - ms) / ss,
        "noise": 0.3 / ss,
    }  # fmt: skip
    for name, value in values.items():
        posterior[name] = posterior[name].copy(data=np.broadcast_to(value, posterior[name].shape))
    draws["posterior"] = xr.DataTree(posterior)
    ahead = bn.forecast(draws, S[:50], 20, exogenous=U, paths=2000)
    expected, s = [], S.iloc[49]
    for u in U["u"][50:70]:
        s = 0.6 * s + 0.8 * u
        expected.append(s)
    np.testing.assert_allclose(ahead.forecast["mean"][0, 0], expected, rtol=1e-10)
    variance = 0.3**2 * (1 - 0.36 ** np.arange(1, 21)) / (1 - 0.36)
    np.testing.assert_allclose(ahead.summary["sd"] ** 2, variance, rtol=0.15)
    arx = ahead.references["autoregression"].values
    assert np.sqrt(np.mean((arx - expected) ** 2)) < 0.2 < np.std(expected) / 4


def test_every_draw_is_fed_back_as_by_hand():
    ages = {"age": 3.0}
    x, y = bn.windows(S[:50], 3, 2, exogenous=U[:50], covariates=ages, difference=1)
    draws = stand_in(two_layer(x, y), x, y)
    ahead = bn.forecast(draws, S[:50], 5, exogenous=U, covariates=ages)
    s, u = np.asarray(S), U["u"].to_numpy()
    mu, su = u[:50].mean(), u[:50].std()
    for draw in range(3):
        longer = list(s[:50])
        while len(longer) < 56:
            t = len(longer) - 1
            window = (np.diff(longer[t - 3 : t + 1]) - x.attrs["center"][0]) / x.attrs["scale"][0]
            row = [*window, *(u[t - 2 : t + 3] - mu) / su, 0.0]
            mean = bn.predict(draws, np.array([row])).predictions["mean"].values[0, draw, 0]
            longer += list(longer[t] + np.cumsum(mean * y.attrs["scale"] + y.attrs["center"]))
        np.testing.assert_allclose(ahead.forecast["mean"][0, draw], longer[50:55], rtol=1e-9)


def test_times_places_and_windows_give_the_same(trained):
    ahead = bn.forecast(trained, S[:60], 5, exogenous=U)
    late = bn.forecast(trained, S[40:60], 5, exogenous=U[20:65])
    plain = bn.forecast(trained, np.asarray(S[:60]), 5, exogenous=np.asarray(U))
    x, _ = bn.windows(
        S[:61], 2, exogenous=U[:61], standardize=bn.windows(S[:50], 2, exogenous=U[:50])[0]
    )
    rows = bn.forecast(trained, x, 5, exogenous=U)
    for other in (late, plain, rows.isel(start=-1)):
        np.testing.assert_allclose(other.forecast["mean"], ahead.forecast["mean"], rtol=1e-9)
    one = bn.forecast(trained, x, 1)  # the rows know enough
    np.testing.assert_allclose(one.forecast["mean"], rows.forecast["mean"][..., :1], rtol=1e-9)
    assert bn.plot.forecast(ahead, S).get_xlabel() == "time"


def test_recordings_are_found_by_label_or_time(trained):
    parts = [S[:40], S[40:70]]
    labels = ["a", "b"]
    both = xr.concat([bn.as_series(p).assign_coords(recording=("time", [k] * len(p)))
        for p, k in zip(parts, labels, strict=True)], "time")  # fmt: skip
    by_time = bn.forecast(trained, both, 4, exogenous=U)
    one = bn.forecast(trained, parts[0], 4, exogenous=U)
    np.testing.assert_allclose(
        by_time.forecast["mean"].sel(start=0) if "start" in by_time.forecast.coords
        else by_time.forecast["mean"].isel(start=0), one.forecast["mean"], rtol=1e-9,
    )  # fmt: skip
    known = np.concatenate([np.asarray(U)[:44], np.asarray(U)[40:74]])
    own = xr.DataArray(known, dims=("time", "channel"), coords={
        "channel": ["u"], "recording": ("time", ["a"] * 44 + ["b"] * 34)})  # fmt: skip
    by_label = bn.forecast(trained, both.drop_vars("time"), 4, exogenous=own)
    np.testing.assert_allclose(by_label.forecast["mean"], by_time.forecast["mean"], rtol=1e-9)


def test_windows_find_their_places_in_recordings(trained):
    labels = {"recording": ("time", ["a"] * 30 + ["b"] * 50)}
    s = xr.DataArray(np.asarray(S), dims="time", coords=labels)
    u = xr.DataArray(np.asarray(U), dims=("time", "channel"), coords=labels | {"channel": ["u"]})
    x, _ = bn.windows(s, 2, exogenous=u, standardize=bn.windows(S[:50], 2, exogenous=U[:50])[0])
    late = x[x["recording"].values == "b"][:1]
    ahead = bn.forecast(trained, late, 4, exogenous=u)
    plain = bn.forecast(trained, np.asarray(S)[30:32], 4, exogenous=np.asarray(U)[30:])
    np.testing.assert_allclose(ahead.forecast["mean"][..., 0, :], plain.forecast["mean"], rtol=1e-9)


@pytest.mark.parametrize(
    ("history", "steps", "options", "message"),
    [
        (S[:60], 5, {}, r"expected \['u'\], which the draws were trained with, got none"),
        (S[:60], 5, {"exogenous": U[:63]}, "5 samples after.*got 3: none at 2024-03-04"),
        (S[:60], 5, {"exogenous": U[59:]}, "expected the 2 samples of the window.*got 1"),
        (S[:60], 5, {"exogenous": U[70:]}, "the times of the history, such as 2024-02-29"),
        (S[:60], 5, {"exogenous": U.rename(columns={"u": "v"})}, r"expected \['u'\].*got \['v'\]"),
        (S[:60], 5, {"exogenous": np.asarray(U)[:64]}, "without time stamps.*expected 65.*got 64"),
        (S[20:60], 5, {"exogenous": np.asarray(U)[:80]}, "stamps.*expected 45.*got 80"),
        (S[:60], 5, {"exogenous": U.shift(freq="1h")}, "the times of the history"),
        (S[:60], 5, {"exogenous": "u"}, "exogenous: expected the values"),
        (S[:60], 5, {"exogenous": U, "covariates": [1.0]}, "covariates: expected none"),
        (S[:60:2], 2, {"exogenous": U}, "expected the samples of the history, 29 steps"),
    ],
)  # fmt: skip
def test_what_is_missing_ahead_is_named(trained, history, steps, options, message):
    with pytest.raises(ValueError, match=message):
        bn.forecast(trained, history, steps, **options)


def test_draws_without_exogenous_refuse_one():
    x, y = bn.windows(S[:50], 2)
    with pytest.raises(ValueError, match="exogenous: expected none as in training, got DataFrame"):
        bn.forecast(stand_in(two_layer(x, y), x, y), S[:60], 2, exogenous=U)


def test_some_channels_are_forecast_as_far_as_one_output_goes():
    both = pd.DataFrame({"s": np.asarray(S), "v": RNG.normal(4, 2, COUNT)}, DAYS)
    x, y = bn.windows(both[:50], 2, 3, target="v", exogenous=U[:50], transform="yeo-johnson")
    draws = stand_in(two_layer(x, y), x, y)
    ahead = bn.forecast(draws, both[:60], 3, exogenous=U)
    assert ahead.summary["channel"].values.tolist() == ["v"]
    rows, _ = bn.windows(both[:63], 2, 3, target="v", exogenous=U[:63], standardize=x)
    mean = bn.predict(draws, rows[-1:]).predictions["mean"].values[0, :, 0]
    np.testing.assert_allclose(ahead.forecast["mean"][0, ..., 0], bn.unscale(mean, y), rtol=1e-9)
    np.testing.assert_allclose(ahead.references["persistence"], both["v"].iloc[59])
    assert bn.plot.forecast(ahead, both).get_ylabel() == "v"
    assert bn.plot.horizon_error(ahead, both).get_xlabel() == "step"
    with pytest.raises(ValueError, match=r"at most 3.*nothing is known of \['s'\] after that"):
        bn.forecast(draws, both[:60], 4, exogenous=U)


def test_what_rows_are_made_of_is_kept_in_files(trained, tmp_path):
    bn.save(trained, tmp_path / "draws.nc")
    again = bn.open(tmp_path / "draws.nc")
    ahead, kept = (bn.forecast(d, S[:60], 3, exogenous=U) for d in (trained, again))
    np.testing.assert_array_equal(ahead.forecast["y"], kept.forecast["y"])


def test_neurons_name_what_they_read(trained):
    neurons = bn.neurons(bn.align(trained))["hidden"]
    assert neurons.weights[:5] == ("s(t-1)", "s(t)", "u(t-1)", "u(t)", "u(t+1)")


def test_with_the_drive_the_noise_floor_is_reached_and_without_it_is_not():
    s, u = planted(count=500, seed=1)
    late = {}
    for name, known in (("with", u), ("without", None)):
        cut = lambda part, known=known: {} if known is None else {"exogenous": known[part]}
        x, y = bn.windows(s[:400], 2, **cut(slice(0, 400)))
        new, truth = bn.windows(s[400:], 2, standardize=x, **cut(slice(400, None)))
        draws = bn.laplace(linear(x), x, y, samples=50, starts=1, seed=0)
        mean = bn.predict(draws, new).predictions["mean"].mean(("chain", "draw"))
        late[name] = float(np.sqrt(np.mean((mean.values - truth.values) ** 2)) * y.attrs["scale"])
    assert late["with"] < 0.3 * 1.15
    assert late["without"] > 0.9 * np.hypot(0.3, 0.8 * 1.5)


def test_a_backtest_of_draws_knows_the_drive_and_so_does_the_autoregression(trained):
    tested = bn.backtest(trained, S, horizon=3, origins=4, exogenous=U)
    assert tested.forecasts["origin"].values[0] == 50
    ahead = bn.forecast(trained, S[:50], 3, exogenous=U)
    one = tested.forecasts.isel(origin=0)
    np.testing.assert_allclose(one["mean"].sel(forecaster="network"), ahead.summary["mean"])
    arx = one["mean"].sel(forecaster="autoregression")
    s, u = np.asarray(S), U["u"].to_numpy()
    rows = [[1.0, s[t - 1], s[t], *u[t - 1 : t + 2]] for t in range(1, 49)]
    weights = np.linalg.lstsq(np.array(rows), s[2:50], rcond=None)[0]
    longer = list(s[:50])
    for t in range(49, 52):
        longer.append(float(np.dot(weights, [1.0, *longer[t - 1 : t + 1], *u[t - 1 : t + 2]])))
    np.testing.assert_allclose(arx, longer[50:], rtol=1e-9)
    table = tested.table()
    assert table.loc["autoregression", "rmse"] < 0.7 * table.loc["persistence", "rmse"]


def test_a_backtest_takes_a_longer_drive_aligned_by_time(trained):
    options = {"horizon": 2, "origins": 2, "references": ()}
    exact = bn.backtest(trained, S[5:70], exogenous=U[5:70], **options).forecasts["mean"]
    longer = bn.backtest(trained, S[5:70], exogenous=U, **options).forecasts["mean"]
    np.testing.assert_array_equal(longer, exact)
    plain = [np.asarray(v) for v in (S[:70], U)]  # from the first sample on
    undated = bn.backtest(trained, plain[0], exogenous=plain[1], **options).forecasts["mean"]
    dated = bn.backtest(trained, S[:70], exogenous=U[:70], **options).forecasts["mean"]
    np.testing.assert_array_equal(undated, dated)
    labels = ("time", ["a"] * 40 + ["b"] * 30)
    parts = bn.as_series(S[:70]).assign_coords(recording=labels)
    known = [{"exogenous": v} for v in (U, bn.as_series(U[:70]).assign_coords(recording=labels))]
    one, other = (bn.backtest(trained, parts, **options, **v).forecasts["mean"] for v in known)
    np.testing.assert_array_equal(one, other)
    for late in (U[6:], U[:69]):
        with pytest.raises(ValueError, match="exogenous: expected"):
            bn.backtest(trained, S[5:70], exogenous=late, **options)


def test_fits_of_a_backtest_see_the_drive_of_their_samples_and_chosen_channels():
    both, seen = pd.DataFrame({"s": np.asarray(S), "v": RNG.normal(size=COUNT)}, DAYS), []

    def fit(x, y):
        seen.append(x)
        return stand_in(two_layer(x, y), x, y)

    tested = bn.backtest(
        fit, both, horizon=2, origins=2, refit=True, exogenous=U, covariates=[3.0],
        windows={"history": 2, "horizon": 2, "target": "s"},
    )  # fmt: skip
    assert tested.forecasts["channel"].values.tolist() == ["s"]
    np.testing.assert_array_equal(tested.forecasts["observed"][0, :, 0], S[64:66])
    for x, place in zip(seen, tested.forecasts["origin"].values, strict=True):
        power = np.asarray(bn.unscale(x.values, x))[-1, 4:8]
        np.testing.assert_allclose(power, U["u"][place - 4 : place])
    changed = U.copy()
    changed.iloc[66:] += 9.0
    again = bn.backtest(
        fit, both, horizon=2, origins=2, refit=True, exogenous=changed, covariates=[3.0],
        windows={"history": 2, "horizon": 2, "target": "s"},
    )  # fmt: skip
    first, second = (t.forecasts["mean"].isel(origin=0) for t in (tested, again))
    np.testing.assert_array_equal(first, second)
    with pytest.raises(ValueError, match="horizon: expected a multiple of 2"):
        bn.backtest(
            fit, both, horizon=3, origins=2, exogenous=U, windows={"history": 2, "horizon": 2}
        )
