"""Members of an ensemble: networks trained one by one, each stopped early on rows held out from it.

A member starts at a prior draw, climbs the posterior density of its training rows by minibatch
Adam, and keeps the weights under which its held-out rows were likeliest. The rows are held out
from training only: the sampler that starts there sees all of them.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from bayesneuron.inference.optimizers import Adam
from bayesneuron.inference.shuffled import shuffled
from bayesneuron.network.density import Density
from bayesneuron.numerics.lanes import over_lanes

POOR = 1.0  # nats per observation by which a start may fit worse than θ = 0
SHRINKS = 12  # times a start is halved at most


class Training(NamedTuple):
    """How members are trained."""

    adam: Adam
    patience: int  # epochs without a better held-out likelihood after which training stops
    held_out: int  # rows, at most


class Counted(NamedTuple):
    """Rows that count, the first of the data, and how many of them are held out."""

    rows: Any
    held_out: Any


class Member(NamedTuple):
    """Where training ended; arrays with a leading axis of members when batched."""

    theta: Any  # (size,)
    held_out: Any  # log likelihood of a held-out row
    epochs: Any


@partial(jax.jit, static_argnums=(0, 1))
def train_members(
    dens: Density,
    training: Training,
    theta: jax.Array,
    keys: jax.Array,
    x: jax.Array,
    y: jax.Array,
    temper: jax.Array,
    counted: Counted,
) -> Member:
    """Train a member from each row of `theta`, (member, size), with its own key.

    Rows that do not count are neither trained on nor held out.
    """
    adam, rows = training.adam, counted.rows - counted.held_out
    width = min(adam.batch, x.shape[0] - training.held_out)
    batch = jnp.minimum(width, rows)
    solver = optax.adam(adam.learning_rate)

    def train(theta: jax.Array, key: jax.Array, x: jax.Array, y: jax.Array, temper: Any) -> Member:
        key_rows, key_epochs = jax.random.split(jax.random.wrap_key_data(key))
        power = jnp.broadcast_to(temper, x.shape[:1])
        order = shuffled(key_rows, jnp.arange(x.shape[0]), counted.rows)
        held, used = order[: training.held_out], jnp.roll(order, -counted.held_out)
        judged = power[held] * (jnp.arange(len(held)) < counted.held_out)

        def batch_loss(theta: jax.Array, places: jax.Array) -> jax.Array:
            log_lik, log_prior = dens.terms(theta, x[places], y[places])
            return -(jnp.sum(power[places] * log_lik) * (rows / batch) + log_prior) / rows

        def step(k: Any, carry: tuple, order: jax.Array) -> tuple:
            theta, state = carry
            places = jax.lax.dynamic_slice_in_dim(order, k * width, width)
            update, state = solver.update(jax.grad(batch_loss)(theta, places), state)
            return optax.apply_updates(theta, update), state

        def epoch(carry: tuple) -> tuple:
            theta, state, best, epochs, idle = carry
            order = shuffled(jax.random.fold_in(key_epochs, epochs), used, rows)
            once = partial(step, order=order)
            theta, state = jax.lax.fori_loop(0, rows // batch, once, (theta, state))
            fit = _mean_fit(dens, theta, x[held], y[held], judged)
            better = fit > best.held_out  # never, where it is not finite
            now = Member(theta, fit, epochs + 1)
            best = jax.tree.map(partial(jnp.where, better), now, best)
            return theta, state, best, epochs + 1, jnp.where(better, 0, idle + 1)

        def go_on(carry: tuple) -> jax.Array:
            *_, epochs, idle = carry
            return (epochs < adam.epochs) & (idle < training.patience)

        theta = _within_reach(dens, theta, x, y, power)
        start = Member(theta, jnp.asarray(-jnp.inf, x.dtype), 0)
        return jax.lax.while_loop(go_on, epoch, (theta, solver.init(theta), start, 0, 0))[2]

    return over_lanes(train, 2)(theta, keys, x, y, temper)


def _mean_fit(
    dens: Density, theta: jax.Array, x: jax.Array, y: jax.Array, power: jax.Array
) -> jax.Array:
    """Mean log likelihood of the rows whose power is not zero."""
    counts = power > 0
    return jnp.sum(jnp.where(counts, dens.terms(theta, x, y)[0], 0.0)) / jnp.sum(counts)


def _within_reach(
    dens: Density, theta: jax.Array, x: jax.Array, y: jax.Array, power: jax.Array
) -> jax.Array:
    """Halve a start until it fits little worse than θ = 0; sites that are held stay.

    The outputs of a deep network at a draw of N(0, 1) weights are as large as its width to the
    power of half its depth, where training would begin at an extremely large gradient.
    """
    moved = np.ones(dens.size, bool)
    for name in dens.held:
        moved[dens.places[name]] = False
    scales = jnp.append(0.5 ** jnp.arange(SHRINKS), 0.0).astype(theta.dtype)
    starts = jnp.where(moved, scales[:, None] * theta, theta)
    fits = jax.lax.map(lambda start: _mean_fit(dens, start, x, y, power), starts)
    return starts[jnp.argmax(fits >= fits[-1] - POOR)]


def held_out_rows(share: float, rows: int) -> int:
    """Rows that a member does not train on: a share, but at least one, and not all.

    Raises
    ------
    ValueError
        If there is only one row.

    Examples
    --------
    >>> held_out_rows(0.15, 100), held_out_rows(0.15, 3)
    (15, 1)
    """
    if rows < 2:
        raise ValueError(f"x: expected at least 2 rows, one of them held out, got {rows}")
    return int(np.clip(round(share * rows), 1, rows - 1))
