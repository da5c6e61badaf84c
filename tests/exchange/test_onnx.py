"""ONNX graphs in and out, beside the package's own evaluator of graphs."""

import numpy as np
import pytest
from networks import forward, last_output, recurrent, sequential

import bayesneuron as bn
from bayesneuron.network.activation_functions import ACTIVATIONS

onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402
from onnx.reference import ReferenceEvaluator  # noqa: E402

RNG = np.random.default_rng(0)
X = RNG.normal(size=(6, 3))


def saved(path, nodes, weights, outputs=("y",), axes=("n", 3), external=None):
    kind = TensorProto.DOUBLE
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("x", kind, axes)],
        [helper.make_tensor_value_info(name, kind, None) for name in outputs],
        [numpy_helper.from_array(v, name) for name, v in weights.items()],
    )  # fmt: skip
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    if external is not None:
        onnx.save(
            made, path, save_as_external_data=True, location=external, size_threshold=0,
            convert_attribute=False,
        )  # fmt: skip
    else:
        path.write_bytes(made.SerializeToString())
    return path


def run(path, x):
    return ReferenceEvaluator(str(path)).run(None, {"x": x})[0]


def mean(draws, x=X):
    return np.asarray(bn.predict(draws, x).predictions["mean"])[0, 0]


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_a_dense_network_goes_out_and_comes_back(tmp_path, activation):
    member = sequential(RNG, (3, 4, 2))
    draws = bn.from_state_dicts(member, activation=activation, noise=0.1)
    path = bn.export(draws, tmp_path / "net.onnx")
    np.testing.assert_allclose(run(path, X), forward(member, X, activation), atol=1e-6)
    again = bn.from_state_dicts(path, noise=0.1)
    assert again.posterior.equals(draws.posterior)
    assert again.attrs["options"] == draws.attrs["options"]


@pytest.mark.parametrize("output", ["softmax", "exp", "sigmoid", "tanh"])
def test_outputs_go_out_and_come_back(tmp_path, output):
    noise = 0.1 if output == "tanh" else None
    member = sequential(RNG, (3, 4, 2))
    draws = bn.from_state_dicts(member, activation="tanh", output=output, noise=noise)
    path = bn.export(draws, tmp_path / "net.onnx")
    np.testing.assert_allclose(run(path, X), forward(member, X, "tanh", output), rtol=1e-9)
    assert bn.from_state_dicts(path, noise=noise).attrs["options"] == draws.attrs["options"]


def test_matmul_add_and_batch_normalisation(tmp_path):
    w, v, b = RNG.normal(size=(3, 4)), RNG.normal(size=(4, 2)), RNG.normal(size=4)
    norm = {k: RNG.uniform(0.5, 2, size=4) for k in ("s", "t", "m", "q")}
    nodes = [
        helper.make_node("Flatten", ["x"], ["f"]),
        helper.make_node("MatMul", ["f", "w"], ["a"]),
        helper.make_node("Add", ["b", "a"], ["c"]),
        helper.make_node("BatchNormalization", ["c", *norm], ["d"], epsilon=1e-3),
        helper.make_node("Relu", ["d"], ["e"]),
        helper.make_node("MatMul", ["e", "v"], ["y"]),
    ]
    path = saved(tmp_path / "net.onnx", nodes, {"w": w, "v": v, "b": b, **norm})
    draws = bn.from_state_dicts([path, path], noise=0.1)
    np.testing.assert_allclose(mean(draws), run(path, X), atol=1e-7)


ORDERS = {"elman": ("RNN", [0]), "gru": ("GRU", [1, 0, 2]), "lstm": ("LSTM", [0, 3, 1, 2])}


def recurrent_graph(path, member, kind, step=-1, **options):
    """Batch second, the gates in the order of ONNX, the last step read."""
    op, order = ORDERS[kind]
    turn = lambda a: np.concatenate([np.split(a, len(order))[i] for i in order])[None]
    w, u, b, a = (
        turn(member[f"rnn.{n}_l0"]) for n in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    weights = {"W": w, "R": u, "B": np.concatenate([b, a], axis=1), "step": np.array(step),
               "axis": np.array([0]), "V": member["fc.weight"], "c": member["fc.bias"]}  # fmt: skip
    nodes = [
        helper.make_node("Transpose", ["x"], ["s"], perm=[1, 0, 2]),
        helper.make_node(op, ["s", "W", "R", "B"], ["Y"], hidden_size=4, **options),
        helper.make_node("Gather", ["Y", "step"], ["last"], axis=0),
        helper.make_node("Squeeze", ["last", "axis"], ["h"]),
        helper.make_node("Gemm", ["h", "V", "c"], ["y"], transB=1),
    ]
    return saved(path, nodes, weights, axes=("n", 5, 3))


@pytest.mark.parametrize("kind", ORDERS)
def test_recurrent_graphs(tmp_path, kind):
    member, x = recurrent(RNG, kind, 3, 4), RNG.normal(size=(6, 5, 3))
    options = {"linear_before_reset": 1} if kind == "gru" else {}
    path = recurrent_graph(tmp_path / "net.onnx", member, kind, **options)
    draws = bn.from_state_dicts(path, noise=0.1)
    assert draws.attrs["model"] == kind
    expected = last_output(member, x, kind)
    np.testing.assert_allclose(mean(draws, x.reshape(6, -1)), expected, atol=1e-12)
    np.testing.assert_allclose(run(path, x), expected, atol=1e-6)
    single = {name: values.astype(np.float32) for name, values in member.items()}
    draws = bn.from_state_dicts(single, activation="tanh", noise=0.1)
    out = bn.export(draws, tmp_path / "out.onnx")
    np.testing.assert_allclose(run(out, x.astype(np.float32)), expected, atol=1e-5)
    again = bn.from_state_dicts(out, noise=0.1)
    assert again.attrs["options"] == draws.attrs["options"]
    own, back = draws.posterior.to_dataset(), again.posterior.to_dataset()
    unsummed = [name for name in own if "bias" not in str(name)]
    assert back[unsummed].equals(own[unsummed])


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("rnn", {"hidden": 3}),
        ("elman", {"hidden": (4, 3)}),
        ("gru", {"hidden": (3, 2), "likelihood": "categorical", "outputs": 3, "targets": 1}),
        ("lstm", {"hidden": (2, 4), "channels": 2, "outputs": 2}),
    ],
)
def test_shipped_recurrent_networks_go_out(tmp_path, kind, options):
    model, x = bn.load(kind, **options), RNG.normal(size=(5, 8))
    channels = options.get("channels", 1)
    draws = bn.prior(model, x, samples=3, seed=1)
    for draw in (0, 2):
        path = bn.export(draws, tmp_path / f"{draw}.onnx", draw=draw)
        expected = np.asarray(bn.predict(draws, x).predictions["mean"])[0, draw]
        got = run(path, x.reshape(5, -1, channels).astype(np.float32))
        np.testing.assert_allclose(got, expected.reshape(got.shape), atol=1e-5)


def test_networks_that_no_graph_holds_are_refused(tmp_path):
    x = RNG.normal(size=(4, 6))
    for options, match in (
        ({"skip": True}, "without a direct path"),
        ({"activation": "sin"}, "recurrent layers of"),
    ):
        draws = bn.prior(bn.load("lstm", hidden=2, **options), x, samples=2)
        with pytest.raises(ValueError, match=match):
            bn.export(draws, tmp_path / "out.onnx")
    relu = bn.prior(bn.load("elman", hidden=2, activation="relu"), x, samples=2)
    path = bn.export(relu, tmp_path / "relu.onnx")
    again = bn.from_state_dicts(path, noise=0.1)
    np.testing.assert_allclose(
        mean(again, x), np.asarray(bn.predict(relu, x).predictions["mean"])[0, 0], rtol=1e-5
    )


def test_another_function_is_refused(tmp_path):
    path, member = tmp_path / "net.onnx", recurrent(RNG, "gru", 3, 4)
    with pytest.raises(ValueError, match="linear_before_reset=1"):
        bn.from_state_dicts(recurrent_graph(path, member, "gru"), noise=0.1)
    with pytest.raises(ValueError, match="expected the last step"):
        bn.from_state_dicts(
            recurrent_graph(path, member, "gru", step=0, linear_before_reset=1), noise=0.1
        )
    w = {"w": np.eye(3)}
    product = helper.make_node("MatMul", ["x", "w"], ["a"])
    for nodes, match in (
        ([product, helper.make_node("Add", ["a", "x"], ["y"])], "expected weights in the file"),
        ([product, helper.make_node("Elu", ["a"], ["y"])], "expected nodes .*, got Elu"),
        ([product, helper.make_node("Gelu", ["a"], ["y"])], "gelu by tanh"),
        ([helper.make_node("Conv", ["x", "w"], ["y"])], "expected nodes .*, got Conv"),
        ([product, helper.make_node("Transpose", ["a"], ["y"])], "got Transpose"),
    ):
        with pytest.raises(ValueError, match=match):
            bn.from_state_dicts(saved(path, nodes, w), noise=0.1)


def test_weights_outside_of_the_folder_are_not_followed(tmp_path):
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"])]
    weights = {"w": RNG.normal(size=(3, 2))}
    path = saved(tmp_path / "net.onnx", nodes, weights, external="net.bin")
    draws = bn.from_state_dicts(path, noise=0.1)
    np.testing.assert_array_equal(mean(draws), X @ weights["w"])
    inner = tmp_path / "inner"
    inner.mkdir()
    made = onnx.load(path, load_external_data=False)
    for location in ("../net.bin", str(tmp_path / "net.bin"), "link.bin"):
        entry = next(e for e in made.graph.initializer[0].external_data if e.key == "location")
        entry.value = location
        (inner / "net.onnx").write_bytes(made.SerializeToString())
        if location == "link.bin":
            (inner / location).symlink_to(tmp_path / "net.bin")
        with pytest.raises(ValueError, match="expected weights in the folder of the file"):
            bn.from_state_dicts(inner / "net.onnx", noise=0.1)


def test_a_damaged_file_is_one_line(tmp_path):
    draws = bn.from_state_dicts(sequential(RNG, (3, 40, 2)), activation="relu", noise=0.1)
    path = bn.export(draws, tmp_path / "net.onnx")
    content = path.read_bytes()
    for size in (0, 5, len(content) // 2, len(content) - 3):
        path.write_bytes(content[:size])
        with pytest.raises(ValueError, match=r"net\.onnx") as caught:
            bn.from_state_dicts(path, noise=0.1)
        assert len(str(caught.value).splitlines()) == 1
