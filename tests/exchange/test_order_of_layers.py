"""The order of layers is read where something says it, and asked for where nothing does."""

from collections import OrderedDict

import numpy as np
import pytest
from networks import forward, last_output, recurrent, sequential
from safetensors.numpy import save_file

import bayesneuron as bn

X = np.random.default_rng(9).normal(size=(6, 3))
ASKED = "layers: expected one order of the layers from below, got several"


def named(member, names, weight="weight", bias="bias"):
    """The tensors of a `Sequential` under names of layers, kernels as Flax has them."""
    made = {}
    for i, name in enumerate(names):
        w = member[f"{2 * i}.weight"]
        made[f"{name}.{weight}"] = w.T if weight == "kernel" else w
        made[f"{name}.{bias}"] = member[f"{2 * i}.bias"]
    return made


def sorted_(tensors):
    """As JAX and safetensors leave them."""
    return dict(sorted(tensors.items()))


def mean(tensors, **options):
    draws = bn.from_state_dicts(tensors, **{"activation": "tanh", "noise": 1.0, **options})
    return np.asarray(bn.predict(draws, X).predictions["mean"])[0, 0]


def member(*widths):
    return sequential(np.random.default_rng(sum(widths)), widths)


@pytest.mark.parametrize("names", [("Dense_0", "Dense_1"), ("Dense_1", "Dense_0")])
@pytest.mark.parametrize("width", [3, 64])
def test_numbers_of_a_framework_are_asked_for_where_both_orders_fit(names, width):
    own = member(3, width, 3)
    tensors = sorted_(named(own, names, "kernel"))
    with pytest.raises(ValueError, match=ASKED + r".*Dense_0 → Dense_1, Dense_1 → Dense_0") as e:
        mean(tensors)
    assert len(str(e.value).splitlines()) == 1
    expected = forward(own, X, "tanh")
    np.testing.assert_allclose(mean(tensors, layers=names), expected, atol=1e-12)
    draws = bn.from_state_dicts(tensors, activation="tanh", noise=1.0, layers=names)
    back = bn.to_state_dict(draws, like=tensors, layers=names)
    assert all((back[name] == tensors[name]).all() for name in tensors)
    with pytest.raises(ValueError, match=ASKED):
        bn.to_state_dict(draws, like=tensors)


@pytest.mark.parametrize("widths", [(3, 5, 2), (3, 5, 5, 5, 2), (3, 5, 4, 3, 2)])
@pytest.mark.parametrize("turned", [False, True])
def test_sizes_show_which_way_a_framework_counted(widths, turned):
    own, count = member(*widths), len(widths) - 1
    numbers = range(count)[::-1] if turned else range(count)
    tensors = sorted_(named(own, [f"Dense_{k}" for k in numbers], "kernel"))
    np.testing.assert_allclose(mean(tensors), forward(own, X, "tanh"), atol=1e-12)


def test_an_output_that_was_constructed_first_is_a_candidate():
    own = member(3, 5, 5, 3)
    tensors = sorted_(named(own, ["Dense_1", "Dense_2", "Dense_0"], "kernel"))
    with pytest.raises(ValueError, match=ASKED + ".*Dense_1 → Dense_2 → Dense_0"):
        mean(tensors)
    data = X, np.zeros((6, 3))
    np.testing.assert_allclose(mean(tensors, data=data), forward(own, X, "tanh"), atol=1e-12)


def test_columns_of_data_settle_the_order_and_never_invent_one():
    own = member(3, 5, 3)
    tensors = sorted_(named(own, ["b", "a"]))
    with pytest.raises(ValueError, match=ASKED):
        mean(tensors)
    y = np.zeros((6, 3))
    np.testing.assert_allclose(mean(tensors, data=(X, y)), forward(own, X, "tanh"), atol=1e-12)
    wide = np.zeros((6, 5))
    with pytest.raises(ValueError, match=r"5 columns|inputs=3"):  # numbers say another order
        mean(own, data=(wide, wide))


TRUSTED = {
    "numbers of a person": lambda m: sorted_(named(m, ["fc1", "fc2", "fc10"])),
    "the order of a state_dict": lambda m: OrderedDict(named(m, ["a", "b", "c"])),
    "a dict that is not sorted": lambda m: named(m, ["z", "b", "a"]),
    "a weight before its bias": lambda m: named(m, ["a", "b", "c"]),
    "numbers and a name of the output": lambda m: sorted_(named(m, ["layer1", "layer2", "head"])),
    "names of both ends": lambda m: sorted_(named(m, ["x.input", "hidden", "x.output"])),
}


@pytest.mark.parametrize("way", TRUSTED)
def test_what_says_an_order_is_believed(way):
    own = member(3, 3, 3, 3)
    np.testing.assert_allclose(mean(TRUSTED[way](own)), forward(own, X, "tanh"), atol=1e-12)


def test_files_in_alphabetical_order_are_asked_about(tmp_path):
    own = member(3, 7, 3)
    tensors = sorted_(named(own, ["encoder", "decoder"]))
    save_file(tensors, tmp_path / "net.safetensors")
    np.savez(tmp_path / "net.npz", **tensors)
    for name in ("net.safetensors", "net.npz"):
        with pytest.raises(ValueError, match=r"decoder → encoder, encoder → decoder"):
            mean(tmp_path / name)
        answer = mean(tmp_path / name, layers=["encoder", "decoder"])
        np.testing.assert_allclose(answer, forward(own, X, "tanh"), atol=1e-12)
    bare = {f"arr_{k}": v for k, v in enumerate(member(*[3] * 7).values())}
    np.savez(tmp_path / "bare.npz", **sorted_(bare))  # arr_10 before arr_2
    np.testing.assert_allclose(
        mean(tmp_path / "bare.npz", orientation="out_in"),
        forward(member(*[3] * 7), X, "tanh"),
        atol=1e-12,
    )
    np.savez(tmp_path / "names.npz", p=np.eye(3), q=np.ones(3), r=np.eye(3))
    with pytest.raises(ValueError, match="expected ones that say which matrix each bias is of"):
        mean(tmp_path / "names.npz", orientation="out_in")


def test_axes_of_square_matrices_called_as_anybody_calls_them_are_asked_for():
    own = {f"W{k}": np.eye(3) for k in range(2)} | {f"b{k}": np.zeros(3) for k in range(2)}
    with pytest.raises(ValueError, match="orientation: expected 'out_in'"):
        mean(own)


def test_norms_that_are_registered_after_all_layers_are_where_they_fit():
    rng = np.random.default_rng(4)
    own = member(3, 5, 5, 2)
    tensors = OrderedDict(named(own, ["fc1", "fc2", "fc3"]))
    for k in (1, 2):
        for what, value in (("weight", 2.0), ("bias", 1.0), ("running_mean", 0.5)):
            tensors[f"bn{k}.{what}"] = np.full(5, value * k)
        tensors[f"bn{k}.running_var"] = rng.uniform(1, 2, 5)
    h = X
    for k in (1, 2):
        h = h @ own[f"{2 * k - 2}.weight"].T + own[f"{2 * k - 2}.bias"]
        h = (h - 0.5 * k) / np.sqrt(tensors[f"bn{k}.running_var"] + 1e-5) * 2 * k + k
        h = np.tanh(h)
    expected = h @ own["4.weight"].T + own["4.bias"]
    np.testing.assert_allclose(mean(tensors, batch_norm="before"), expected, atol=1e-12)


@pytest.mark.parametrize("kind", ["elman", "gru", "lstm"])
def test_recurrent_layers_of_equal_sizes(kind):
    own = recurrent(np.random.default_rng(5), kind, 3, 3, layers=2, outputs=3)
    x = np.random.default_rng(6).normal(size=(5, 4, 3))
    apart = {
        k.replace("rnn.", f"{'zy'[int(k[-1])]}." if k[-2] == "l" else ""): v for k, v in own.items()
    }
    apart = {k.replace("_l1", "_l0"): v for k, v in apart.items()}
    options = {"noise": 1.0}
    for tensors, extra in (
        (OrderedDict(apart), {}),
        (sorted_(apart), {"layers": ["z", "y", "fc"]}),
    ):
        draws = bn.from_state_dicts(tensors, **options, **extra)
        answer = bn.predict(draws, x.reshape(5, -1)).predictions["mean"][0, 0]
        np.testing.assert_allclose(answer, last_output(own, x, kind), atol=1e-12)
    with pytest.raises(ValueError, match=ASKED + r".*y → z → fc, z → y → fc"):
        bn.from_state_dicts(sorted_(apart), **options)
    with pytest.raises(ValueError, match="expected recurrent layers below dense ones"):
        bn.from_state_dicts(apart, **options, layers=["fc", "z", "y"])


def test_a_dense_layer_below_recurrent_ones_is_not_taken_for_one_above():
    own = recurrent(np.random.default_rng(7), "gru", 3, 3, outputs=2)
    tensors = OrderedDict({"embed.weight": np.eye(3), "embed.bias": np.zeros(3), **own})
    with pytest.raises(ValueError, match=r"layers: expected dense layers above .* got 'embed'"):
        bn.from_state_dicts(tensors, activation="tanh", noise=1.0)


@pytest.mark.parametrize("layers", ["ab", [], ["a"], ["a", "a"], [1, 2], ["a", "b", "c"]])
def test_layers_that_are_not_there(layers):
    with pytest.raises(ValueError, match="layers: expected"):
        mean(named(member(3, 3, 3), ["a", "b"]), layers=layers)
