"""Activations of networks over data, as arrays: the core of `bayesneuron.activations`."""

from collections.abc import Mapping

import numpy as np

from bayesneuron.draws.evaluate import evaluate
from bayesneuron.draws.tree import activation_site
from bayesneuron.network.layout import Layout
from bayesneuron.network.model import Model
from bayesneuron.network.tracing import sites_of
from bayesneuron.numerics.precision import double


@double
def respond(model: Model, sites: Mapping[str, np.ndarray], x: np.ndarray) -> dict[str, np.ndarray]:
    """Activations by hidden layer, (draw, point, neuron), for weights as arrays."""
    _check_published(model, x.shape[1])
    names = {layer: activation_site(layer) for layer in model.layout.hidden}
    values = evaluate(model, sites, x, keep=tuple(names.values()))
    by_layer = {layer: values[name] for layer, name in names.items()}
    return {layer: v.reshape(len(v), -1, v.shape[-1]) for layer, v in by_layer.items()}


def spread(count: int, most: int) -> np.ndarray:
    """At most `most` of `count` draws, evenly spaced: enough where all would cost too much."""
    return np.linspace(0, count - 1, min(count, most)).round().astype(int)


def layer_of(layout: Layout, layer: str | None) -> str:
    """The layer meant: the only hidden one by default.

    Raises
    ------
    ValueError
        If it is unknown, or several could be meant.
    """
    if layer is None and len(layout.hidden) == 1:
        return layout.hidden[0]
    if layer not in layout.hidden:
        raise ValueError(f"layer: expected one of {list(layout.hidden)}, got {layer!r}")
    return layer


def _check_published(model: Model, inputs: int) -> None:
    sites = sites_of(model, (1, inputs))
    published = sorted(k for k, s in sites.items() if s.kind in ("latent", "deterministic"))
    missing = [s for s in map(activation_site, model.layout.hidden) if s not in published]
    if missing:
        raise ValueError(
            f"{model.name}: expected deterministic sites {missing} with the layer's activations, "
            f"got {published}"
        )
