"""Layouts locate the neurons, and refuse what makes no sense."""

import numpy as np
import pytest

import bayesneuron as bn
from bayesneuron.network.rows import combine, neurons_back, neurons_first, rows_of

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


@pytest.mark.parametrize("dims", ["hidden", 3, None, (), ("hidden", 1), {"hidden": 1}])
def test_layers_of_a_site_are_a_tuple_of_names(dims):
    with pytest.raises(ValueError, match=r"sites, 'W': expected a tuple of layers.*, got"):
        bn.Layout({"W": dims})


def test_rows_gather_all_weights_of_a_neuron():
    layout = bn.Layout(
        {"W": ("input", "hidden"), "b": ("hidden",), "V": ("output", "hidden")},
        {"hidden": "tanh"},
        into={"W": 1},
    )
    rng = np.random.default_rng(0)
    sites = {"W": rng.normal(size=(7, 3, 2)), "b": rng.normal(size=(7, 2))}
    sites["V"] = rng.normal(size=(7, 4, 2))
    incoming = layout.rows(sites, "hidden", "incoming")
    np.testing.assert_array_equal(incoming[:, 1, :3], sites["W"][:, :, 1])
    np.testing.assert_array_equal(incoming[:, 1, 3], sites["b"][:, 1])
    outgoing = layout.rows(sites, "hidden", "outgoing")
    np.testing.assert_array_equal(outgoing[:, 0], sites["V"][:, :, 0])
    assert layout.width(sites, "hidden") == 2


@pytest.mark.parametrize("name", ["mlp", "nonlinear_pca"])
def test_rows_put_back_are_the_same_sites(name):
    hidden = (3, 2) if name == "mlp" else 2
    model = bn.load(name, inputs=4, hidden=hidden, outputs=1)
    rng = np.random.default_rng(0)
    sizes = {"input": 4, "output": 1, "hidden1": 3, "hidden2": 2, "hidden": 2}
    sites = {
        site: rng.normal(size=(5, *(sizes[d] for d in dims)))
        for site, dims in model.layout.sites.items()
    }
    for layer in model.layout.hidden:
        for role in ("incoming", "outgoing"):
            rows = model.layout.rows(sites, layer, role)
            same = model.layout.with_rows(sites, layer, role, rows)
            other = model.layout.with_rows(sites, layer, role, 2 * rows)
            for site, values in sites.items():
                np.testing.assert_array_equal(same[site], values)
            np.testing.assert_array_equal(model.layout.rows(other, layer, role), 2 * rows)


@pytest.mark.parametrize(("axis", "lead"), [(0, 0), (2, 0), (0, 1), (1, 1), (1, 2)])
def test_neurons_come_to_the_front_and_go_back(axis, lead):
    values = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    first = neurons_first(values, axis, lead)
    np.testing.assert_array_equal(first, np.moveaxis(values, lead + axis, lead))
    np.testing.assert_array_equal(neurons_back(first, axis, lead), values)
    assert rows_of(values, axis, lead).shape[: lead + 1] == first.shape[: lead + 1]


def test_combinations_of_neurons():
    values = np.random.default_rng(0).normal(size=(6, 4, 3))
    pick = np.broadcast_to(np.eye(3)[[2, 0]], (6, 2, 3))
    np.testing.assert_array_equal(combine(pick, values, 1), values[:, :, [2, 0]])
