"""What a graph is made of, in one normal form: each layer with its posterior and activations."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from bayesneuron.alignment import aligned
from bayesneuron.geometry._activations import activations as activations_of
from bayesneuron.geometry.posterior import NeuronPosterior
from bayesneuron.geometry.posterior import neurons as neurons_of
from bayesneuron.geometry.similarity import (
    Similarity,
    activation_similarity,
    direction_similarity,
    posterior_correlation,
    wasserstein_similarity,
)
from bayesneuron.network.model import Model
from bayesneuron.numerics.arrays import as_numbers, check_all_finite
from bayesneuron.structure._relevance import Relevance

Neurons = NeuronPosterior | Mapping[str, NeuronPosterior] | xr.DataTree
Node = dict[str, str | int | float]


@dataclass(frozen=True)
class Layer:
    """One layer of neurons, as the graph reads it.

    Attributes
    ----------
    posterior : NeuronPosterior
    activations : ndarray, shape (draw, point, neuron), or None
    relevance : ndarray, shape (neuron,), or None
    """

    posterior: NeuronPosterior
    activations: np.ndarray | None = None
    relevance: np.ndarray | None = None

    @property
    def name(self) -> str:
        """Of the layer."""
        return self.posterior.layer

    def similarity(self, weight: str) -> Similarity:
        """The correlation between its neurons that is meant by `weight`."""
        if weight == "activation":
            assert self.activations is not None
            return activation_similarity(self.activations)
        if weight == "direction":
            return direction_similarity(self.posterior.select("incoming", "bias"))
        by_weights = {"posterior": posterior_correlation, "wasserstein": wasserstein_similarity}
        return by_weights[weight](self.posterior)

    def nodes(self) -> list[tuple[str, Node]]:
        """Name and attributes of every neuron, as plain Python values."""
        post = self.posterior
        norm, volume = np.linalg.norm(post.mean, axis=1), post.region(0.9).log_volume()
        nodes: list[tuple[str, Node]] = []
        for i in range(len(post.mean)):
            values: Node = {
                "layer": self.name,
                "index": i,
                "norm": float(norm[i]),
                "log_volume": float(volume[i]),
                "ambiguous": float(post.ambiguous[i]),
            }
            if self.relevance is not None:
                values["relevance"] = float(self.relevance[i])
            nodes.append((f"{self.name}[{i}]", values))
        return nodes


def read_layers(
    source: Neurons,
    *,
    x: Any,
    activations: Any,
    relevance: Any,
    needs_activations: bool,
    model: Model | None,
) -> list[Layer]:
    """Draws, one posterior or several, as layers.

    Layers without activations are left out where these are needed.

    Raises
    ------
    ValueError
        If the source is none of these, or what goes with it does not fit.
    """
    if isinstance(source, xr.DataTree):
        draws = aligned(source)
        posteriors = neurons_of(draws, model=model)
        if needs_activations and activations is None:
            activations = activations_of(draws, x, model=model)
    elif isinstance(source, NeuronPosterior):
        posteriors = {source.layer: source}
    else:
        posteriors = dict(source) if isinstance(source, Mapping) else {}
        if not posteriors or not all(isinstance(p, NeuronPosterior) for p in posteriors.values()):
            raise ValueError(
                f"source: expected draws, or neuron posteriors by layer, got {_types(source)}"
            )
    if needs_activations and activations is None:
        raise ValueError("weight='activation': expected draws, or activations as well; got neither")
    widths = {name: len(post.mean) for name, post in posteriors.items()}
    if isinstance(relevance, Relevance):
        relevance = {relevance.layer: np.abs(relevance.share.mean(axis=0))}
    responses = _by_layer("activations", activations, widths) if needs_activations else {}
    importance = _by_layer("relevance", relevance, widths)
    _check_shapes(responses, importance, widths)
    return [
        Layer(post, responses.get(name), importance.get(name))
        for name, post in posteriors.items()
        if name in responses or not needs_activations
    ]


def _by_layer(what: str, values: Any, widths: Mapping[str, int]) -> dict[str, np.ndarray]:
    """Arrays by layer; a plain array is of the only layer."""
    if values is None:
        return {}
    if not isinstance(values, Mapping):
        if len(widths) != 1:
            raise ValueError(f"{what}: expected a mapping by layer {list(widths)}, got one array")
        values = {next(iter(widths)): values}
    arrays = {str(name): as_numbers(what, array).astype(float) for name, array in values.items()}
    for array in arrays.values():
        check_all_finite(what, array)
    if not set(arrays) & set(widths):
        raise ValueError(f"{what}: expected some of the layers {list(widths)}, got {list(arrays)}")
    return arrays


def _check_shapes(
    activations: Mapping[str, np.ndarray],
    relevance: Mapping[str, np.ndarray],
    widths: Mapping[str, int],
) -> None:
    for name, n in widths.items():
        if name in activations:
            shape = activations[name].shape
            if len(shape) != 3 or shape[2] != n:
                raise ValueError(
                    f"activations of {name}: expected shape (draw, point, {n}), got {shape}"
                )
        if name in relevance and relevance[name].shape != (n,):
            raise ValueError(
                f"relevance of {name}: expected {n} values, got shape {relevance[name].shape}"
            )


def _types(source: Any) -> str:
    """What was got, in a few words."""
    if isinstance(source, Mapping):
        return f"{type(source).__name__} of {sorted({type(v).__name__ for v in source.values()})}"
    return type(source).__name__
