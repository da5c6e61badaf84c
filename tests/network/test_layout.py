"""Layouts say where neurons are, and refuse what makes no sense."""

import pytest

import bayesneuron as bn

SITES = {"W": ("hidden", "input"), "b": ("hidden",), "V": ("output", "hidden"), "c": ("output",)}


def test_roles_follow_from_axes():
    layout = bn.Layout(SITES, {"hidden": "tanh"})
    assert [(a.site, a.axis, a.role) for a in layout.axes("hidden")] == [
        ("W", 0, "incoming"),
        ("b", 0, "incoming"),
        ("V", 1, "outgoing"),
    ]
    assert layout.bias("hidden") == "b"
    assert layout.receiving == ("hidden", "output")
    assert not layout.recurrent("hidden")


def test_flax_kernels_receive_along_their_last_axis():
    layout = bn.Layout(
        {"W": ("input", "hidden"), "V": ("hidden", "output")},
        {"hidden": "tanh"},
        into={"W": 1, "V": 1},
    )
    assert [a.role for a in layout.axes("hidden")] == ["incoming", "outgoing"]


@pytest.mark.parametrize(
    ("activation", "kind"),
    [("tanh", "sign"), ("sigmoid", "shift"), ("relu", "scale"), ("identity", "linear")],
)
def test_symmetry_of_activation(activation, kind):
    assert bn.Layout(SITES, {"hidden": activation}).symmetry("hidden") == kind


def test_sigmoid_without_a_bias_to_take_the_constant_has_no_flip():
    sites = {k: v for k, v in SITES.items() if k != "c"}
    assert bn.Layout(sites, {"hidden": "sigmoid"}).symmetry("hidden") == "none"


def test_recurrent_sigmoid_has_no_flip():
    assert bn.load("rnn", hidden=2, activation="sigmoid").layout.symmetry("hidden") == "none"


def test_json_round_trip():
    layout = bn.load("nonlinear_pca", inputs=4, hidden=2, outputs=1).layout
    assert bn.Layout.from_json(layout.to_json()) == layout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"layers": {"nowhere": "tanh"}}, "expected one of"),
        ({"layers": {"hidden": "tanhh"}}, "expected an activation"),
        ({"layers": {"input": "tanh"}}, "incoming and outgoing"),
        ({"layers": {}, "into": {"W": 2}}, "into: expected an axis"),
        ({"layers": {}, "auxiliary": ("Z",)}, "auxiliary: expected"),
        ({"layers": {}, "widths": {"nowhere": "width"}}, "widths: expected one of"),
        ({"layers": {}, "widths": {"hidden": 3}}, "expected the name of an option"),
    ],
)
def test_bad_layouts(arguments, message):
    with pytest.raises(ValueError, match=message):
        bn.Layout(SITES, **arguments)
