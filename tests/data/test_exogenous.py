"""Windows with exogenous series, covariates and some channels as targets."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import bayesneuron as bn
from bayesneuron.data.past import earlier_rows

RNG = np.random.default_rng(0)
COUNT = 30
BRAIN = pd.DataFrame(RNG.normal(3, 2, (COUNT, 2)), columns=["Fz", "Cz"])
POWER = pd.DataFrame({"power": RNG.normal(5, 3, COUNT)})


def entry(name, t, **series):
    """What the name of an input says, at a window whose last sample is t."""
    channel, _, lag = name.rstrip(")").partition("(t")
    return series[channel][t + int(lag or 0)]


@pytest.mark.parametrize(("delay", "difference"), list(product([1, 3], [0, 2])))
def test_a_column_holds_what_its_name_says(delay, difference):
    x, y = bn.windows(
        BRAIN["Fz"], 3, 2, exogenous=POWER, delay=delay, difference=difference, standardize=False
    )
    fz, power = BRAIN["Fz"].to_numpy(), POWER["power"].to_numpy()
    changes = np.array([fz[t] - fz[t - difference] if difference else fz[t] for t in range(COUNT)])
    for row in (0, len(x) - 1):
        t = int(x["last_sample"][row]) - 2
        expected = [entry(n, t, Fz=changes, power=power) for n in x["input_name"].values]
        np.testing.assert_allclose(x[row], expected, atol=1e-12)
        np.testing.assert_allclose(y[row], changes[t + 1 : t + 3], atol=1e-12)
    assert x["input_name"].values[-2:].tolist() == ["power(t+1)", "power(t+2)"]
    assert x.shape[1] == 3 + 3 + 2


def test_a_series_of_one_channel_keeps_its_name():
    by_name = {"Fz": BRAIN["Fz"], "s": BRAIN["Fz"].to_numpy(), "Cz": BRAIN[["Cz"]]}
    for name, series in by_name.items():
        x, _ = bn.windows(series, 2, exogenous=POWER)
        assert {f"{name}(t-1)", f"{name}(t)"} < set(x["input_name"].values)


def test_some_channels_are_forecast_from_all():
    x, every = bn.windows(BRAIN, 2, 3, transform="yeo-johnson")
    same, y = bn.windows(BRAIN, 2, 3, transform="yeo-johnson", target="Cz")
    np.testing.assert_array_equal(same, x)
    np.testing.assert_array_equal(y, every[:, 1::2])
    np.testing.assert_allclose(bn.unscale(y, y)[0], BRAIN["Cz"][2:5])
    assert (y.attrs["channels"], x.attrs["channels"]) == (["Cz"], ["Fz", "Cz"])
    both = bn.windows(BRAIN, 2, 3, transform="yeo-johnson", target=["Cz", "Fz"])[1]
    assert both.identical(every), "in the order of the series"
    named = BRAIN.set_axis(["forecast", "Cz"], axis=1)
    assert bn.windows(named, 2, target="forecast")[1].shape[1] == 2
    assert bn.windows(named, 2, target=["forecast"])[1].shape[1] == 1


def test_each_kind_is_scaled_by_itself_and_test_windows_take_it_from_training():
    early, late = (slice(0, 20), slice(20, None))
    x, _ = bn.windows(BRAIN[early], 2, exogenous=POWER[early], covariates=[60.0])
    column = x.sel(input=x["input_name"].values == "power(t)").values.ravel()
    known = POWER["power"][early]
    np.testing.assert_allclose(column, ((known - known.mean()) / known.std(ddof=0))[1:-1])
    assert not x[:, -1].any(), "a single recording says nothing of a covariate"
    power = POWER[late].assign(power=POWER["power"][late] * 1e3)
    later, _ = bn.windows(BRAIN[late], 2, exogenous=power, covariates=[61.0], standardize=x)
    np.testing.assert_allclose(bn.unscale(later, later)[:, 4:6], power["power"].to_numpy()[[[0, 1]]
        + np.arange(len(later))[:, None]])  # fmt: skip
    np.testing.assert_allclose(later[:, -1], 1.0)
    assert later.attrs["row"] == x.attrs["row"]
    again, _ = bn.windows(BRAIN[early], 2, exogenous=POWER[early], covariates=[60.0], standardize=x)
    np.testing.assert_array_equal(again, x)


def test_units_come_back_where_the_window_alone_has_a_power():
    x, _ = bn.windows(np.exp(BRAIN["Fz"]), 2, exogenous=POWER, transform="log")
    back = np.asarray(bn.unscale(x.values, x))
    np.testing.assert_allclose(back[0, :2], np.exp(BRAIN["Fz"])[:2])
    np.testing.assert_allclose(back[0, 2:], POWER["power"][:3])


def test_covariates_go_by_recording_and_are_scaled_over_recordings():
    series = xr.DataArray(
        RNG.normal(size=12), dims="time", coords={"recording": ("time", ["a"] * 8 + ["b"] * 4)}
    )
    table = pd.DataFrame({"age": [50, 30], "site": [1, 1]}, index=["b", "a"])
    x, _ = bn.windows(series, 2, covariates=table)
    assert x["input_name"].values[-2:].tolist() == ["age", "site"]
    by_label = dict(zip(x["recording"].values.tolist(), x[:, -2].values.tolist(), strict=True))
    assert by_label == {"a": -1.0, "b": 1.0}, "each recording counts once"
    assert not x[:, -1].any()
    same, _ = bn.windows(
        series, 2, covariates={"a": {"age": 30, "site": 1}, "b": {"age": 50, "site": 1}}
    )
    np.testing.assert_array_equal(same, x)
    with pytest.raises(ValueError, match="row for each recording, got none for 'b'"):
        bn.windows(series, 2, covariates=table.loc[["a"]])


def test_the_past_of_a_row_is_known_without_attributes():
    x, y = bn.windows(BRAIN, 3, 2, target="Cz", exogenous=POWER)
    np.testing.assert_array_equal(
        earlier_rows(x.drop_attrs(), y), earlier_rows(*bn.windows(BRAIN, 3, 2))
    )


STAMPED = POWER.set_index(pd.date_range("2024-01-01", periods=COUNT))


@pytest.mark.parametrize(
    ("series", "options", "message"),
    [
        (BRAIN, {"target": "Pz"}, r"channels of \['Fz', 'Cz'\], got 'Pz'"),
        (BRAIN, {"target": 3}, "a channel or a list of channels, got 3"),
        (BRAIN, {"target": []}, r"a list of channels, got \[\]"),
        (BRAIN, {"exogenous": POWER[:-1]}, "expected 30 samples as in the series, got 29"),
        (BRAIN, {"exogenous": POWER * 0}, "a constant 'power'"),
        (BRAIN, {"exogenous": BRAIN[["Cz"]]}, "got 'Cz', which is one of channels"),
        (BRAIN, {"exogenous": POWER, "target": "reconstruct"}, "expected target='forecast'"),
        (BRAIN, {"covariates": [np.nan]}, "covariates: expected finite"),
        (BRAIN, {"covariates": {"bias": 1.0}}, "names of their own, got 'bias'"),
        (
            BRAIN,
            {"exogenous": POWER, "standardize": bn.windows(BRAIN, 2)[0]},
            r"exogenous: expected \[\].*got \['power'\]",
        ),
        (
            BRAIN["Fz"].set_axis(STAMPED.index + pd.Timedelta("1D")),
            {"exogenous": STAMPED},
            "the time of the series, 2024-01-02.* at sample 0, got 2024-01-01",
        ),
        (BRAIN, {"target": ["Fz", "Fz"]}, r"target: expected different channels, got \['Fz', 'Fz"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(series, options, message):
    with pytest.raises(ValueError, match=message):
        bn.windows(series, 2, **options)


def test_networks_that_read_sample_by_sample_must_know_the_columns_beside_windows():
    x, y = bn.windows(BRAIN["Fz"], 3, exogenous=POWER, standardize="maxabs")
    with pytest.raises(ValueError, match=r"no exogenous.*\['power'\]: load it with exogenous=1"):
        bn.bootstrap(bn.load("rnn", inputs=1, hidden=2, outputs=1), x, y, replicates=4)
