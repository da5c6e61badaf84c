"""Activations of every hidden neuron over data, for every draw."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from bayesneuron.draws.evaluate import evaluate, latent_sites
from bayesneuron.draws.provenance import model_of
from bayesneuron.draws.tree import activation_site
from bayesneuron.network.arrays import as_inputs
from bayesneuron.network.layout import Layout
from bayesneuron.network.model import Model
from bayesneuron.network.trace import sites_of
from bayesneuron.numerics.precision import double


def activations(draws: xr.DataTree, x: Any, *, model: Model | None = None) -> dict[str, np.ndarray]:
    """Activations of every hidden neuron over data, for every draw.

    Parameters
    ----------
    draws : DataTree
        Aligned, so that neuron i is the same neuron in all of them.
    x : array_like, shape (observation, input)
    model : Model, optional
        Needed where the model is not one of the shipped ones.

    Returns
    -------
    dict of str to ndarray, shape (draw, point, neuron)
        By hidden layer. Points are the observations, and in a recurrent network all steps
        of each.

    Raises
    ------
    ValueError
        If the model publishes no site ``{layer}_activation``, or x does not fit.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.align(bn.laplace(model, x, y, samples=20, starts=2))
    >>> bn.activations(draws, x)["hidden"].shape
    (20, 57, 2)
    """
    model = model or model_of(draws)
    inputs = as_inputs(model, x)
    return respond(model, latent_sites(draws, model, inputs), inputs)


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
