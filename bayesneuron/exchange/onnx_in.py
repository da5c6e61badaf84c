"""An ONNX graph read as a chain of layers, under PyTorch's names and in its order of gates.

A graph says everything: axes of matrices, activation functions, where normalisations are. Layers
are numbered as PyTorch numbers a `Sequential`, activation functions among them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bayesneuron.exchange.onnx_file import attributes_of, graph_of, initializers_of, text_of
from bayesneuron.exchange.tensors import Tensors, tensors_from

_FUNCTIONS = {
    "Relu": "relu", "Tanh": "tanh", "Sigmoid": "sigmoid", "Erf": "erf", "Sin": "sin",
    "Softplus": "softplus", "LeakyRelu": "leaky_relu", "Gelu": "gelu", "Softmax": "softmax",
    "Exp": "exp", "Swish": "silu",
}  # fmt: skip
_SHAPES = ("Identity", "Dropout", "Flatten", "Squeeze", "Unsqueeze")  # that keep what is in a row
_STEPS = ("Transpose", "Gather")  # around recurrent layers: of axes, and of the last step
_BESIDE = (
    "Cast", "Concat", "Constant", "ConstantOfShape", "Expand", "Reshape", "Shape", "Slice", "Mul",
    *_SHAPES, *_STEPS,
)  # fmt: skip
# The kind, its parts in the order of PyTorch by their number in ONNX, its default activations.
CELLS = {
    "RNN": ((0,), ("Tanh",)),
    "GRU": ((1, 0, 2), ("Sigmoid", "Tanh")),
    "LSTM": ((0, 2, 3, 1), ("Sigmoid", "Tanh", "Tanh")),
}


@dataclass
class _Chain:
    """What has been read so far."""

    values: dict[str, np.ndarray]
    current: set[str]
    recurrent: bool
    number: int = 0
    cells: int = 0
    weights: dict[str, np.ndarray] = field(default_factory=dict)
    activations: list[str] = field(default_factory=list)  # of each layer
    eps: set[float] = field(default_factory=set)
    state: str = ""  # the last state of the last recurrent layer
    last: str = ""  # kind of the last node with a function
    before: set[str] = field(default_factory=set)  # what the last activation function read


def onnx_tensors(path: Path, where: str) -> Tensors:
    """The tensors of an ``.onnx`` file, with its activation functions.

    Raises
    ------
    ValueError
        If the extra ``onnx`` is not installed, the file is damaged, points out of its folder, or
        its graph is no chain of dense and recurrent layers.
    """
    graph = graph_of(path)
    values = initializers_of(graph, path)
    inputs = [i.name for i in graph.input if i.name not in values]
    if not inputs or not graph.output:
        raise ValueError(f"{path}: expected a graph with an input and an output, got none")
    kinds = [node.op_type for node in graph.node]
    chain = _Chain(values, {inputs[0]}, any(kind in CELLS for kind in kinds))
    for node in graph.node:
        _read(chain, node, path)
    if graph.output[0].name not in chain.current:
        raise ValueError(f"{path}: expected layers that lead to {graph.output[0].name!r}, got none")
    if len(chain.eps) > 1:
        raise ValueError(f"{path}: expected one epsilon in all norms, got {sorted(chain.eps)}")
    dense = chain.last != "cell"
    acts = chain.activations
    return tensors_from(
        chain.weights, f"{where} ({path.name})",
        activations=tuple(acts[:-1] if dense else acts), output=acts[-1] if dense else None,
        eps=min(chain.eps, default=None),
    )  # fmt: skip


def _read(chain: _Chain, node: Any, path: Path) -> None:
    attributes = attributes_of(node)
    kind, on_path = node.op_type, chain.current & set(node.input)
    if (
        kind == "Mul"
        and chain.last == "Sigmoid"
        and set(node.input) <= chain.current | chain.before
    ):
        chain.activations[-1], chain.current = "silu", set(node.output)  # x times its logistic
    elif not on_path or kind == "Shape":
        _beside(chain, node, attributes, path)
    elif kind in CELLS:
        _cell(chain, node, attributes, path)
    elif kind in ("Gemm", "MatMul"):
        _matrix(chain, node, attributes, path)
    elif kind == "Add":
        _bias(chain, node, path)
    elif kind == "BatchNormalization":
        _norm(chain, node, attributes, path)
    elif kind in _FUNCTIONS:
        _function(chain, node, attributes, path)
    elif kind in _SHAPES or kind == "Cast" or (kind in _STEPS and chain.recurrent):
        _check_step(chain, node, attributes, path)
        chain.current = chain.current | set(node.output[:1])
    else:
        known = ["Gemm", "MatMul", "Add", "BatchNormalization", *CELLS, *_FUNCTIONS, *_SHAPES]
        raise ValueError(f"{path}, {node.name or kind}: expected nodes {known}, got {kind}")


def _check_step(chain: _Chain, node: Any, attributes: Mapping[str, Any], path: Path) -> None:
    """What is read of a recurrent layer is its last step, and units stay units."""
    perm = list(attributes.get("perm", [0]))
    wrong = node.op_type == "Transpose" and perm[-1] != len(perm) - 1
    if node.op_type == "Gather":
        index = np.asarray(chain.values.get(node.input[1], np.nan)).reshape(-1).tolist()
        last = index == [-1] or (index == [0] and node.input[0] == chain.state)
        wrong = chain.last != "cell" or not last
    if wrong:
        raise ValueError(
            f"{path}, {node.name or node.op_type}: expected the last step of the recurrent layers, "
            f"got {node.op_type} of another"
        )


def _beside(chain: _Chain, node: Any, attributes: Mapping[str, Any], path: Path) -> None:
    """Constants, and what makes the first state of a recurrent layer."""
    if node.op_type not in _BESIDE:
        raise ValueError(
            f"{path}, {node.name or node.op_type}: expected one chain of layers, got a branch"
        )
    if node.op_type == "Constant" and isinstance(attributes.get("value"), np.ndarray):
        chain.values[node.output[0]] = attributes["value"]
    elif node.op_type == "Transpose" and node.input[0] in chain.values:
        own = chain.values[node.input[0]]
        chain.values[node.output[0]] = np.transpose(own, attributes.get("perm"))
    elif node.op_type == "Identity" and node.input[0] in chain.values:
        chain.values[node.output[0]] = chain.values[node.input[0]]


def _cell(chain: _Chain, node: Any, attributes: Mapping[str, Any], path: Path) -> None:
    order, default = CELLS[node.op_type]
    functions = [text_of(a) for a in attributes.get("activations", default)]
    gates = functions[:-1] if node.op_type == "GRU" else functions[:1]
    own = functions[-1:] if node.op_type != "LSTM" else functions[1:]
    if text_of(attributes.get("direction", "forward")) != "forward" or attributes.get("clip"):
        raise ValueError(f"{path}, {node.name}: expected a forward {node.op_type} without clip")
    if node.op_type == "GRU" and not attributes.get("linear_before_reset", 0):
        raise ValueError(
            f"{path}, {node.name}: expected a GRU with linear_before_reset=1, as PyTorch's, got "
            "one that resets before the matrix product, which is another function"
        )
    logistic = node.op_type == "RNN" or set(gates) == {"Sigmoid"}
    if (
        not logistic
        or len(set(own)) > 1
        or own[0] not in _FUNCTIONS
        or chain.last not in ("", "cell")
    ):
        raise ValueError(
            f"{path}, {node.name}: expected recurrent layers first, with logistic gates and one "
            f"other activation function, got {functions} after {chain.last or 'the input'}"
        )
    _check_first_state(chain, node, path)
    w, r, *bias = (_known(chain, name, path) for name in node.input[1:4] if name)
    layer = {"weight_ih": _blocks(w[0], order), "weight_hh": _blocks(r[0], order)}
    if bias:
        read, inner = np.split(bias[0][0], 2)
        layer |= {"bias_ih": _blocks(read, order), "bias_hh": _blocks(inner, order)}
    chain.weights |= {f"rnn.{what}_l{chain.cells}": v for what, v in layer.items()}
    chain.cells += 1
    chain.activations.append(_FUNCTIONS[own[0]])
    chain.current, chain.last = {name for name in node.output[:2] if name}, "cell"
    chain.state = node.output[1] if len(node.output) > 1 else ""


def _check_first_state(chain: _Chain, node: Any, path: Path) -> None:
    for name in node.input[5:7]:
        if name in chain.values and np.any(chain.values[name]):
            raise ValueError(f"{path}, {name}: expected a first state of zeros, got others")


def _blocks(array: np.ndarray, order: tuple[int, ...]) -> np.ndarray:
    parts = np.split(array, len(order))
    return np.concatenate([parts[i] for i in order])


def _matrix(chain: _Chain, node: Any, attributes: Mapping[str, Any], path: Path) -> None:
    plain = attributes.get("transA", 0) == 0 and attributes.get("alpha", 1.0) == 1.0
    if not plain or attributes.get("beta", 1.0) != 1.0 or node.input[0] not in chain.current:
        raise ValueError(f"{path}, {node.name}: expected x W + b, got {node.op_type} {attributes}")
    w = _known(chain, node.input[1], path)
    chain.weights[f"{chain.number}.weight"] = w if attributes.get("transB", 0) else w.T
    if len(node.input) > 2 and node.input[2]:
        chain.weights[f"{chain.number}.bias"] = _known(chain, node.input[2], path).reshape(-1)
    chain.activations.append("identity")
    _advance(chain, node)


def _bias(chain: _Chain, node: Any, path: Path) -> None:
    other = next((name for name in node.input if name in chain.values), node.input[-1])
    name = f"{chain.number - 1}.bias"
    if chain.last != "MatMul" or name in chain.weights:
        raise ValueError(f"{path}, {node.name}: expected a bias after a MatMul, got another Add")
    chain.weights[name] = _known(chain, other, path).reshape(-1)
    chain.current, chain.last = set(node.output), "Add"


def _norm(chain: _Chain, node: Any, attributes: Mapping[str, Any], path: Path) -> None:
    roles = ("weight", "bias", "running_mean", "running_var")
    for role, name in zip(roles, node.input[1:5], strict=True):
        chain.weights[f"{chain.number}.{role}"] = _known(chain, name, path)
    chain.eps.add(float(np.float32(attributes.get("epsilon", 1e-5))))
    _advance(chain, node)


def _function(chain: _Chain, node: Any, attributes: Mapping[str, Any], path: Path) -> None:
    kind = node.op_type
    other = (
        (kind == "LeakyRelu" and abs(attributes.get("alpha", 0.01) - 0.01) > 1e-6)
        or (kind == "Gelu" and text_of(attributes.get("approximate", "none")) != "tanh")
        or (kind == "Softmax" and attributes.get("axis", -1) not in (-1, 1))
    )
    free = chain.activations and chain.activations[-1] == "identity" and chain.last != "cell"
    if other or not free:
        raise ValueError(
            f"{path}, {node.name or kind}: expected one activation function after each dense layer "
            f"(leaky_relu of 0.01, gelu by tanh), got {kind} {dict(attributes)} after {chain.last}"
        )
    chain.activations[-1] = _FUNCTIONS[kind]
    chain.before = set(chain.current)
    _advance(chain, node)


def _advance(chain: _Chain, node: Any) -> None:
    chain.number += 1
    chain.current, chain.last = set(node.output[:1]), node.op_type


def _known(chain: _Chain, name: str, path: Path) -> np.ndarray:
    if name not in chain.values:
        raise ValueError(f"{path}, {name}: expected weights in the file, got what is computed")
    return chain.values[name]
