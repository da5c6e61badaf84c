"""Layers of a Keras model as tensors under the names that Keras gives them.

Keras is not imported: a layer says by its class what it is, and hands out its arrays.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from bayesneuron.exchange.tensors import SAME, Tensors, tensors_from

_PLAIN = ("Dense", "LSTM", "GRU", "SimpleRNN")
_RECURRENT = _PLAIN[1:]
_FUNCTIONS = (
    "linear", "relu", "tanh", "sigmoid", "silu", "swish", "softplus", "softmax", "exponential",
)  # fmt: skip
_NORM = "BatchNormalization"
_COUNTED = {
    "Dense": "dense", "LSTM": "lstm", "GRU": "gru", "SimpleRNN": "simple_rnn",
    _NORM: "batch_normalization",
}  # fmt: skip
_WITHOUT_WEIGHTS = ("InputLayer", "Dropout", "Activation", "ReLU", "Softmax", "Flatten")


def keras_tensors(model: Any, where: str) -> Tensors:
    """The weights of a Keras model whose layers follow one another, with its activations.

    Raises
    ------
    ValueError
        If a layer is of no known class, or gates are not logistic.
    """
    values: dict[str, Any] = {}
    own: dict[str, str] = {}  # names in Keras
    names = _names(model.layers)
    activations: list[str] = []
    eps = None
    sides: set[str] = set()  # of the activation that normalisations are on
    pending = False  # whether one is followed by no activation so far
    for layer in model.layers:
        kind, arrays = type(layer).__name__, layer.get_weights()
        if kind not in (*_PLAIN, _NORM, *_WITHOUT_WEIGHTS):
            raise ValueError(
                f"{where}, {layer.name}: expected layers {[*_PLAIN, _NORM, *_WITHOUT_WEIGHTS]}, "
                f"got {kind}"
            )
        if kind in ("Activation", "ReLU", "Softmax"):
            if getattr(layer, "max_value", None) is not None or getattr(layer, "negative_slope", 0):
                raise ValueError(f"{where}, {layer.name}: expected a plain ReLU, got another")
            activations[-1] = kind.lower() if kind != "Activation" else _name(layer.activation)
            if pending:
                sides, pending = {*sides, "before"}, False
        elif kind in _PLAIN:
            _check_recurrent(layer, kind, where)
            activations.append(_name(layer.activation))
            sides, pending = {*sides, *({"after"} if pending else ())}, False
        if kind == _NORM:
            eps, pending = float(layer.epsilon), bool(activations)
        for role, array in zip(_roles(layer, kind), arrays, strict=False):
            values[f"{names[layer.name]}.{role}"] = array
            own[f"{names[layer.name]}.{role}"] = f"{layer.name}.{role}"
    if not activations:
        raise ValueError(f"{where}: expected layers with weights, got none")
    tensors = tensors_from(
        values, where, activations=tuple(activations[:-1]), output=activations[-1], eps=eps,
        batch_norm=sides.pop() if len(sides) == 1 else None,
    )  # fmt: skip
    return replace(tensors, original={k: own[name] for k, name in tensors.original.items()})


def _names(layers: Iterable[Any]) -> dict[str, str]:
    """Names by those in Keras, which numbers layers of all models that it has made.

    A second network's first layer is called ``dense_2``: here it is called as the first one's.
    """
    seen: Counter[str] = Counter()
    names: dict[str, str] = {}
    for layer in layers:
        counted = _COUNTED.get(type(layer).__name__)
        if counted and re.fullmatch(rf"{counted}(_\d+)?", layer.name):
            names[layer.name] = f"{counted}_{seen[counted]}"
            seen[counted] += 1
        else:
            names[layer.name] = layer.name
    return names


def _roles(layer: Any, kind: str) -> list[str]:
    if kind == _NORM:
        own = [("gamma", layer.scale), ("beta", layer.center)]
        return [*(role for role, there in own if there), "moving_mean", "moving_variance"]
    return ["kernel", "bias"] if kind == "Dense" else ["kernel", "recurrent_kernel", "bias"]


def _check_recurrent(layer: Any, kind: str, where: str) -> None:
    if kind in ("LSTM", "GRU") and _name(layer.recurrent_activation) != "sigmoid":
        raise ValueError(
            f"{where}, {layer.name}: expected logistic gates (recurrent_activation='sigmoid'), got "
            f"{_name(layer.recurrent_activation)!r}"
        )
    if kind in _RECURRENT and getattr(layer, "go_backwards", False):
        raise ValueError(
            f"{where}, {layer.name}: expected a layer that reads forward, got backward"
        )


def _name(activation: Any) -> str:
    """The same function here; Keras' gelu and leaky_relu are others by default."""
    name = getattr(activation, "__name__", str(activation))
    if name not in _FUNCTIONS:
        raise ValueError(f"activation: expected one of {list(_FUNCTIONS)} in Keras, got {name!r}")
    return SAME.get(name, name)
