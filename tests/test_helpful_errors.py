"""Errors name what was meant, where that can be known."""

import numpy as np
import pytest

import bayesneuron as bn


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hidden": 2.5}, "hidden: expected a positive whole number, got 2.5"),
        ({"hidden": True}, "hidden: expected a positive whole number, got True"),
        ({"inputs": "3"}, "inputs: expected a positive whole number, got '3'"),
        ({"fan_in": "yes"}, "fan_in: expected True or False, got 'yes'"),
        ({"skip": 1}, "skip: expected True or False, got 1"),
        ({"prior_scale": -1}, "prior_scale: expected a positive number, got -1"),
        ({"activation": "ReLU"}, r"\(is it 'relu'\?\)"),
    ],
)
def test_options_of_shipped_networks_are_refused_as_they_are_loaded(options, message):
    with pytest.raises(ValueError, match=message):
        bn.load("two_layer", **({"inputs": 3, "hidden": 2, "outputs": 1} | options))


def test_widths_of_deep_networks():
    with pytest.raises(ValueError, match="hidden: expected a positive whole number, got 0"):
        bn.load("mlp", inputs=3, hidden=(4, 0), outputs=1)


def test_a_layer_by_another_name():
    model = bn.load("mlp", inputs=3, hidden=(4,), outputs=1)
    posts = bn.neurons(bn.prior(model, np.zeros((1, 3)), samples=30))
    with pytest.raises(KeyError, match="no layer 'hidden', the layers are hidden1, output"):
        posts["hidden"]
    assert posts.get("hidden") is None


def test_folders_and_what_stands_in_the_place_of_a_path(tmp_path):
    with pytest.raises(ValueError, match="got the folder"):
        bn.load(tmp_path)
    with pytest.raises(FileNotFoundError, match="open: a folder, no file"):
        bn.open(tmp_path)
    with pytest.raises(ValueError, match="expected a file, got a folder"):
        bn.read_series(tmp_path)
    with pytest.raises(ValueError, match=r"save: expected a path, got ndarray$"):
        bn.save("draws.nc", np.zeros(3))


def test_a_count_is_no_share():
    with pytest.raises(ValueError, match=r"test_size: expected a share in \(0, 1\), got 20; at= "):
        bn.split(np.zeros(50), test_size=20)
