"""Recurrent networks that read exogenous series and covariates at every step."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from bayesneuron.models.rnn import layout
from bayesneuron.models.rnn import model as rnn
from conftest import stand_in
from test_known_ahead import COUNT, DAYS, S, U, planted

import bayesneuron as bn

AGE, DAY = {"age": 3.0}, np.timedelta64(1, "D")
BOTH = pd.DataFrame({"s": np.asarray(S), "v": np.random.default_rng(2).normal(4, 2, COUNT)}, DAYS)


def recurrent(name="rnn", **options):
    return bn.load(name, **{"hidden": 2, "exogenous": 1, "output": "identity", **options})


def weights_of(draws, draw):
    return {name: values.values[0, draw] for name, values in draws.posterior.items()}


@pytest.fixture(scope="module")
def trained():
    """One step ahead, one sample a step."""
    x, y = bn.windows(S[:50], 4, exogenous=U[:50])
    return stand_in(recurrent(), x, y)


def test_every_draw_is_fed_back_as_in_a_loop():
    """Two channels, two samples a step and two an output, differences, and an age."""
    ages = pd.DataFrame({"age": [3.0, 5.0]}, index=["a", "b"])
    labels = ("time", ["a"] * 30 + ["b"] * 50)
    both = bn.as_series(BOTH).assign_coords(recording=labels)
    known = bn.as_series(U).assign_coords(recording=labels)
    early = np.r_[0:20, 30:60]
    x, y = bn.windows(
        both[early], 4, 2, exogenous=known[early], covariates=ages, difference=1
    )  # fmt: skip
    model = recurrent(inputs=2, channels=2, covariates=1, outputs=4)
    draws = stand_in(model, x, y)
    ahead = bn.forecast(draws, both[30:60], 5, exogenous=known[30:], covariates=ages)
    s, u = np.asarray(BOTH)[30:], U["u"].to_numpy()[30:]
    mu, su = (float(v(U["u"].to_numpy()[early])) for v in (np.mean, np.std))
    center, scale = (y.attrs[name][:2] for name in ("center", "scale"))
    for draw in range(3):
        w, h, series, read = weights_of(draws, draw), np.zeros(2), list(s[:30]), 2
        while len(series) < 36:
            moves = (np.diff(series, axis=0) - center) / scale
            for t in range(read, len(series)):  # the last sample that is read
                drive = (u[t + 1 : t + 3] - mu) / su
                seen = np.concatenate([moves[t - 2 : t].ravel(), drive, [1.0]])
                h = np.tanh(w["hidden_weight"] @ h + w["input_weight"] @ seen)
            read = len(series)
            steps = (w["output_weight"] @ h).reshape(2, 2) * scale + center
            series += list(series[-1] + np.cumsum(steps, axis=0))
        np.testing.assert_allclose(ahead.forecast["mean"][0, draw], series[30:35], rtol=1e-9)


def test_a_state_carried_on_is_one_long_window():
    """An LSTM, whose state is h and c."""
    x, y = bn.windows(S[:50], 4, exogenous=U[:50], covariates=AGE)
    model = recurrent("lstm", covariates=1, skip=True)
    draws = stand_in(model, x, y)
    ahead = bn.forecast(draws, S[:20], 2, exogenous=U, covariates=AGE, paths=2)
    longer = S[:22].copy()
    for step in range(2):
        rows, _ = bn.windows(
            longer[: 21 + step], 20 + step, exogenous=U[: 21 + step], covariates=AGE, standardize=x
        )
        mean = bn.predict(draws, rows).predictions["mean"].values[0, 0, 0]
        longer.iloc[20 + step] = float(ahead.forecast["mean"][0, 0, step])
        np.testing.assert_allclose(bn.unscale(mean, y), longer.iloc[20 + step], rtol=1e-9)


@pytest.mark.slow
def test_with_the_drive_a_recurrent_network_is_near_the_noise_and_without_it_is_not():
    s, u = planted(count=260, seed=1)
    errors = {}
    for count in (1, 0):
        known = {"exogenous": u} if count else {}
        x, y = bn.windows(s[:180], 3, **{name: v[:180] for name, v in known.items()})
        model = recurrent(exogenous=count, hidden=1, skip=True)
        draws = bn.laplace(model, x, y, samples=50, starts=1, seed=0)
        tested = bn.backtest(draws, s, horizon=1, origins=60, references=(), **known)
        errors[count] = tested.table().loc["network", "rmse"]
    assert errors[1] < 0.3 * 1.15
    assert errors[0] > 0.9 * np.hypot(0.3, 0.8 * 1.5)


def test_a_backtest_listens_to_the_drive_of_the_whole_past(trained):
    options = {"horizon": 3, "origins": 2, "references": ()}
    tested = bn.backtest(trained, S, exogenous=U, **options)
    ahead = bn.forecast(trained, S[:50], 3, exogenous=U)
    first = tested.forecasts.sel(forecaster="network").isel(origin=0)
    np.testing.assert_allclose(first["mean"], ahead.summary["mean"])
    changed = U.copy()
    changed.iloc[53:] += 9.0
    again = bn.backtest(trained, S, exogenous=changed, **options)
    one, other = (t.forecasts["mean"].isel(origin=0) for t in (tested, again))
    np.testing.assert_array_equal(one, other)


def test_starts_of_any_kind_give_the_same(trained):
    ahead = bn.forecast(trained, S[:50], 3, exogenous=U)
    plain = bn.forecast(trained, np.asarray(S[:50]), 3, exogenous=np.asarray(U))
    np.testing.assert_allclose(plain.forecast["mean"], ahead.forecast["mean"], rtol=1e-9)
    x, _ = bn.windows(S[:51], 4, exogenous=U[:51], standardize=bn.windows(
        S[:50], 4, exogenous=U[:50])[0])  # fmt: skip
    rows = bn.forecast(trained, x[-1:], 1)
    short = bn.forecast(trained, S[46:50], 1, exogenous=U)
    np.testing.assert_allclose(rows.forecast["mean"][:, :, 0], short.forecast["mean"], rtol=1e-9)
    bare = trained.copy()
    del bare["constant_data"], bare["observed_data"]  # the model knows what it reads
    alone = bn.forecast(bare, S[:50], 3, exogenous=U)
    np.testing.assert_allclose(alone.forecast["mean"], ahead.forecast["mean"], rtol=1e-9)


def test_covariates_alone_are_read_at_every_step():
    ages = pd.DataFrame({"age": [3.0, 5.0]}, index=["a", "b"])
    both = bn.as_series(S[:40]).assign_coords(recording=("time", ["a"] * 20 + ["b"] * 20))
    x, y = bn.windows(both, 3, covariates=ages)
    draws = stand_in(recurrent(exogenous=0, covariates=1), x, y)
    ahead = bn.forecast(draws, both, 2, covariates=ages).forecast["mean"]
    for place, part in enumerate((both[:20], both[20:])):
        rows, _ = bn.windows(
            xr.concat([part, part[-1:].assign_coords(time=part["time"][-1:] + DAY)], "time"),
            20, covariates=ages, standardize=x,
        )  # fmt: skip
        mean = bn.predict(draws, rows).predictions["mean"].values[0, :, 0, 0]
        np.testing.assert_allclose(ahead[0, :, place, 0], bn.unscale(mean[:, None], y)[:, 0])


def test_some_channels_are_targets():
    x, y = bn.windows(BOTH[:50], 3, 2, target="v", exogenous=U[:50])
    draws = stand_in(recurrent(channels=2, outputs=2, targets=1), x, y)
    ahead = bn.forecast(draws, BOTH[46:49], 2, exogenous=U)
    rows, _ = bn.windows(BOTH[46:51], 3, 2, target="v", exogenous=U[46:51], standardize=x)
    mean = bn.predict(draws, rows).predictions["mean"].values[0, :, 0]
    np.testing.assert_allclose(ahead.forecast["mean"][0, ..., 0], bn.unscale(mean, y), rtol=1e-9)
    assert ahead.summary["channel"].values.tolist() == ["v"]


def test_incoming_weights_are_named_by_what_a_step_reads():
    x, y = bn.windows(BOTH[:50], 3, 2, exogenous=U[:50], covariates=AGE)
    draws = stand_in(recurrent(channels=2, outputs=4, covariates=1), x, y)
    names = bn.neurons(bn.align(draws))["hidden"].weights
    assert names[:5] == ("s(t)", "v(t)", "u(t+1)", "u(t+2)", "age")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"exogenous": 0}, r"no exogenous beside.*got \['u'\]: load it with exogenous=1"),
        ({"covariates": 0}, r"no covariates beside.*got \['age'\]: load it with covariates=1"),
        ({"channels": 1}, "windows of 1 channel, got 2"),
        ({"targets": None}, "2 targets at 1 samples.*outputs=2, got outputs=1"),
        ({"inputs": 4}, "at least inputs=4 samples of 2 channels with 1 exogenous series, 1 covar"),
    ],
)
def test_a_network_that_would_misread_the_columns_is_refused(options, message):
    x, y = bn.windows(BOTH[:50], 3, target="v", exogenous=U[:50], covariates=AGE)
    model = {"channels": 2, "covariates": 1, "targets": 1, **options}
    with pytest.raises(ValueError, match=message):
        bn.laplace(recurrent(**model), x, y)


def test_a_drive_that_begins_after_the_history_is_refused(trained):
    with pytest.raises(ValueError, match="expected the 50 samples of the history, all of which a"):
        bn.forecast(trained, S[:50], 3, exogenous=U[10:])


def test_a_recurrent_network_of_ones_own_says_what_it_reads(trained):
    def body(x, y=None, *, hidden):
        rnn(x, y, hidden=hidden, exogenous=1, output="identity")

    own = bn.load(body, layout=layout(), hidden=2)
    with pytest.raises(ValueError, match=r"the options exogenous and.*exogenous=1 for \['u'\]"):
        bn.forecast(trained, S[:50], 3, exogenous=U, model=own)
