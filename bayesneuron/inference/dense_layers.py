"""The dense layers of a network, found from its layout and verified on its function.

A dense layer sums s = W a, with a the activations of the layers below and 1 for a bias. Its
derivatives are then outer products: that of an output in W is g aᵀ, g its derivative in s. This is
what a Kronecker factor rests on. Weights that are used several times, as in a recurrent network,
are none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from bayesneuron.draws.information import in_noise_units
from bayesneuron.draws.tree import activation_site
from bayesneuron.inference.evidence import hyperparameters
from bayesneuron.network.density import Density
from bayesneuron.network.tracing import Trace

ROWS = 8  # rows of the data on which layers are verified
CLOSE = 1e-6  # relative difference of two ways to a derivative


class Matrix(NamedTuple):
    """A site of weights from one layer to another."""

    site: str
    below: str
    turned: bool  # whether its second axis is the receiving one


@dataclass(frozen=True)
class DenseLayer:
    """Sites whose weights enter one layer: matrices side by side, and a bias."""

    name: str
    matrices: tuple[Matrix, ...]
    bias: str | None


def grid(dens: Density, layer: DenseLayer) -> np.ndarray:
    """Places in θ of the weights of a layer, (neuron, weight), the bias last."""
    parts = [
        dens.places[m.site].T if m.turned else dens.places[m.site] for m in layer.matrices
    ]  # fmt: skip
    bias = [] if layer.bias is None else [dens.places[layer.bias][:, None]]
    return np.concatenate([*parts, *bias], axis=1)


def dense_layers(dens: Density, x: jax.Array) -> tuple[DenseLayer, ...]:
    """The layers of a network all of whose weights are in dense layers.

    Raises
    ------
    ValueError
        If some are not.
    """
    layout = dens.model.layout
    sites = [name for name in layout.sites if name not in layout.scales]
    layers = []
    for name in layout.receiving:
        own = [s for s in sites if layout.receiver(s) == name]
        if not own:
            continue
        matrices = tuple(_matrix(dens, s) for s in own if len(layout.sites[s]) == 2)
        others = [s for s in own if len(layout.sites[s]) == 1]
        if not matrices or len(matrices) + len(others) < len(own) or len(others) > 1:
            raise _not_dense(dens, name)
        layers.append(DenseLayer(name, matrices, others[0] if others else None))
    if any(s not in dens.places for s in sites):
        raise _not_dense(dens, next(layout.receiver(s) for s in sites if s not in dens.places))
    try:
        errors = _errors(dens, tuple(layers), _anywhere(dens, x), x[:ROWS])
    except (KeyError, TypeError, ValueError) as error:  # activations of another shape
        raise _not_dense(dens, "a layer") from error
    for layer, error in zip(layers, errors, strict=True):
        if not error < CLOSE:
            raise _not_dense(dens, layer.name)
    return tuple(layers)


def has_dense_layers(dens: Density, x: jax.Array) -> bool:
    """Whether all weights are in dense layers."""
    try:
        dense_layers(dens, x)
    except ValueError:
        return False
    return True


def _matrix(dens: Density, site: str) -> Matrix:
    layout = dens.model.layout
    axis = layout.into.get(site, 0)
    return Matrix(site, layout.sites[site][1 - axis], axis == 1)


def _not_dense(dens: Density, layer: str) -> ValueError:
    return ValueError(
        f"structure: expected dense layers for 'kronecker', weights times the activations of the "
        f"layers below, each used once; got {layer!r} of {dens.model.name}: use "
        "structure='last_layer' or 'diagonal'"
    )


def _anywhere(dens: Density, x: jax.Array) -> jax.Array:
    theta = 0.5 * np.random.default_rng(0).standard_normal(dens.size)
    theta[hyperparameters(dens)] = 0.0
    return jnp.asarray(theta, x.dtype)


def inputs_of(
    trace: Trace, layer: DenseLayer, row: jax.Array, hidden: tuple[str, ...]
) -> jax.Array:
    """The activations a that a layer multiplies, with 1 for its bias."""
    parts = [
        trace[activation_site(m.below)]["value"][0] if m.below in hidden else row
        for m in layer.matrices
    ]
    one = [] if layer.bias is None else [jnp.ones(1, row.dtype)]
    return jnp.concatenate([*parts, *one])


class Factors(NamedTuple):
    """Of one observation: activations a by layer, and derivatives g of outputs in sums s."""

    a: tuple[jax.Array, ...]  # (weight,) each
    g: tuple[jax.Array, ...]  # (output, neuron) each


def factors_of_row(
    dens: Density,
    layers: tuple[DenseLayer, ...],
    theta: jax.Array,
    units: jax.Array,
    row: jax.Array,
) -> Factors:
    """The two factors of the derivatives of one observation's outputs, in units of their noise."""
    free = dict(dens.unravel(theta))
    trace = dens.trace(free, row[None])
    unit, hidden = trace["y"], dens.model.layout.hidden
    a = tuple(inputs_of(trace, layer, row, hidden) for layer in layers)

    def outputs(shifts: tuple[jax.Array, ...]) -> jax.Array:
        moved = dict(free)
        for layer, inputs, shift in zip(layers, a, shifts, strict=True):
            moved |= _shifted(dens, layer, moved, units, inputs, shift)
        return in_noise_units(dens.trace(moved, row[None])["y"], unit)

    still = tuple(jnp.zeros(len(grid(dens, layer)), row.dtype) for layer in layers)
    return Factors(a, jax.jacrev(outputs)(still))


def _shifted(
    dens: Density,
    layer: DenseLayer,
    free: Mapping[str, jax.Array],
    units: jax.Array,
    inputs: jax.Array,
    shift: jax.Array,
) -> dict[str, jax.Array]:
    """Sites of a layer whose sums are moved by `shift` for one observation."""
    if layer.bias is not None:
        return {layer.bias: free[layer.bias] + shift / units[dens.places[layer.bias]]}
    square = inputs @ inputs
    along = inputs / jnp.where(square > 0, square, 1.0)
    moved, start = {}, 0
    for site, _, turned in layer.matrices:
        places = dens.places[site]
        width = places.shape[0 if turned else 1]
        change = jnp.outer(shift, along[start : start + width])
        moved[site] = free[site] + (change.T if turned else change) / units[places]
        start += width
    return moved


@partial(jax.jit, static_argnums=(0, 1))
def _errors(
    dens: Density, layers: tuple[DenseLayer, ...], theta: jax.Array, x: jax.Array
) -> jax.Array:
    """Relative difference between g (ΔW a) and the derivative along ΔW, by layer."""
    units = dens.units(theta)
    direction = jnp.sin(1.0 + jnp.arange(dens.size, dtype=theta.dtype))

    def of_row(row: jax.Array) -> jax.Array:
        at = dens.observation(theta, row[None])
        outputs = lambda t: in_noise_units(dens.observation(t, row[None]), at)
        push = jax.linearize(outputs, theta)[1]
        factors = factors_of_row(dens, layers, theta, units, row)
        pairs = []
        for layer, a, g in zip(layers, factors.a, factors.g, strict=True):
            places = grid(dens, layer)
            step = jnp.zeros_like(theta).at[places].set(direction[places])
            pairs.append(jnp.stack([g @ ((units * step)[places] @ a), push(step)]))
        return jnp.stack(pairs)

    short, exact = jnp.moveaxis(jax.vmap(of_row)(x), 2, 0)  # each (row, layer, output)
    size = lambda v: jnp.sqrt(jnp.square(v).sum(axis=(0, 2)))
    return size(short - exact) / jnp.maximum(size(exact), 1e-12)
