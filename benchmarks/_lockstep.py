"""HMC of many chains in lockstep, each at a ladder of temperatures whose neighbours swap.

With the one temperature 1 it is many short chains, with several it is parallel tempering.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from bayesneuron.network.density import Density

ACCEPTED = 0.8  # share of the moves that step sizes are set for


class Ladder(NamedTuple):
    """Powers of the likelihood, the first of them 1, and a root of the metric at each."""

    powers: jax.Array  # (temperature,)
    roots: jax.Array  # (temperature, size, size)


class Length(NamedTuple):
    """Moves of warm-up, draws, moves per draw, and leapfrog steps per move on average."""

    warmup: int
    samples: int
    thinning: int
    leaps: int


def lockstep(
    dens: Density, theta: jax.Array, ladder: Ladder, x: jax.Array, y: jax.Array, length: Length,
    *, seed: int,
) -> tuple[np.ndarray, dict[str, float]]:  # fmt: skip
    """Draws of the chains at power 1, (chain, draw, size), and shares of moves and swaps accepted.

    `theta` has one start for each chain and temperature, (chain, temperature, size).
    """
    powers, roots = ladder
    levels = jnp.arange(len(powers))

    def terms(one: jax.Array, power: jax.Array) -> tuple[jax.Array, jax.Array]:
        log_lik, log_prior = dens.terms(one, x, y)
        return power * log_lik.sum() + log_prior, log_lik.sum()

    both = jax.vmap(jax.vmap(jax.value_and_grad(terms, has_aux=True), (0, 0)), (0, None))

    def evaluate(theta: jax.Array) -> Any:
        (height, log_lik), slope = both(theta, powers)
        return theta, height, log_lik, jnp.einsum("kij,cki->ckj", roots, slope)

    def move(state: Any, step: jax.Array, key: jax.Array) -> tuple[Any, jax.Array]:
        key_leaps, key_push, key_accept = jax.random.split(key, 3)
        leaps = jax.random.randint(key_leaps, (), length.leaps // 2, 3 * length.leaps // 2 + 1)
        push = jax.random.normal(key_push, state[0].shape, state[0].dtype)
        size = step[None, :, None]

        def leap(_: Any, now: Any) -> Any:
            (theta, *_, slope), push = now
            push = push + size / 2 * slope
            new = evaluate(theta + size * jnp.einsum("kij,ckj->cki", roots, push))
            return new, push + size / 2 * new[3]

        new, end = jax.lax.fori_loop(0, leaps, leap, (state, push))
        change = new[1] - state[1] + 0.5 * ((push**2).sum(-1) - (end**2).sum(-1))
        chance = jnp.minimum(1.0, jnp.exp(jnp.where(jnp.isfinite(change), change, -jnp.inf)))
        taken = jax.random.uniform(key_accept, chance.shape) < chance
        pick = lambda a, b: jnp.where(taken.reshape(taken.shape + (1,) * (a.ndim - 2)), a, b)
        return jax.tree.map(pick, new, state), chance.mean(axis=0)

    def swap(state: Any, number: jax.Array, key: jax.Array) -> tuple[Any, jax.Array]:
        """Even and odd neighbours in turn."""
        theta, _, log_lik, _ = state
        lower = (levels % 2 == number % 2) & (levels + 1 < len(powers))
        ratio = (powers - jnp.roll(powers, -1)) * (jnp.roll(log_lik, -1, axis=1) - log_lik)
        taken = lower & (jnp.log(jax.random.uniform(key, ratio.shape)) < ratio)
        partner = levels + taken - jnp.roll(taken, 1, axis=1)
        state = evaluate(jnp.take_along_axis(theta, partner[..., None], axis=1))
        return state, jnp.where(lower.any(), taken.sum() / (lower.sum() * len(theta)), jnp.nan)

    def advance(carry: Any, key: jax.Array) -> tuple[Any, Any]:
        state, step, number = carry
        key_move, key_swap = jax.random.split(key)
        state, chance = move(state, step, key_move)
        swapped = jnp.nan
        if len(powers) > 1:
            state, swapped = swap(state, number, key_swap)
        rate = jnp.where(number < length.warmup, 5.0 / (10.0 + number) ** 0.6, 0.0)
        step = step * jnp.exp(rate * (chance - ACCEPTED))
        return (state, step, number + 1), (chance[0], swapped)

    @jax.jit
    def run(theta: jax.Array, key: jax.Array) -> Any:
        key_warm, key_draws = jax.random.split(key)
        step = jnp.full(len(powers), 0.1, theta.dtype)
        carry = evaluate(theta), step, jnp.int32(0)
        carry, _ = jax.lax.scan(advance, carry, jax.random.split(key_warm, length.warmup))

        def draw(carry: Any, key: jax.Array) -> tuple[Any, Any]:
            carry, rates = jax.lax.scan(advance, carry, jax.random.split(key, length.thinning))
            return carry, (carry[0][0][:, 0], rates)

        carry, (draws, rates) = jax.lax.scan(
            draw, carry, jax.random.split(key_draws, length.samples)
        )
        return jnp.swapaxes(draws, 0, 1), carry[1], rates

    draws, step, (accepted, swapped) = run(theta, jax.random.key(seed))
    shares = {"accepted": float(accepted.mean()), "step_size": float(step[0])}
    if len(powers) > 1:
        shares["swapped"] = float(jnp.nanmean(swapped))
    return np.asarray(draws), shares
