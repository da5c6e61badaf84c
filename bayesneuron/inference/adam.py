"""Minibatch Adam, the training recipe of the original study, for one replicate."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import optax

from bayesneuron.inference.optimizers import Adam
from bayesneuron.inference.shuffled import shuffled
from bayesneuron.network.density import Density
from bayesneuron.numerics.lanes import over_lanes


@partial(jax.jit, static_argnums=(0, 1, 2))
def train_lanes(
    dens: Density,
    prior: bool,
    adam: Adam,
    theta: jax.Array,
    keys: jax.Array,
    rows: jax.Array,
    weights: jax.Array,
    x: jax.Array,
    y: jax.Array,
    free: jax.Array | None = None,
    counted: Any = None,
) -> jax.Array:
    """Train each start of `theta`, (replicate, size), on its own rows and weights.

    A batch's loss is an unbiased estimate of the full loss of `optimise.loss`. Rows are
    reshuffled each epoch; those that do not fill a batch wait for the next shuffle. Where
    `free`, (replicate, size), is 0 a weight stays as it is. Only the first `counted` rows of every
    sample are trained on, by default all: the others fill it up.
    """
    width = min(adam.batch, rows.shape[1])
    count = rows.shape[1] if counted is None else counted
    batch = jnp.minimum(width, count)
    solver = optax.adam(adam.learning_rate)

    def train(
        theta: jax.Array,
        key: jax.Array,
        rows: jax.Array,
        weights: jax.Array,
        free: jax.Array,
        x: jax.Array,
        y: jax.Array,
    ) -> jax.Array:
        total = weights.sum()

        def batch_loss(theta: jax.Array, places: jax.Array) -> jax.Array:
            chosen = rows[places]
            log_lik, log_prior = dens.terms(theta, x[chosen], y[chosen])
            sampled = jnp.sum(weights[places] * log_lik) * (count / batch)
            return -(sampled + prior * log_prior) / total

        def step(k: Any, carry: tuple, order: jax.Array) -> tuple:
            theta, state = carry
            places = jax.lax.dynamic_slice_in_dim(order, k * width, width)
            update, state = solver.update(jax.grad(batch_loss)(theta, places), state)
            update = jax.tree.map(lambda leaf: leaf * free, update)
            return optax.apply_updates(theta, update), state

        def epoch(carry: tuple, key: jax.Array) -> tuple[tuple, None]:
            order = shuffled(key, jnp.arange(rows.shape[0]), count)
            return jax.lax.fori_loop(0, count // batch, partial(step, order=order), carry), None

        keys = jax.random.split(jax.random.wrap_key_data(key), adam.epochs)
        (theta, _), _ = jax.lax.scan(epoch, (theta, solver.init(theta)), keys)
        return theta

    mask = jnp.ones((len(theta), 1), theta.dtype) if free is None else free
    return over_lanes(train, 5)(theta, keys, rows, weights, mask, x, y)
