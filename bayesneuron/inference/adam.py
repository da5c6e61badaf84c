"""Minibatch Adam, the training recipe of the original study, for one replicate."""

from functools import partial

import jax
import jax.numpy as jnp
import optax

from bayesneuron.inference.optimizers import Adam
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
) -> jax.Array:
    """Train each start of `theta`, (replicate, size), on its own rows and weights.

    A batch's loss is an unbiased estimate of the full loss of `optimise.loss`. Rows are
    reshuffled each epoch; those that do not fill a batch wait for the next shuffle. Where
    `free`, (replicate, size), is 0 a weight stays as it is.
    """
    count = rows.shape[1]
    batch = min(adam.batch, count)
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

        def step(carry: tuple, places: jax.Array) -> tuple[tuple, None]:
            theta, state = carry
            update, state = solver.update(jax.grad(batch_loss)(theta, places), state)
            update = jax.tree.map(lambda leaf: leaf * free, update)
            return (optax.apply_updates(theta, update), state), None

        def epoch(carry: tuple, key: jax.Array) -> tuple[tuple, None]:
            order = jax.random.permutation(key, count)[: count // batch * batch]
            return jax.lax.scan(step, carry, order.reshape(-1, batch))[0], None

        keys = jax.random.split(jax.random.wrap_key_data(key), adam.epochs)
        (theta, _), _ = jax.lax.scan(epoch, (theta, solver.init(theta)), keys)
        return theta

    mask = jnp.ones((len(theta), 1), theta.dtype) if free is None else free
    return over_lanes(train, 5)(theta, keys, rows, weights, mask, x, y)
