"""A member as it is given, made tensors: mappings, trees, files, scikit-learn's and Keras' models.

No library is imported for it. Objects are recognised by what they have.
"""

from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bayesneuron.exchange.files import read_tensors
from bayesneuron.exchange.keras_layers import keras_tensors
from bayesneuron.exchange.order import OWN, order_of
from bayesneuron.exchange.tensors import SAME, Tensors, flat, tensors_from


def tensors_of(member: Any, where: str) -> Tensors:
    """The tensors of one network.

    Parameters
    ----------
    member : mapping, path, model or tree
    where : str
        What an error calls it.

    Raises
    ------
    ValueError
        If it holds no tensors, or something that is no floating-point number.
    """
    if isinstance(member, str | Path):
        return read_tensors(member, where)
    if hasattr(member, "coefs_") and hasattr(member, "intercepts_"):
        return _of_sklearn(member, where)
    if type(member).__name__ in ("MLPRegressor", "MLPClassifier"):
        raise ValueError(f"{where}: expected a fitted {type(member).__name__}, got one before fit")
    if callable(getattr(member, "get_weights", None)) and hasattr(member, "layers"):
        return keras_tensors(member, where)
    if hasattr(member, "get_params"):
        raise ValueError(
            f"{where}: expected an MLPRegressor or MLPClassifier of scikit-learn, got "
            f"{type(member).__name__}; of a pipeline take the last step, and scale its inputs as "
            "the steps before do"
        )
    if callable(getattr(member, "state_dict", None)):  # a PyTorch module
        member = member.state_dict()
    leaves = flat(member)
    order = OWN if isinstance(member, OrderedDict) else order_of(list(leaves))
    return tensors_from(leaves, where, order=order)


def _of_sklearn(model: Any, where: str) -> Tensors:
    weights = {f"coefs_.{i}": w for i, w in enumerate(model.coefs_)}
    biases = {f"intercepts_.{i}": b for i, b in enumerate(model.intercepts_)}
    own = SAME.get(model.activation, model.activation)
    output = SAME.get(model.out_activation_, model.out_activation_)
    hidden = (own,) * (len(weights) - 1)
    return tensors_from({**weights, **biases}, where, activations=hidden, output=output)


def is_one_member(members: Any) -> bool:
    """Whether this is a network and not a list of networks."""
    return isinstance(members, Mapping | str | Path) or not isinstance(members, list | tuple)
