"""A normal around a mode from a precision of the weights and the scales beside them.

Given the scales φ the weights are normal with mean w*(φ) and precision G, in any form. To first
order w* moves with φ by T = ∂w*/∂φ. The scales have a precision of their own, that of
log p(w*(φ), φ), or of the evidence, log p(w*(φ), φ) - ½ log det G(φ). A draw is

    φ = φ* + K ε,    w = w* + T (φ - φ*) + L z,    K Kᵀ and L Lᵀ the inverse precisions.

T is found in the weights themselves, not in units of their scale: in these units a change of the
scale moves all weights, and G, where it is an approximation, would have to undo that.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from bayesneuron.inference.curvature import inverse_root
from bayesneuron.inference.curvature_forms import Form, factors_at, half_log_det
from bayesneuron.inference.evidence import LEAST, REACH
from bayesneuron.inference.precisions import Precision, precision_of
from bayesneuron.network.density import Density


class Around(NamedTuple):
    """The normal: places of w and φ in θ, and its parts."""

    theta: np.ndarray
    w: np.ndarray
    phi: np.ndarray
    weights: Precision
    turn: np.ndarray  # T, (scale, weight)
    root: np.ndarray  # K
    log_det: float
    raised: int  # directions of φ that were not positive
    gain: float  # nats that a Newton step of the weights would still gain

    def draws(self, normal: np.ndarray) -> np.ndarray:
        """θ of standard normal vectors (draw, weights and scales)."""
        z, own = np.split(normal, [len(self.w)], axis=-1)
        moved = own @ self.root.T
        theta = np.tile(self.theta, (len(normal), 1))
        theta[:, self.w] += moved @ self.turn + self.weights.spread(z)
        theta[:, self.phi] += moved
        return theta


def at_scales(
    dens: Density, theta: jax.Array, w: jax.Array, phi: jax.Array, moved: jax.Array
) -> jax.Array:
    """θ with other scales φ and the same weights, which are in units of these."""
    other = theta.at[phi].set(moved)
    ratio = dens.units(theta)[w] / dens.units(other)[w]
    return other.at[w].set(theta[w] * ratio)


def around(
    dens: Density,
    form: Form,
    theta: np.ndarray,
    w: np.ndarray,
    phi: np.ndarray,
    x: jax.Array,
    y: jax.Array,
    temper: float,
    *,
    evidence: bool,
) -> Around:
    """The normal at θ; `evidence` says whether φ is at the highest evidence, or at a joint mode."""
    at = jnp.asarray(theta), jnp.asarray(w), jnp.asarray(phi)
    weights = precision_of(dens, form, factors_at(dens, form, at[0], at[1], x, y, temper), w)
    gradient, cross, bend, drift, units = (np.asarray(v) for v in _slopes(dens, *at, x, y, temper))
    gain = float(gradient @ weights.solve(gradient) / 2)
    move = weights.solve(units * cross)
    own = -bend - (units * cross) @ move.T
    if evidence and len(phi):
        slope = partial(_slope, dens, form, *at, x=x, y=y, temper=temper)
        own = own + _differences(slope, theta[phi])
        values, vectors = np.linalg.eigh((own + own.T) / 2)
        own = (vectors * np.maximum(values, LEAST)) @ vectors.T
    root, log_det, raised = inverse_root((own + own.T) / 2)
    total = weights.log_det + log_det
    return Around(theta, w, phi, weights, move + drift, root, total, raised, gain)


def _differences(slope: Callable[[np.ndarray], Any], phi: np.ndarray) -> np.ndarray:
    steps = REACH * np.eye(len(phi))
    return np.array(
        [(np.asarray(slope(phi + s)) - np.asarray(slope(phi - s))) / (2 * REACH) for s in steps]
    )


@partial(jax.jit, static_argnums=0)
def _slopes(
    dens: Density, theta: jax.Array, w: jax.Array, phi: jax.Array, x: jax.Array, y: jax.Array,
    temper: Any,
) -> tuple[jax.Array, ...]:  # fmt: skip
    """∂L/∂θ_w; ∂²L/∂φ∂W (scale, weight); ∂²L/∂φ²; ∂θ_w/∂φ with W held; dW/dθ_w."""
    units = dens.units(theta)[w]

    def place(change: jax.Array, moved: jax.Array) -> jax.Array:
        return at_scales(dens, theta.at[w].add(change / units), w, phi, moved)

    def log_joint(change: jax.Array, moved: jax.Array) -> jax.Array:
        return dens.log_joint(place(change, moved), x, y, temper)

    def along(direction: jax.Array) -> Any:
        here = lambda moved: (
            jax.grad(log_joint, (0, 1))(still, moved), place(still, moved)[w]
        )  # fmt: skip
        return jax.jvp(here, (theta[phi],), (direction,))[1]

    still = jnp.zeros_like(units)
    gradient = jax.grad(log_joint)(still, theta[phi]) * units
    (cross, bend), drift = jax.lax.map(along, jnp.eye(len(phi), dtype=theta.dtype))
    return gradient, cross, bend, drift, units


@partial(jax.jit, static_argnums=(0, 1))
def _slope(
    dens: Density, form: Form, theta: jax.Array, w: jax.Array, phi: jax.Array, moved: jax.Array,
    *, x: jax.Array, y: jax.Array, temper: Any,
) -> jax.Array:  # fmt: skip
    """Of ½ log det G in φ, the weights held."""

    def value(moved: jax.Array) -> jax.Array:
        return half_log_det(dens, form, at_scales(dens, theta, w, phi, moved), w, x, y, temper)

    return jax.grad(value)(moved)
