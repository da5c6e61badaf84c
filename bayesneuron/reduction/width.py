"""The same network with fewer neurons in a layer."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import jax
import jax.numpy as jnp
from numpyro import handlers

from bayesneuron.network.model import Model, with_options


@lru_cache(maxsize=512)
def with_width(model: Model, layer: str, size: int, *, inputs: int) -> Model:
    """`model` with `size` neurons in `layer`, everything else as it is.

    The option that sets the width is found by trying: of all options that hold the present
    width, alone or in a sequence, exactly one changes this layer and no other.

    Parameters
    ----------
    inputs : int
        Width of the data, with which the model is traced.

    Raises
    ------
    ValueError
        If no option sets the width of this layer alone.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> model = bn.load("mlp", inputs=4, hidden=(8, 8), outputs=8)
    >>> with_width(model, "hidden2", 3, inputs=4).options["hidden"]
    (8, 3)
    """
    now = widths(model, inputs)
    wanted = {**now, layer: size}
    if size == now[layer]:
        return model
    for name, value in _candidates(model.options, now[layer], size):
        try:
            narrow = with_options(model, **{name: value})
            found = widths(narrow, inputs)
        except (TypeError, ValueError):  # an option that must fit another, such as inputs
            continue
        if found == wanted:
            return narrow
    raise ValueError(
        f"{model.name}: expected an option that sets the {now[layer]} neurons of {layer!r} "
        f"alone, got {dict(model.options)}"
    )


@lru_cache(maxsize=512)
def widths(model: Model, inputs: int) -> Mapping[str, int]:
    """Number of units along every layer that the layout names."""

    def trace(key: jax.Array) -> dict[str, jax.Array]:
        seeded = handlers.seed(model.function, key)
        sites = handlers.trace(seeded).get_trace(jnp.zeros((2, inputs)), None)
        return {k: sites[k]["value"] for k in model.layout.sites}

    shapes = jax.eval_shape(trace, jax.random.key(0))
    found = {
        name: size
        for site, dims in model.layout.sites.items()
        for name, size in zip(dims, shapes[site].shape, strict=True)
    }
    return MappingProxyType(found)


def _candidates(options: Mapping[str, Any], old: int, new: int) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in options.items():
        if isinstance(value, int) and not isinstance(value, bool) and value == old:
            found.append((name, new))
        elif isinstance(value, (list, tuple)):
            for i, one in enumerate(value):
                if one == old:
                    found.append((name, type(value)([*value[:i], new, *value[i + 1 :]])))
    return found
