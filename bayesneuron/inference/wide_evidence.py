"""Learnt scales by the evidence where the Gauss-Newton matrix of all weights is too large.

The determinant is that of the Kronecker form. MacKay's alternation climbs

    F(φ) = log p(y, w, φ) - ½ log det (G(w, φ) / 2π)

in φ with the weights held, then takes the weights to their optimum for the new φ by L-BFGS, until
F gains no more. What the move of the weights does to the determinant is left out, as in Immer et
al., "Scalable marginal likelihood estimation for model selection in deep learning", ICML 2021.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.optimize import minimize

from bayesneuron.inference.around import at_scales
from bayesneuron.inference.curvature_forms import Form, check_prior, half_log_det
from bayesneuron.inference.dense_layers import dense_layers
from bayesneuron.inference.evidence import (
    FAILED,
    NATS,
    EvidenceOptimum,
    hyperparameter_sites,
    hyperparameters,
)
from bayesneuron.inference.optimise import optimise
from bayesneuron.network.density import Density

ROUNDS = 30  # most alternations
STEPS = 20  # in φ, most of a round
FAR = 2.0  # φ goes in a round: the weights must follow
GAIN = 10 * NATS  # nats; a round that gains less is the last


def climb_wide(
    dens: Density, theta: np.ndarray, x: jax.Array, y: jax.Array, temper: float = 1.0
) -> EvidenceOptimum:
    """Climb F from θ."""
    form = Form("kronecker", dense_layers(dens, x))
    check_prior(dens, form.layers, jnp.asarray(theta), x, y)
    phi = hyperparameters(dens)
    w = jnp.asarray(np.setdiff1d(np.arange(dens.size), phi))
    measure = partial(_measure, dens, form, w, jnp.asarray(phi), x, y, temper)
    weights_alone = dens.holding(hyperparameter_sites(dens))
    powers = np.full((1, len(x)), temper)

    def settle(theta: np.ndarray) -> EvidenceOptimum:
        best = optimise(weights_alone, theta[None], powers, x, y)
        theta = np.asarray(best.theta[0])
        value = float(measure(theta, theta[phi])[0])
        return EvidenceOptimum(theta, value, float(best.grad_norm[0]), converged=False)

    top = settle(theta)
    for _ in range(ROUNDS):
        scales = _best_scales(partial(measure, top.theta), top.theta[phi], top.log_evidence)
        moved = at_scales(dens, jnp.asarray(top.theta), w, jnp.asarray(phi), jnp.asarray(scales))
        new = settle(np.asarray(moved))
        gain, top = new.log_evidence - top.log_evidence, new
        if gain < GAIN:
            return top._replace(converged=True)
    return top


def _best_scales(
    measure: Callable[[np.ndarray], tuple[jax.Array, jax.Array]], phi: np.ndarray, value: float
) -> np.ndarray:
    """φ of the highest F within reach, by L-BFGS."""

    def descend(moved: np.ndarray) -> tuple[float, np.ndarray]:
        at, slope = (np.asarray(v) for v in measure(moved))
        if not (np.isfinite(at) and np.isfinite(slope).all()):
            return FAILED, np.zeros_like(moved)
        return -float(at), -slope

    bounds = [(v - FAR, v + FAR) for v in phi]
    options = {"maxiter": STEPS, "ftol": NATS / max(1.0, abs(value))}
    return minimize(descend, phi, jac=True, bounds=bounds, options=options).x


@partial(jax.jit, static_argnums=(0, 1))
def _measure(
    dens: Density, form: Form, w: jax.Array, phi: jax.Array, x: jax.Array, y: jax.Array,
    temper: Any, theta: jax.Array, moved: jax.Array,
) -> tuple[jax.Array, jax.Array]:  # fmt: skip
    """F at φ, the weights held, and its slope."""

    def value(moved: jax.Array) -> jax.Array:
        at = at_scales(dens, theta, w, phi, moved)
        volume = half_log_det(dens, form, at, w, x, y, temper) - len(w) / 2 * jnp.log(2 * jnp.pi)
        return dens.log_joint(at, x, y, temper) - volume

    return jax.value_and_grad(value)(moved)
