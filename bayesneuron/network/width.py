"""The same network with another number of neurons in a layer."""

import math
from collections.abc import Mapping
from types import MappingProxyType

import jax
import numpy as np

from bayesneuron.network.model import Model, with_options
from bayesneuron.network.tracing import sites_of

NUMBERS = 2**25  # of one layer, of which a program holds several times as many


def with_width(model: Model, layer: str, size: int) -> Model:
    """`model` with `size` neurons in `layer`, everything else as it is.

    Parameters
    ----------
    model : Model
        Its layout declares the option that sets the width, ``Layout(..., widths=...)``.
    layer : str
    size : int

    Raises
    ------
    ValueError
        If the layout declares no option for the layer, or the option has no such item.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> model = bn.load("mlp", inputs=4, hidden=(8, 8), outputs=8)
    >>> with_width(model, "hidden2", 3).options["hidden"]
    (8, 3)
    """
    declared = model.layout.widths
    if layer not in declared:
        raise ValueError(
            f"{model.name}: expected a layout that declares the option which sets the width of "
            f"{layer!r}, such as widths={{{layer!r}: 'width'}}, got {dict(declared)}"
        )
    option, size = declared[layer], int(size)
    if isinstance(option, str):
        return with_options(model, **{option: size})
    name, item = option
    sizes = model.options.get(name)
    if not isinstance(sizes, list | tuple) or not 0 <= item < len(sizes):
        raise ValueError(
            f"{model.name}: expected an option {name!r} with an item {item} for the width of "
            f"{layer!r}, got {sizes!r}"
        )
    return with_options(model, **{name: type(sizes)([*sizes[:item], size, *sizes[item + 1 :]])})


def at_once(model: Model, x: np.ndarray | jax.Array, most: int) -> int:
    """How many networks, or tangents of one, to run over all data together: `most`, or fewer.

    Each holds its widest hidden layer, or what the model publishes where that is more, over all
    rows. The answer depends on model and data alone, so that every machine gives the same.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> model = bn.load("two_layer", inputs=3, hidden=64, outputs=1)
    >>> at_once(model, np.zeros((57, 3)), 32), at_once(model, np.zeros((100_000, 3)), 32)
    (32, 5)
    """
    of_row = _widest(model, (1, *x.shape[1:]))
    if most * len(x) * of_row <= NUMBERS:  # no need to trace the model on all rows
        return most
    return max(1, min(most, NUMBERS // _widest(model, tuple(x.shape))))


def _widest(model: Model, shape: tuple[int, ...]) -> int:
    """Numbers of the widest hidden layer or published site, over all rows of data of a shape."""
    sites = sites_of(model, shape)
    published = [math.prod(site.shape) for site in sites.values() if site.kind == "deterministic"]
    hidden = [
        shape[0] * size
        for name, axes in model.layout.sites.items()
        for layer, size in zip(axes, sites[name].shape, strict=True)
        if layer in model.layout.hidden
    ]
    return max([*published, *hidden, 1])


def widths_of(model: Model, inputs: int) -> Mapping[str, int]:
    """Number of units along every layer that the layout names.

    Parameters
    ----------
    model : Model
    inputs : int
        Width of the data, with which the model is traced.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> dict(widths_of(bn.load("rnn", hidden=3), 10))
    {'hidden': 3, 'input': 1, 'output': 1}
    """
    sites = sites_of(model, (2, inputs))
    return MappingProxyType(
        {
            layer: size
            for site, layers in model.layout.sites.items()
            for layer, size in zip(layers, sites[site].shape, strict=True)
        }
    )
