"""Power transforms, differences and local levels of windows, and how they are undone."""

import json
from itertools import product

import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr
from scipy import special
from sklearn.preprocessing import PowerTransformer

import bayesneuron as bn
from bayesneuron.data.past import earlier_rows
from bayesneuron.data.transform import (
    Transform,
    inputs_of,
    measure_power,
    outputs_of,
    samples_of,
)

RNG = np.random.default_rng(0)
GROWING = np.exp(0.02 * np.arange(120) + 0.3 * RNG.normal(size=120))


@pytest.mark.parametrize("kind", ["box-cox", "yeo-johnson"])
def test_powers_are_those_of_scikit_learn(kind):
    values = np.exp(RNG.normal(size=(80, 2))) - (kind == "yeo-johnson")
    transform = Transform(*measure_power(values, kind))
    expected = PowerTransformer(kind, standardize=False).fit_transform(values)
    np.testing.assert_allclose(inputs_of(transform, values[None])[0], expected, rtol=1e-9)


@pytest.mark.parametrize("power", [-0.5, 0.0, 0.3, 1.0])
def test_box_cox_and_its_inverse_are_those_of_scipy(power):
    samples, transform = np.array([[[0.1], [1.0], [7.0]]]), Transform("box-cox", (power,))
    values = inputs_of(transform, samples)
    np.testing.assert_allclose(values, special.boxcox(samples, power), atol=1e-12)
    np.testing.assert_allclose(
        samples_of(transform, values, samples), special.inv_boxcox(values, power), rtol=1e-12
    )


@pytest.mark.parametrize(
    ("kind", "difference", "local"),
    list(product(["", "box-cox", "yeo-johnson"], [0, 1, 3], ["", "mean", "zscore"])),
)
def test_samples_come_back_in_numpy_and_jax(kind, difference, local):
    power = (0.0, 0.4) if kind else ()
    transform = Transform(kind, power, difference, local)
    assert Transform.from_json(transform.to_json()) == transform
    samples = np.exp(RNG.normal(size=(4, 14, 2)))
    recent, future = samples[:, :9], samples[:, 9:]
    outputs = outputs_of(transform, future, recent)
    np.testing.assert_allclose(samples_of(transform, outputs, recent), future, rtol=1e-9)
    again = samples_of(transform, jnp.asarray(outputs), jnp.asarray(recent), jnp)
    np.testing.assert_allclose(again, future, rtol=1e-4)


def test_a_forecast_beyond_the_range_of_the_transform_is_its_end():
    samples = samples_of(Transform("box-cox", (0.5,)), np.array([[[-5.0]]]), np.ones((1, 2, 1)))
    assert 0 <= samples.item() < 1e-6


def test_windows_of_differences_are_windows_of_the_differenced_series():
    for lag in (1, 12):
        plain = bn.windows(GROWING[lag:] - GROWING[:-lag], 5, 2, standardize=False)
        windows = bn.windows(GROWING, 5, 2, difference=lag, standardize=False)
        for ours, theirs in zip(windows, plain, strict=True):
            np.testing.assert_allclose(ours, theirs)
        assert int(windows[0]["last_sample"][-1]) == len(GROWING) - 1
        assert int(windows[0]["first_sample"][0]) == 0


def test_no_difference_crosses_recordings():
    label = ("time", np.repeat(["a", "b"], 60))
    series = xr.DataArray(GROWING, dims="time", coords={"recording": label})
    x, _ = bn.windows(series, 5, difference=3)
    assert len(x) == 2 * (60 - 3 - 5)
    first, last = x["first_sample"].values, x["last_sample"].values
    assert set(last - first) == {3 + 5}
    assert not ((first < 60) & (last >= 60)).any()


def test_local_levels_are_of_each_window_and_its_targets():
    x, y = bn.windows(GROWING, 6, local="zscore", standardize=False)
    np.testing.assert_allclose(x.mean("input"), 0, atol=1e-12)
    np.testing.assert_allclose(x.std("input"), 1)
    window = GROWING[3:9]
    assert y[3, 0].item() == pytest.approx((GROWING[9] - window.mean()) / window.std())
    assert np.isfinite(bn.windows(np.r_[np.ones(9), GROWING], 6, local="zscore")[0]).all()


@pytest.mark.parametrize(
    "options",
    [{"transform": "log"}, {"difference": 1}, {"local": "zscore"}, {"transform": "box-cox"}],
)
def test_later_windows_take_all_of_it_from_earlier_ones(options):
    x, y = bn.windows(GROWING, 5, **options)
    later = bn.windows(GROWING[60:], 5, standardize=x)
    for whole, part in zip((x, y), later, strict=True):
        np.testing.assert_allclose(whole[-len(part) :], part, rtol=1e-9, atol=1e-12)
        assert part.attrs["transform"] == whole.attrs["transform"]


def test_a_power_is_undone_alone_and_a_difference_is_not():
    _, y = bn.windows(np.column_stack([GROWING, GROWING**2]), 5, 2, transform="box-cox")
    np.testing.assert_allclose(bn.unscale(y, y)[:, 1], GROWING[5:-1] ** 2, rtol=1e-9)
    _, y = bn.windows(GROWING, 5, difference=1)
    with pytest.raises(ValueError, match=r"undone on their own, got Transform: first difference"):
        bn.unscale(y, y)


@pytest.mark.slow
def test_the_transform_travels_with_draws_and_past_rows_are_counted_by_targets(tmp_path):
    x, y = bn.windows(GROWING, 5, 2, difference=4, transform="log")
    assert earlier_rows(x, y)[5] == 4
    model = bn.load("two_layer", inputs=5, hidden=2, outputs=2)
    draws = bn.laplace(model, x, y, samples=5, starts=2)
    bn.save(draws, tmp_path / "draws.nc")
    attrs = bn.open(tmp_path / "draws.nc").attrs
    assert json.loads(attrs["transform"]) == ["box-cox", [0.0], 4, ""]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"transform": "sqrt"}, "transform: expected one of"),
        ({"difference": -1}, "difference: expected a whole number"),
        ({"difference": 1.5}, "difference: expected a whole number"),
        ({"difference": 200}, r"at least 206 samples .*\+ difference 200"),
        ({"local": "median"}, "local: expected one of"),
        ({"local": "mean", "standardize": "range"}, "standardize: expected one of"),
        ({"local": "mean", "target": "reconstruct"}, "expected target='forecast'"),
    ],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        bn.windows(GROWING, 5, **options)


def test_logarithms_need_positive_samples_and_earlier_windows_bring_their_own():
    with pytest.raises(ValueError, match=r"expected positive samples, got -1; 'yeo-johnson'"):
        bn.windows(np.r_[GROWING, -1.0], 5, transform="log")
    x, _ = bn.windows(GROWING, 5, transform="log")
    with pytest.raises(ValueError, match=r"series: expected positive samples \(Transform: log\)"):
        bn.windows(np.r_[GROWING, -1.0], 5, standardize=x)
    with pytest.raises(ValueError, match="earlier windows bring their own"):
        bn.windows(GROWING, 5, standardize=x, difference=1)
