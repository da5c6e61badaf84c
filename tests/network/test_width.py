"""The option that sets a layer's width is declared in the layout, not guessed."""

import json

import numpyro
import numpyro.distributions as dist
import pytest
from conftest import NETWORKS, network

import bayesneuron as bn
from bayesneuron.network.width import widths_of, with_width

SITES = {"W": ("hidden", "input"), "V": ("output", "hidden")}


def mine(x, y=None, *, width=2, sizes=(2,)):
    w = numpyro.sample("W", dist.Normal(0, 1).expand([width, x.shape[1]]).to_event(2))
    v = numpyro.sample("V", dist.Normal(0, 1).expand([1, width]).to_event(2))
    mean = numpyro.deterministic("mean", x @ w.T @ v.T)
    with numpyro.plate("observation", x.shape[0]):
        numpyro.sample("y", dist.Normal(mean, 0.3).to_event(1), obs=y)


@pytest.mark.parametrize("name", NETWORKS)
def test_shipped_networks_declare_every_hidden_layer(name):
    model = network(name)
    before = widths_of(model, 4)
    for layer in model.layout.hidden:
        after = widths_of(with_width(model, layer, before[layer] + 3), 4)
        assert after == {**before, layer: before[layer] + 3}


def test_a_layout_without_widths_says_what_is_missing():
    model = bn.load(mine, layout=bn.Layout(SITES, {"hidden": "tanh"}))
    with pytest.raises(ValueError, match="expected a layout that declares the option"):
        with_width(model, "hidden", 1)


def test_an_option_with_a_default_can_be_set():
    layout = bn.Layout(SITES, {"hidden": "tanh"}, widths={"hidden": "width"})
    assert with_width(bn.load(mine, layout=layout), "hidden", 5).options == {"width": 5}


def test_an_option_that_the_model_does_not_have_is_refused():
    layout = bn.Layout(SITES, {"hidden": "tanh"}, widths={"hidden": "units"})
    with pytest.raises(ValueError, match=r"widths: expected options .*unknown \['units'\]"):
        bn.load(mine, layout=layout)


def test_an_item_that_is_not_there_is_refused():
    layout = bn.Layout(SITES, {"hidden": "tanh"}, widths={"hidden": ("sizes", 1)})
    with pytest.raises(ValueError, match="with an item 1"):
        with_width(bn.load(mine, layout=layout, sizes=(2,)), "hidden", 1)


def test_a_layout_written_before_widths_were_declared_is_the_same_layout():
    layout = network("mlp").layout
    parts = json.loads(layout.to_json())
    assert bn.Layout.from_json(json.dumps(parts)).widths == layout.widths
    del parts["widths"]
    assert bn.Layout.from_json(json.dumps(parts)) == layout
