"""Recurrent layers as nodes of an ONNX graph: RNN, GRU or LSTM, and the last step of the last."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from bayesneuron.exchange.onnx_in import CELLS

KINDS = {"rnn": "RNN", "elman": "RNN", "gru": "GRU", "lstm": "LSTM"}  # of nodes, by network
_FUNCTIONS = {"tanh": "Tanh", "relu": "Relu", "sigmoid": "Sigmoid"}  # that nodes of layers know


def recurrent_nodes(
    name: str, weights: Mapping[str, np.ndarray], activation: str
) -> tuple[list[Any], dict[str, np.ndarray], str]:
    """Nodes from x, (observation, step, feature), to the state after the last step.

    Parameters
    ----------
    name : str
        Of the network, one of `KINDS`.
    weights : mapping of str to ndarray
        Under PyTorch's names, ``rnn.weight_ih_l0`` and so on.
    activation : str
        Of candidates and, in an LSTM, of cells.

    Returns
    -------
    nodes : list
    tensors : dict of str to ndarray
        What they read beside x.
    last : str
        The name of the state, (observation, unit).

    Raises
    ------
    ValueError
        If the activation function is none that these nodes have.
    """
    from onnx import helper  # pyright: ignore

    if activation not in _FUNCTIONS:
        raise ValueError(
            f"export: expected recurrent layers of {sorted(_FUNCTIONS)} for an .onnx file, got "
            f"{activation!r}: a .safetensors file holds their weights"
        )
    kind, own = KINDS[name], _FUNCTIONS[activation]
    from_onnx, default = CELLS[kind]
    order = np.argsort(from_onnx)  # PyTorch's parts in the order of ONNX
    functions = [own if function == "Tanh" else function for function in default]
    options: dict[str, Any] = {"linear_before_reset": 1} if kind == "GRU" else {}
    options |= {} if own == "Tanh" else {"activations": functions}  # which is the default
    nodes = [helper.make_node("Transpose", ["x"], ["steps"], perm=[1, 0, 2])]
    tensors: dict[str, np.ndarray] = {}
    reads, depth = "steps", sum(site.startswith("rnn.weight_ih") for site in weights)
    for k in range(depth):
        part = {what: weights.get(f"rnn.{what}_l{k}") for what in ("weight_ih", "weight_hh")}
        level = [weights.get(f"rnn.{what}_l{k}") for what in ("bias_ih", "bias_hh")]
        inputs = [reads]
        for what, values in part.items():
            assert values is not None
            tensors[f"rnn.{what}.{k}"] = _ordered(values, order)[None]
            inputs.append(f"rnn.{what}.{k}")
        if level[0] is not None and level[1] is not None:
            tensors[f"rnn.bias.{k}"] = np.concatenate([_ordered(b, order) for b in level])[None]
            inputs.append(f"rnn.bias.{k}")
        units = tensors[f"rnn.weight_hh.{k}"].shape[2]
        outputs = [f"states.{k}", f"state.{k}"]
        nodes.append(helper.make_node(kind, inputs, outputs, hidden_size=units, **options))
        reads = f"read.{k}"
        axis, source = (1, outputs[0]) if k < depth - 1 else (0, outputs[1])
        tensors[f"axis.{k}"] = np.array([axis])
        nodes.append(helper.make_node("Squeeze", [source, f"axis.{k}"], [reads]))
    return nodes, tensors, reads


def _ordered(values: Any, order: np.ndarray) -> np.ndarray:
    """Blocks of rows in the order of ONNX."""
    parts = np.split(values, len(order))
    return np.concatenate([parts[i] for i in order])
