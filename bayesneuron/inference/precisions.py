"""Precision matrices of weights in three forms, each with its inverse, a root and a determinant.

Vectors have the weights along the last axis.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from bayesneuron.inference.curvature import inverse_root
from bayesneuron.inference.curvature_forms import Form, LayerFactors
from bayesneuron.inference.dense_layers import grid
from bayesneuron.network.density import Density


@dataclass(frozen=True, eq=False)
class Dense:
    """A matrix by a root L of its inverse, L Lᵀ = G⁻¹."""

    root: np.ndarray
    log_det: float

    def solve(self, vectors: np.ndarray) -> np.ndarray:
        """G⁻¹ v."""
        return vectors @ self.root @ self.root.T

    def spread(self, normal: np.ndarray) -> np.ndarray:
        """L z, whose covariance is G⁻¹ for standard normal z."""
        return normal @ self.root.T


@dataclass(frozen=True, eq=False)
class Diagonal:
    """A diagonal matrix."""

    values: np.ndarray

    @property
    def log_det(self) -> float:
        """Log determinant of G."""
        return float(np.log(self.values).sum())

    def solve(self, vectors: np.ndarray) -> np.ndarray:
        """G⁻¹ v."""
        return vectors / self.values

    def spread(self, normal: np.ndarray) -> np.ndarray:
        """L z, whose covariance is G⁻¹ for standard normal z."""
        return normal / np.sqrt(self.values)


@dataclass(frozen=True, eq=False)
class LayerPrecision:
    """A ⊗ B + I in units of the prior's standard deviation, by eigenvectors.

    places : of the weights, (neuron, weight)
    left, right : eigenvectors of B, of A
    values : eigenvalues, (neuron, weight)
    sd : prior standard deviations, (neuron, weight)
    """

    places: np.ndarray
    left: np.ndarray
    right: np.ndarray
    values: np.ndarray
    sd: np.ndarray

    def turned(self, blocks: np.ndarray, power: float) -> np.ndarray:
        """Into the eigenvectors, times eigenvalues to a power, and back."""
        own = self.left.T @ blocks @ self.right
        return self.left @ (own * self.values**power) @ self.right.T


@dataclass(frozen=True, eq=False)
class Kronecker:
    """A Kronecker product and the prior for each layer."""

    layers: tuple[LayerPrecision, ...]

    @property
    def log_det(self) -> float:
        """Log determinant of G."""
        return float(sum((np.log(p.values) - 2 * np.log(p.sd)).sum() for p in self.layers))

    def solve(self, vectors: np.ndarray) -> np.ndarray:
        """G⁻¹ v."""
        out = np.empty_like(vectors)
        for part in self.layers:
            out[..., part.places] = part.sd * part.turned(part.sd * vectors[..., part.places], -1.0)
        return out

    def spread(self, normal: np.ndarray) -> np.ndarray:
        """L z, whose covariance is G⁻¹ for standard normal z."""
        out = np.empty_like(normal)
        for part in self.layers:
            out[..., part.places] = part.sd * part.turned(normal[..., part.places], -0.5)
        return out


Precision = Dense | Diagonal | Kronecker


def precision_of(dens: Density, form: Form, parts: Any, w: np.ndarray) -> Precision:
    """The precision matrix over the weights `w` from `bayesneuron.inference.curvature_forms`."""
    if form.name == "dense":
        return Dense(*inverse_root(np.asarray(parts))[:2])
    if form.name == "diagonal":
        return Diagonal(np.asarray(parts))
    layers = []
    for layer, part in zip(form.layers, parts, strict=True):
        layers.append(_layer(np.searchsorted(w, grid(dens, layer)), part))
    return Kronecker(tuple(layers))


def _layer(places: np.ndarray, part: LayerFactors) -> LayerPrecision:
    a, right = np.linalg.eigh(np.asarray(part.a))
    b, left = np.linalg.eigh(np.asarray(part.b))
    values = 1 + np.outer(np.maximum(b, 0.0), np.maximum(a, 0.0))
    return LayerPrecision(places, left, right, values, 1 / np.sqrt(np.asarray(part.prior)))
