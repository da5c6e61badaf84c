"""Recurrent networks from elsewhere put out what they did there."""

import numpy as np
import pytest
from networks import last_output, recurrent

import bayesneuron as bn

X = np.random.default_rng(9).normal(size=(5, 6, 3))
ROWS = X.reshape(len(X), -1)


def mean(draws):
    return np.asarray(bn.predict(draws, ROWS).predictions["mean"])[0, 0]


@pytest.mark.parametrize("kind", ["elman", "gru", "lstm"])
@pytest.mark.parametrize(("layers", "bias"), [(1, True), (2, True), (1, False)])
def test_pytorch(kind, layers, bias):
    member = recurrent(np.random.default_rng(0), kind, 3, 4, layers, bias=bias)
    draws = bn.from_state_dicts(member, noise=0.1)
    assert draws.attrs["model"] == kind
    np.testing.assert_allclose(mean(draws), last_output(member, X, kind), atol=1e-12)
    for like in (member, None):
        back = bn.to_state_dict(draws, like=like)
        again = bn.from_state_dicts(back, noise=0.1)
        np.testing.assert_allclose(mean(again), mean(draws), atol=1e-12)
    same = [k for k, v in bn.to_state_dict(draws, like=member).items() if (v == member[k]).all()]
    assert {k for k in member if "bias" not in k or k == "fc.bias"} <= set(same)


def test_a_cell_by_itself():
    member = recurrent(np.random.default_rng(1), "lstm", 3, 4)
    cell = {k.replace("_l0", "").replace("rnn", "cell"): v for k, v in member.items()}
    np.testing.assert_allclose(
        mean(bn.from_state_dicts(cell, noise=0.1)), last_output(member, X, "lstm"), atol=1e-12
    )


ORDER = {"elman": [0], "gru": [1, 0, 2], "lstm": [0, 1, 2, 3]}


def keras(member, kind):
    """Matrices transposed, a GRU's update gate first, and its two biases one above the other."""
    turn = lambda a: np.concatenate([np.split(a, len(ORDER[kind]))[i] for i in ORDER[kind]])
    w, u, b, a = (
        turn(member[f"rnn.{n}_l0"]) for n in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    level = np.stack([b, a]) if kind == "gru" else b + a
    return {
        "rnn/kernel": w.T, "rnn/recurrent_kernel": u.T, "rnn/bias": level,
        "dense/kernel": member["fc.weight"].T, "dense/bias": member["fc.bias"],
    }  # fmt: skip


def flax(member, kind):
    """A matrix for each part; of the biases only those that Flax has."""
    letters = {"elman": [""], "gru": "rzn", "lstm": "ifgo"}[kind]
    cell = {}
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    parts = [np.split(member[f"rnn.{n}_l0"], len(letters)) for n in names]
    for letter, w, u, b, a in zip(letters, *parts, strict=True):
        cell[f"i{letter}"], cell[f"h{letter}"] = {"kernel": w.T}, {"kernel": u.T}
        if kind == "gru" and letter == "n":
            cell["in"]["bias"], cell["hn"]["bias"] = b, a
        else:
            cell[f"{'h' if kind == 'lstm' else 'i'}{letter}"]["bias"] = a + b
    read = {"kernel": member["fc.weight"].T, "bias": member["fc.bias"]}
    return {"params": {"Cell_0": cell, "Dense_0": read}}


def equinox(member, kind):
    made = {"cell": {k: member[f"rnn.{k}_l0"] for k in ("weight_ih", "weight_hh")}}
    b, a = member["rnn.bias_ih_l0"], member["rnn.bias_hh_l0"]
    if kind == "gru":
        made["cell"] |= {"bias": b + np.r_[a[:8], np.zeros(4)], "bias_n": a[8:]}
    else:
        made["cell"]["bias"] = a + b
    return {**made, "fc": {"weight": member["fc.weight"], "bias": member["fc.bias"]}}


@pytest.mark.parametrize("kind", ["elman", "gru", "lstm"])
@pytest.mark.parametrize("library", [keras, flax, equinox])
def test_names_of_other_libraries(kind, library):
    member = recurrent(np.random.default_rng(2), kind, 3, 4)
    given = library(member, kind)
    draws = bn.from_state_dicts(given, noise=0.1)
    np.testing.assert_allclose(mean(draws), last_output(member, X, kind), atol=1e-12)
    back = bn.to_state_dict(draws, like=given)
    again = bn.from_state_dicts(back, noise=0.1)
    np.testing.assert_array_equal(mean(again), mean(draws))


def test_layers_that_no_shipped_network_has_keep_their_layout():
    rng = np.random.default_rng(3)
    member = recurrent(rng, "lstm", 3, 4)
    member |= {"out.weight": rng.normal(size=(1, 2)), "out.bias": np.zeros(1)}
    with pytest.warns(bn.StatisticalWarning, match="dense hidden layers above recurrent ones"):
        draws = bn.from_state_dicts([member] * 3, activation="tanh")
    assert list(bn.neurons(draws)) == ["hidden", "dense1", "output"]
    bare = {k: v for k, v in member.items() if k.startswith("rnn.")}
    with pytest.warns(bn.StatisticalWarning, match="there is no read-out"):
        draws = bn.from_state_dicts([bare] * 3)
    assert bn.neurons(draws)["hidden"].mean.shape[0] == 4
    for like in (bare, None):
        assert len(bn.to_state_dict(draws, like=like)) == 4


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda m: {**m, "rnn.weight_ih_l0_reverse": m["rnn.weight_ih_l0"]}, "bidirectional"),
        (lambda m: {**m, "rnn.weight_hr_l0": np.ones((2, 4))}, "projected"),
        (lambda m: {**m, "rnn.weight_hh_l0": np.ones((8, 4))}, "1 .RNN., 3 .GRU. or 4 .LSTM. rows"),
        (lambda m: {k: v for k, v in m.items() if "weight_ih" not in k}, "expected .'weight_ih'."),
        (lambda m: {**m, "fc.weight": np.ones((2, 5))}, "follow one another from 4 units on"),
    ],
)
def test_what_is_refused(change, match):
    member = recurrent(np.random.default_rng(4), "gru", 3, 4)
    with pytest.raises(ValueError, match=match):
        bn.from_state_dicts(change(member), noise=0.1)


def test_a_gru_that_resets_before_the_product_is_another_function():
    given = keras(recurrent(np.random.default_rng(5), "gru", 3, 4), "gru")
    given["rnn/bias"] = given["rnn/bias"][0]
    with pytest.raises(ValueError, match="reset_after=True"):
        bn.from_state_dicts(given, noise=0.1)
