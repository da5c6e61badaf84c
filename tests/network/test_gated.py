"""Gated networks against their equations, with weights as PyTorch stacks them."""

import numpy as np
import pytest
from conftest import random_sites
from scipy.special import expit

import bayesneuron as bn
from bayesneuron.draws.evaluate import evaluate
from bayesneuron.network.check_layout import check_symmetries

PARTS = {
    "lstm": ("input_gate", "forget_gate", "candidate", "output_gate"),  # i, f, g, o
    "gru": ("reset_gate", "update_gate", "candidate"),  # r, z, n
}


def lstm(x, w_ih, w_hh, b_ih, b_hh):
    """As in the documentation of torch.nn.LSTM: the outputs, and h and c after the last."""
    h = c = np.zeros(w_hh.shape[1])
    outputs = []
    for sample in x:
        i, f, g, o = np.split(w_ih @ sample + b_ih + w_hh @ h + b_hh, 4)
        c = expit(f) * c + expit(i) * np.tanh(g)
        h = expit(o) * np.tanh(c)
        outputs.append(h)
    return np.array(outputs), np.concatenate([h, c])


def gru(x, w_ih, w_hh, b_ih, b_hh):
    """As in the documentation of torch.nn.GRU."""
    h, outputs = np.zeros(w_hh.shape[1]), []
    for sample in x:
        (ir, iz, i_n), (hr, hz, hn) = (
            np.split(s, 3) for s in (w_ih @ sample + b_ih, w_hh @ h + b_hh)
        )
        r, z = expit(ir + hr), expit(iz + hz)
        h = (1 - z) * np.tanh(i_n + r * hn) + z * h
        outputs.append(h)
    return np.array(outputs), h


@pytest.mark.parametrize(("name", "reference"), [("lstm", lstm), ("gru", gru)])
def test_weights_of_pytorch_give_the_function_of_pytorch(name, reference):
    """Two stacked layers, two channels, two samples at each step."""
    rng, units, count = np.random.default_rng(0), (3, 2), len(PARTS[name])
    model = bn.load(name, inputs=2, channels=2, hidden=units, outputs=2)
    sites, window = random_sites(model, 1, 0), rng.normal(size=(6, 2))
    seen, states = np.stack([window[t : t + 2].ravel() for t in range(5)]), []
    for layer, (n, width) in enumerate(zip(units, (4, 3), strict=True), start=1):
        shapes = ((count * n, width), (count * n, n), count * n, count * n)
        w_ih, w_hh, b_ih, b_hh = (rng.normal(size=shape) for shape in shapes)
        seen, state = reference(seen, w_ih, w_hh, b_ih, b_hh)
        states.append(state)
        inside = name == "gru"  # its candidate keeps both biases
        both = np.where((np.arange(count * n) // n == 2) & inside, b_ih, b_ih + b_hh)
        kinds = {"weight": w_ih, "recurrent": w_hh, "bias": both}
        for kind, stacked in kinds.items():
            for part, rows in zip(PARTS[name], np.split(stacked, count), strict=True):
                sites[f"hidden{layer}_{part}_{kind}"] = rows[None]
        if inside:
            sites[f"hidden{layer}_candidate_recurrent_bias"] = b_hh[None, -n:]
    mean = sites["output_weight"][0] @ seen[-1] + sites["output_bias"][0]
    own = evaluate(model, sites, window.reshape(1, -1), keep=("mean", "next_state"))
    np.testing.assert_allclose(own["mean"][0, 0], mean, atol=1e-12)
    np.testing.assert_allclose(own["next_state"][0, 0], np.concatenate(states), atol=1e-12)


def test_a_flip_of_the_gates_as_well_is_no_symmetry():
    model = bn.load("lstm", hidden=3)
    assert (model.layout.signed("hidden"), model.layout.bias("hidden")) == (True, None)
    parts = {k: getattr(model.layout, k) for k in ("sites", "layers", "widths")}
    wrong = bn.load(model.body, layout=bn.Layout(**parts), hidden=3)
    with pytest.raises(ValueError, match="after a change of sign"):
        check_symmetries(wrong, 4)


def test_gates_travel_with_the_layout_and_must_be_sites():
    layout = bn.load("gru", hidden=(3, 2)).layout
    assert bn.Layout.from_json(layout.to_json()) == layout
    assert len(layout.gates) == 2 * 2 * 3
    with pytest.raises(ValueError, match=r"gates: expected some of \['W', 'V'\], got \['U'\]"):
        bn.Layout({"W": ("h", "i"), "V": ("o", "h")}, {"h": "tanh"}, gates=("U",))


@pytest.mark.parametrize("hidden", ["8", (), 2.5])
def test_hidden_must_be_units_or_units_by_layer(hidden):
    with pytest.raises(ValueError, match="hidden: expected a number of units"):
        bn.load("lstm", hidden=hidden)


def test_what_gated_networks_do_not_take():
    x = np.zeros((3, 4))
    with pytest.raises(ValueError, match="gru activation: expected a nonlinear one"):
        bn.prior(bn.load("gru", hidden=2, activation="identity"), x, samples=2)
    with pytest.raises(ValueError, match="lstm: expected a history of at least inputs=5"):
        bn.prior(bn.load("lstm", hidden=2, inputs=5), x, samples=2)
