"""Partitions of a layer's neurons as users write them, read as one label per neuron."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from bayesneuron.draws._activations import layer_of
from bayesneuron.network.layout import Layout


def by_layer(partition: Any, layout: Layout, layer: str | None) -> dict[str, Any]:
    """The partition of each layer to merge, front to back.

    Raises
    ------
    ValueError
        If a name is none of a hidden layer, or no layer or two different ones are named.

    Examples
    --------
    >>> layout = Layout({"W": ("h", "x"), "V": ("y", "h")}, {"h": "tanh"})
    >>> by_layer([0, 1], layout, None), by_layer({"h": [0, 1]}, layout, None)
    ({'h': [0, 1]}, {'h': [0, 1]})
    """
    if isinstance(partition, str):
        raise ValueError(
            f"partition: expected labels or groups of neurons, got the name {partition!r}; a layer "
            "is named by layer="
        )
    if not isinstance(partition, Mapping):
        return {layer_of(layout, layer): partition}
    unknown = [name for name in partition if name not in layout.hidden]
    if unknown or not partition:
        raise ValueError(
            f"partition: expected a partition for some of the layers {list(layout.hidden)}, got "
            f"{unknown or 'none'}"
        )
    if layer is not None and set(partition) != {layer}:
        raise ValueError(f"layer: expected the partition's {list(partition)}, got {layer!r}")
    return {name: partition[name] for name in layout.hidden if name in partition}


def owners(partition: Any, width: int, layer: str | None = None) -> np.ndarray:
    """Community of each neuron, numbered 0, 1, … in order of first appearance.

    Parameters
    ----------
    partition : array_like of int, shape (neuron,), iterable of groups, or Communities
        A group is an iterable of neurons, by number or by name such as ``hidden[2]``.
    width : int
        Number of neurons.
    layer : str, optional
        Neurons named otherwise are refused.

    Raises
    ------
    ValueError
        If the partition does not assign every neuron, or drops all.

    Examples
    --------
    >>> owners([5, 2, 5, -1], 4).tolist(), owners([[0, 2], [1, 3]], 4).tolist()
    ([0, 1, 0, -1], [0, 1, 0, 1])
    """
    labels = getattr(partition, "labels", partition)
    if isinstance(labels, str):
        raise ValueError(f"partition: expected labels or groups of neurons, got {labels!r}")
    for name in getattr(partition, "names", ()):
        _check_layer(str(name), layer)
    if not hasattr(labels, "__array__") and isinstance(labels, Iterable):
        labels = list(labels)
        if any(isinstance(group, Iterable) and not isinstance(group, str) for group in labels):
            labels = _from_groups(labels, width, layer)
    values = np.asarray(labels)
    if values.shape != (width,) or values.dtype.kind not in "iuf" or not _whole(values):
        shown = "" if values.dtype.kind in "iuf" else f" of {values.dtype}"
        raise ValueError(
            f"partition: expected {width} whole numbers, one per neuron, got shape "
            f"{values.shape}{shown}; bn.reduce finds the partition for a number of neurons"
        )
    values = values.astype(int)
    kept = values[values >= 0]
    if not len(kept):
        raise ValueError("partition: expected at least one community, got every neuron dropped")
    number = {label: i for i, label in enumerate(dict.fromkeys(kept.tolist()))}
    return np.array([number.get(label, -1) for label in values.tolist()])


def _whole(values: np.ndarray) -> bool:
    return bool(np.isfinite(values).all()) and np.array_equal(values, values.astype(int))


def _from_groups(groups: list[Any], width: int, layer: str | None) -> np.ndarray:
    if any(isinstance(group, str) or not isinstance(group, Iterable) for group in groups):
        raise ValueError(f"partition: expected groups of neurons, got {groups}")
    numbered = [[_number(neuron, layer) for neuron in group] for group in groups]
    members = [i for group in numbered for i in group]
    if len(set(members)) != len(members) or not set(members) <= set(range(width)):
        raise ValueError(f"partition: expected groups of neurons 0 to {width - 1}, got {groups}")
    if len(members) != width:
        raise ValueError(
            f"partition: expected every neuron 0 to {width - 1} in some group (labels with -1 drop "
            f"one), got {groups}"
        )
    labels = np.full(width, -1)
    for label, group in enumerate(numbered):
        labels[group] = label
    return labels


def _number(neuron: Any, layer: str | None) -> int:
    """Number of a neuron, from its name ``layer[i]`` where it has one."""
    text = str(neuron)
    _check_layer(text, layer)
    digits = text.rstrip("]").rsplit("[", 1)[-1]
    if not digits.isdecimal():
        raise ValueError(f"partition: expected neurons by number or name, got {neuron!r}")
    return int(digits)


def _check_layer(name: str, layer: str | None) -> None:
    owner = name.rsplit("[", 1)[0]
    if layer is not None and "[" in name and owner != layer:
        raise ValueError(f"partition: expected neurons of {layer!r}, got {name}")
