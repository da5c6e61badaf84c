"""Predictions name their dimensions and keep the coordinates of the data."""

import numpy as np
import pytest
import xarray as xr
from conftest import data_for, estimate, network

import bayesneuron as bn
from bayesneuron.draws import provenance_of


def test_dimensions_are_named_and_coordinates_kept(quick, sine):
    x, y = sine
    predictions = bn.predict(quick["nuts"], x, y)
    for name in ("mean", "y"):
        values = predictions.predictions[name]
        assert values.dims == ("chain", "draw", "observation", "output")
        np.testing.assert_array_equal(values["time"], x["time"])
        np.testing.assert_array_equal(values["recording"], x["recording"])
    assert predictions.log_likelihood["y"].dims == ("chain", "draw", "observation")
    np.testing.assert_array_equal(predictions.observed_data["y"], y)
    np.testing.assert_array_equal(predictions.observed_data["time"], y["time"])


def test_channels_label_the_outputs(two_layer, sine):
    x, _ = sine
    y = xr.DataArray(
        np.random.default_rng(0).normal(size=(len(x), 2)),
        dims=("sample", "channel"),
        coords={"channel": ["left", "right"], "side": ("channel", [0, 1])},
    )
    model = bn.load("two_layer", inputs=4, hidden=2, outputs=2)
    draws = estimate("laplace", model, x, y)
    predictions = bn.predict(draws, x, y).predictions
    assert predictions["output"].values.tolist() == ["left", "right"]
    assert predictions["side"].dims == ("output",)
    assert predictions["mean"].sel(output="right").shape == (1, 100, len(x))


def test_data_are_those_the_draws_carry(quick, sine, tmp_path):
    whole = bn.predict(quick["svi"], *sine)
    for draws in (quick["svi"], bn.open(bn.save(quick["svi"], tmp_path / "draws.nc"))):
        again = bn.predict(draws)
        assert again.predictions["mean"].equals(whole.predictions["mean"])
        np.testing.assert_array_equal(again.log_likelihood["y"], whole.log_likelihood["y"])
    assert provenance_of(whole) == provenance_of(quick["svi"])


def test_plain_arrays_are_numbered(quick):
    predictions = bn.predict(quick["nuts"].isel(draw=slice(10, 20)), np.zeros((3, 4))).predictions
    assert predictions["observation"].values.tolist() == [0, 1, 2]
    assert predictions["draw"].values.tolist() == list(range(10, 20))


def test_classes_are_outputs():
    model, (x, y) = network("mlp_categorical"), data_for("mlp_categorical")
    predictions = bn.predict(estimate("laplace", model, x, y), x).predictions
    assert predictions["mean"].dims[2:] == ("observation", "output")
    assert predictions["y"].dims[2:] == ("observation",)


def test_what_is_missing_is_said(two_layer, sine, quick):
    with pytest.raises(ValueError, match="got y alone"):
        bn.predict(quick["svi"], y=sine[1])
    with pytest.raises(ValueError, match="these draws carry none"):
        bn.predict(bn.prior(two_layer, sine[0], samples=5))
