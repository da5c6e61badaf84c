"""Microcanonical steps on a batch of the rows.

log p(θ) + (N / B) Σ_{i in batch} log p(y_i | θ) estimates the log density without bias. The noise
of its gradient turns the particle as the noise of Langevin dynamics does. It leaves the posterior
as it is where it has the same variance in all directions, and biases it elsewhere (Sommer et al.,
"Can microcanonical Langevin dynamics leverage mini-batch gradient noise?", arXiv 2602.06500). So
the chain runs in units of the spread that the gradient noise suggests: z = (θ - center) / spread.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from bayesneuron.network.density import Density

ROWS = 512  # whose gradients tell the spread
AT_ONCE = 64
FLATTEST = 1e-6  # of the mean precision: where neither data nor prior say anything


class Units(NamedTuple):
    """Where the units of a chain begin, and how long they are: θ = center + spread · z."""

    center: jax.Array
    spread: jax.Array

    def theta(self, z: jax.Array) -> jax.Array:
        """Free numbers of a position."""
        return self.center + self.spread * z


def units_at(
    dens: Density, theta: jax.Array, x: jax.Array, y: jax.Array, power: Any, *, key: jax.Array
) -> Units:
    """Units at a trained member: 1/spread² = N · power · var(∇ log p(y_i | θ)) + prior precision.

    The variance over rows is the diagonal of the Fisher information at an optimum, and of the noise
    of a batch's gradient, up to a factor. Priors are taken to be independent over free numbers, as
    those of the shipped networks are in units of their scale: then the Hessian times a vector of
    ones is its diagonal.
    """
    count, counts = counted_by(x, power), None
    rows = jax.random.randint(key, (min(ROWS, len(x)),), 0, count)
    if jnp.ndim(power):  # as many as there would be of the rows that count alone
        counts = (jnp.arange(len(rows)) < count)[:, None]
    one = lambda theta, i: jnp.sum(dens.terms(theta, x[i][None], y[i][None])[0])
    slopes = jax.lax.map(lambda i: jax.grad(one)(theta, i), rows, batch_size=AT_ONCE)
    prior = lambda theta: dens.terms(theta, x[:1], y[:1])[1]
    bend = jax.jvp(jax.grad(prior), (theta,), (jnp.ones_like(theta),))[1]
    variance = jnp.var(slopes, axis=0, where=counts)
    precision = count * jnp.max(power) * variance + jnp.maximum(-bend, 0.0)
    precision = precision + FLATTEST * jnp.mean(precision)
    return Units(theta, precision**-0.5)


def counted_by(x: jax.Array, power: Any) -> Any:
    """Rows whose likelihood counts, the first of x; all where one power is that of all."""
    return jnp.sum(power > 0) if jnp.ndim(power) else len(x)


def batch_density(
    dens: Density, units: Units, x: jax.Array, y: jax.Array, power: Any, batch: int
) -> Callable[..., jax.Array]:
    """Function of a key and z: the log density as rows drawn with replacement estimate it."""
    count = counted_by(x, power)
    weight = jnp.max(power) * count / batch

    def estimate(key: jax.Array, z: jax.Array) -> jax.Array:
        rows = jax.random.randint(key, (batch,), 0, count)
        return dens.log_joint(units.theta(z), x[rows], y[rows], weight)

    return jax.jit(estimate)  # traced once


def on_batches(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """A kernel of BlackJAX whose every step sees other rows; its log density is `batch_density`.

    The energy before and after a step is that of the same rows, so that its error is of the
    integrator and not of the batch. A step costs three gradients of a batch.
    """

    def step(
        rng_key: jax.Array, state: Any, logdensity_fn: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        key_rows, key_step = jax.random.split(rng_key)
        now = partial(logdensity_fn, key_rows)
        value, slope = jax.value_and_grad(now)(state.position)
        state = state._replace(logdensity=value, logdensity_grad=slope)
        return kernel(key_step, state, now, *args, **kwargs)

    return step
