"""Dense networks from elsewhere put out what they did there."""

import numpy as np
import pytest
from networks import forward, sequential

import bayesneuron as bn

X = np.random.default_rng(9).normal(size=(6, 3))


def means(draws, x=X):
    return np.asarray(bn.predict(draws, x).predictions["mean"])[0]


@pytest.mark.parametrize("activation", ["tanh", "relu", "silu"])
def test_outputs_are_those_of_the_members(activation):
    rng = np.random.default_rng(0)
    members = [sequential(rng, (3, 5, 4, 2)) for _ in range(3)]
    draws = bn.from_state_dicts(members, activation=activation, noise=0.2)
    expected = [forward(m, X, activation) for m in members]
    np.testing.assert_allclose(means(draws), expected, atol=1e-12)
    assert draws.attrs["model"] == "mlp"


def flax(member):
    return {
        f"Dense_{i // 2}": {"kernel": member[f"{i}.weight"].T, "bias": member[f"{i}.bias"]}
        for i in (0, 2, 4)
    }


def named(member, weight, bias, turned=False):
    made = {}
    for k, i in enumerate((0, 2, 4)):
        w = member[f"{i}.weight"]
        made |= {weight.format(k): w.T if turned else w, bias.format(k): member[f"{i}.bias"]}
    return made


WAYS = {
    "wrapped twice": lambda m: {f"module._orig_mod.{k}": v for k, v in m.items()},
    "a common prefix": lambda m: {f"net.body.{k}": v for k, v in m.items()},
    "flax": lambda m: {"params": flax(m)},
    "W and b": lambda m: named(m, "W{}", "b{}", turned=True),
    "words before numbers": lambda m: named(m, "weight_{}", "bias_{}"),
    "lists": lambda m: {
        "weights": [m[f"{i}.weight"] for i in (0, 2, 4)],
        "biases": [m[f"{i}.bias"] for i in (0, 2, 4)],
    },
    "pairs": lambda m: {"layers": [(m[f"{i}.weight"], m[f"{i}.bias"]) for i in (0, 2, 4)]},
    "without names": lambda m: {f"arr_{k}": v for k, v in enumerate(m.values())},
    "transposed": lambda m: named(m, "fc{}.weight", "fc{}.bias", turned=True),
    "unordered modules": lambda m: dict(
        zip(("fc10.weight", "fc10.bias", "fc2.weight", "fc2.bias", "fc1.weight", "fc1.bias"),
            (m[k] for k in ("4.weight", "4.bias", "2.weight", "2.bias", "0.weight", "0.bias")),
            strict=True)),
    "counts": lambda m: {**m, "num_batches_tracked": np.array(3)},
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_names_and_orientations(way):
    member = sequential(np.random.default_rng(1), (3, 5, 4, 2))
    given = WAYS[way](member)
    draws = bn.from_state_dicts(given, activation="relu", noise=1.0)
    np.testing.assert_allclose(means(draws)[0], forward(member, X, "relu"), atol=1e-12)
    if way != "pairs" and way != "lists":
        back = bn.to_state_dict(draws, like=given)
        again = bn.from_state_dicts(back, activation="relu", noise=1.0)
        assert again.posterior.equals(draws.posterior)


def test_square_matrices_are_read_by_the_custom_of_their_names():
    member = sequential(np.random.default_rng(2), (3, 3, 3), bias=False)
    expected = forward(member, X, "tanh")
    turned = {k.replace("weight", "kernel"): v.T for k, v in member.items()}
    for given in (member, turned):
        draws = bn.from_state_dicts(given, activation="tanh", noise=1.0)
        np.testing.assert_allclose(means(draws)[0], expected, atol=1e-12)
    bare = {f"arr_{i}": v for i, v in enumerate(member.values())}
    with pytest.raises(ValueError, match="orientation: expected 'out_in'"):
        bn.from_state_dicts(bare, activation="tanh", noise=1.0)
    draws = bn.from_state_dicts(bare, activation="tanh", noise=1.0, orientation="out_in")
    np.testing.assert_allclose(means(draws)[0], expected, atol=1e-12)


@pytest.mark.parametrize("width", [3, 4])
def test_layers_without_biases_have_zeros(width):
    member = sequential(np.random.default_rng(3), (3, width, 2), bias=False)
    draws = bn.from_state_dicts(member, activation="tanh", noise=1.0)
    np.testing.assert_allclose(means(draws)[0], forward(member, X, "tanh"), atol=1e-12)
    assert "no bias, taken as zero: hidden1_bias, output_bias" in draws.attrs["notes"]
    assert list(bn.to_state_dict(draws, like=member)) == list(member)


def norm(rng, width):
    return {
        "weight": rng.normal(size=width), "bias": rng.normal(size=width),
        "running_mean": rng.normal(size=width), "running_var": rng.uniform(0.5, 2, size=width),
        "num_batches_tracked": np.array(7),
    }  # fmt: skip


def normalised(n, h, eps):
    return (h - n["running_mean"]) / np.sqrt(n["running_var"] + eps) * n["weight"] + n["bias"]


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("bias", [True, False])
def test_batch_normalisation_is_folded_where_its_number_says_it_is(side, bias):
    rng = np.random.default_rng(4)
    dense, own, first = sequential(rng, (3, 4, 2), bias=bias), norm(rng, 4), norm(rng, 3)
    place = 2 if side == "before" else 3
    given = {f"0.{k}": v for k, v in first.items()}
    given |= {k.replace("0.", "1.").replace("2.", "4."): v for k, v in dense.items()}
    given |= {f"{place}.{k}": v for k, v in own.items()}
    h = normalised(first, X, 1e-3) @ dense["0.weight"].T + dense.get("0.bias", 0.0)
    h = np.tanh(normalised(own, h, 1e-3)) if side == "before" else normalised(own, np.tanh(h), 1e-3)
    expected = h @ dense["2.weight"].T + dense.get("2.bias", 0.0)
    draws = bn.from_state_dicts(given, activation="tanh", noise=1.0, eps=1e-3)
    np.testing.assert_allclose(means(draws)[0], expected, atol=1e-12)
    if side == "after" and not bias:  # a constant that no tensor of `given` can hold
        with pytest.raises(ValueError, match="expected a network with a bias for"):
            bn.to_state_dict(draws, like=given)
        return
    back = bn.from_state_dicts(bn.to_state_dict(draws, like=given), activation="tanh", noise=1.0)
    np.testing.assert_allclose(means(back), means(draws), atol=1e-9)


def test_where_a_normalisation_is_must_be_known():
    rng = np.random.default_rng(5)
    dense, own = sequential(rng, (3, 4, 2)), norm(rng, 4)
    given = {k.replace("0.", "fc1."): v for k, v in dense.items() if k[0] == "0"}
    given |= {f"bn1.{k}": v for k, v in own.items()}
    given |= {k.replace("2.", "fc2."): v for k, v in dense.items() if k[0] == "2"}
    with pytest.raises(ValueError, match="batch_norm: expected 'before' or 'after'"):
        bn.from_state_dicts(given, activation="tanh", noise=1.0)
    h = X @ dense["0.weight"].T + dense["0.bias"]
    for side, out in (
        ("before", np.tanh(normalised(own, h, 1e-5))),
        ("after", normalised(own, np.tanh(h), 1e-5)),
    ):
        draws = bn.from_state_dicts(given, activation="tanh", noise=1.0, batch_norm=side)
        expected = out @ dense["2.weight"].T + dense["2.bias"]
        np.testing.assert_allclose(means(draws)[0], expected, atol=1e-12)
        back = bn.to_state_dict(draws, like=given, batch_norm=side)
        again = bn.from_state_dicts(back, activation="tanh", noise=1.0, batch_norm=side)
        np.testing.assert_allclose(means(again), means(draws), atol=1e-9)
