"""A draw as an ONNX graph: a Gemm and an activation function by dense layer, cells before."""

from typing import Any

import numpy as np
import xarray as xr

from bayesneuron.draws.network import network_of
from bayesneuron.exchange._to_state_dict import to_state_dict
from bayesneuron.exchange.onnx_recurrent import KINDS, recurrent_nodes
from bayesneuron.network.arrays import option_of

OPSET = 20  # of Gelu
_NODES = {
    "relu": "Relu", "tanh": "Tanh", "sigmoid": "Sigmoid", "erf": "Erf", "sin": "Sin",
    "softplus": "Softplus", "leaky_relu": "LeakyRelu", "gelu": "Gelu", "softmax": "Softmax",
    "exp": "Exp",
}  # fmt: skip
_OPTIONS = {"leaky_relu": {"alpha": 0.01}, "gelu": {"approximate": "tanh"}, "softmax": {"axis": -1}}
_LINKS = {"categorical": "softmax", "bernoulli": "sigmoid", "poisson": "exp"}


def onnx_bytes(draws: xr.DataTree, *, chain: int = 0, draw: int = 0) -> bytes:
    """The network of a draw, x to its ``mean``, in the precision that its weights came in.

    A recurrent network reads x of shape (observation, step, feature): what it reads at each step,
    which is ``x.reshape(observation, history, channels)`` where that is one sample. It is in single
    precision, the only one that onnxruntime has for recurrent nodes.

    Raises
    ------
    ValueError
        If the extra ``onnx`` is not installed, or the network is none of dense or recurrent layers,
        has a direct path, or puts out scales as well.
    """
    try:
        import onnx  # pyright: ignore
        from onnx import TensorProto, helper, numpy_helper  # pyright: ignore
    except ImportError:
        raise ValueError(
            "export: expected the extra 'onnx' (pip install bayesneuron[onnx])"
        ) from None
    model = network_of(draws)
    likelihood = option_of(model, "likelihood")
    if (
        model.name not in ("mlp", "two_layer", *KINDS)
        or option_of(model, "skip")
        or likelihood == "heteroscedastic"
    ):
        raise ValueError(
            "export: expected a network without a direct path for an .onnx file, got "
            f"{model}: a .safetensors file holds its weights"
        )
    weights = to_state_dict(draws, chain=chain, draw=draw)
    last = _LINKS.get(str(likelihood), option_of(model, "output"))
    dense = sum(name.startswith("layers.") and name.endswith("weight") for name in weights)
    activation = str(option_of(model, "activation"))
    functions = [*[activation] * (dense - 1), str(last)]
    nodes: list[Any] = []
    below, features = "x", ["observation", weights["layers.0.weight"].shape[1]]
    tensors = {name: values for name, values in weights.items() if name.startswith("layers.")}
    if model.name in KINDS:
        nodes, read, below = recurrent_nodes(model.name, weights, activation)
        tensors |= read
        tensors = {
            k: v.astype(np.float32) if v.dtype.kind == "f" else v for k, v in tensors.items()
        }
        features = ["observation", "step", weights["rnn.weight_ih_l0"].shape[1]]
    for i, function in enumerate(functions):
        sums = f"sums.{i}"
        inputs = [below, f"layers.{i}.weight", f"layers.{i}.bias"]
        nodes.append(
            helper.make_node(
                "Gemm", [n for n in inputs if n in (below, *tensors)], [sums], transB=1
            )
        )
        below = _append(nodes, function, sums, f"activation.{i}")
    nodes.append(helper.make_node("Identity", [below], ["mean"]))
    final = tensors[f"layers.{dense - 1}.weight"]
    kind = TensorProto.DOUBLE if final.dtype == np.float64 else TensorProto.FLOAT
    graph = helper.make_graph(
        nodes,
        "bayesneuron",
        [helper.make_tensor_value_info("x", kind, features)],
        [helper.make_tensor_value_info("mean", kind, ["observation", len(final)])],
        [numpy_helper.from_array(values, name) for name, values in tensors.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
    made.ir_version = 9  # the first of this opset: older runtimes read it
    onnx.checker.check_model(made)
    return made.SerializeToString()


def _append(nodes: list[Any], function: str, reads: str, name: str) -> str:
    """Add the nodes of an activation function; the name of what they put out."""
    from onnx import helper  # pyright: ignore

    if function == "identity":
        return reads
    if function == "silu":  # x times its logistic
        nodes.append(helper.make_node("Sigmoid", [reads], [f"{name}.gate"]))
        nodes.append(helper.make_node("Mul", [reads, f"{name}.gate"], [name]))
    else:
        options = _OPTIONS.get(function, {})
        nodes.append(helper.make_node(_NODES[function], [reads], [name], **options))
    return name
