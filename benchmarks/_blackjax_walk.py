"""Adjusted microcanonical sampling (MAMS), low-rank metrics and tempered SMC by BlackJAX.

Run by `exploration.py` with a Python that has BlackJAX, in double precision; prints JSON. All but
`smc` take one start and one root of the inverse curvature per chain, and sample in the coordinates
whitened by it. `mams` takes two leapfrog steps per move, BlackJAX's default, `mams_long` takes 32.
`mams_low_rank` and `nuts_low_rank` also adapt a low-rank metric (the latter by Fisher divergence,
as nutpie does). `smc` tempers from prior draws to the posterior by powers of the likelihood, each
step keeping an effective sample of 90%; HMC moves the particles, its step size adapted to its
acceptance rate, its scales those of the particles.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

os.environ["JAX_ENABLE_X64"] = "1"

import blackjax
import jax
import jax.numpy as jnp
import numpy as np
from _two_layer import NAMES, log_density
from blackjax.mcmc.adjusted_mclmc_dynamic import build_kernel, make_random_trajectory_length_fn
from blackjax.smc import resampling

# moves per draw kept, leapfrog steps per move
WALKS = {"mams": (10, 2.0), "mams_long": (4, 32.0), "mams_low_rank": (10, 2.0)}
WARMUP, RANK = 2000, 10  # tuning moves of MAMS; rank of the metrics
NUTS_WARMUP = 500
MOVES, LEAPS = 4, 10  # HMC moves per temperature, leapfrog steps per move


def read(file: str) -> tuple:
    with np.load(file, allow_pickle=False) as data:
        x, y = jnp.asarray(data["x"]), jnp.asarray(data["y"])
        places = {k: data[f"places_{k}"] for k in NAMES}
        rest = {k: jnp.asarray(data[k]) for k in ("start", "root")}

    def target(theta: jax.Array) -> jax.Array:
        return log_density({k: theta[..., p] for k, p in places.items()}, x, y)

    def prior(theta: jax.Array) -> jax.Array:
        return log_density({k: theta[..., p] for k, p in places.items()}, x[:0], y[:0])

    return target, prior, rest["start"], rest["root"]


def mams(file: str, samples: int, way: str) -> tuple[np.ndarray, dict]:
    walk, leaps = WALKS[way]
    kernel = build_kernel(integration_steps_fn=make_random_trajectory_length_fn(True))
    init = blackjax.mcmc.adjusted_mclmc_dynamic.init

    def tune(density: Callable, key: jax.Array, size: int) -> tuple:
        state = init(jnp.zeros(size), density, key)
        state, tuned, _ = blackjax.adjusted_mclmc_find_L_and_step_size(
            mclmc_kernel=kernel, logdensity_fn=density, num_steps=WARMUP, state=state,
            rng_key=key, target=0.9, frac_tune1=0.5, frac_tune2=0.5,
            diagonal_preconditioning=False, target_num_integration_steps=leaps,
        )  # fmt: skip
        return state, tuned.step_size, tuned.L, jnp.ones(size)

    def tune_low_rank(density: Callable, key: jax.Array, size: int) -> tuple:
        tuned = blackjax.mclmc_lrd_warmup(
            density, jnp.zeros(size), key, k=RANK, inner_kernel="adjusted_mclmc"
        )
        state = init(jnp.zeros(size), density, key)
        return state, tuned.step_size, tuned.L, tuned.inverse_mass_matrix

    def sample(density: Callable, tuned: tuple, key: jax.Array) -> tuple:
        state, step, length, metric = tuned

        def one(state, key):
            state, info = kernel(
                key, state, density, step, inverse_mass_matrix=metric,
                integration_steps_params=(length / step,),
            )  # fmt: skip
            return state, (info.is_divergent, info.num_integration_steps)

        def kept(state, key):
            state, (diverging, steps) = jax.lax.scan(one, state, jax.random.split(key, walk))
            return state, (state.position, diverging.any(), steps.sum())

        return jax.lax.scan(kept, state, jax.random.split(key, samples))[1]

    if way == "mams_low_rank":  # its warm-up branches on values, so it cannot be compiled
        return whitened(file, sample, tune_low_rank)
    return whitened(file, lambda density, begin, key: sample(
        density, tune(density, key, begin.size), jax.random.fold_in(key, 1)))  # fmt: skip


def nuts_low_rank(file: str, samples: int) -> tuple[np.ndarray, dict]:
    def sample(density: Callable, begin: jax.Array, key: jax.Array) -> tuple:
        first, second = jax.random.split(key)
        adaptation = blackjax.window_adaptation_low_rank(blackjax.nuts, density, max_rank=RANK)
        (state, tuned), _ = adaptation.run(first, begin, num_steps=NUTS_WARMUP)
        step = blackjax.nuts(density, **tuned).step

        def one(state, key):
            state, info = step(key, state)
            return state, (state.position, info.is_divergent, info.num_integration_steps)

        return jax.lax.scan(one, state, jax.random.split(second, samples))[1]

    return whitened(file, sample)


def whitened(file: str, sample: Callable, tune: Callable | None = None) -> tuple[np.ndarray, dict]:
    """Chains on all cores, each in the coordinates z of θ = start + root z.

    `sample` takes the density of z, the result of `tune` (which runs beforehand, uncompiled;
    without it, the start z = 0) and a key.
    """
    target, _, start, root = read(file)
    keys = jax.random.split(jax.random.key(0), len(start))

    def density_at(begin: jax.Array, factor: jax.Array) -> Callable:
        return lambda z: target(begin + factor @ z)

    tuned = [
        tune(density_at(b, f), jax.random.fold_in(k, 7), b.size) if tune else jnp.zeros(b.size)
        for k, b, f in zip(keys, start, root, strict=True)
    ]

    @jax.jit
    def chain(key: jax.Array, begin: jax.Array, factor: jax.Array, tuning: Any) -> tuple:
        z, diverging, steps = sample(density_at(begin, factor), tuning, key)
        return begin + z @ factor.T, diverging, steps

    jobs = list(zip(keys, start, root, tuned, strict=True))
    first = jax.tree.map(np.asarray, chain(*jobs[0]))  # compiles, except for metrics of other ranks
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        rest = list(pool.map(lambda job: jax.tree.map(np.asarray, chain(*job)), jobs[1:]))
    theta, diverging, steps = (np.stack(part) for part in zip(first, *rest, strict=True))
    return theta, {"divergences": int(diverging.sum()), "steps": float(steps.mean())}


def smc(file: str, samples: int) -> tuple[np.ndarray, dict]:
    """Islands of particles, one per chain: only agreement between islands shows convergence."""
    target, prior, start, _ = read(file)
    hmc = blackjax.hmc.build_kernel()

    @jax.jit
    def move(key: jax.Array, theta: jax.Array, power: jax.Array, step: jax.Array) -> tuple:
        scale = theta.var(axis=0) + 1e-8

        def density(one: jax.Array) -> jax.Array:
            base = prior(one)
            return base + power * (target(one) - base)

        def walk(key: jax.Array, one: jax.Array) -> tuple:
            def go(state, key):
                state, info = hmc(key, state, density, step, scale, LEAPS)
                return state, info.acceptance_rate

            state, rate = jax.lax.scan(
                go, blackjax.hmc.init(one, density), jax.random.split(key, MOVES)
            )
            return state.position, rate.mean()

        moved, rate = jax.vmap(walk)(jax.random.split(key, len(theta)), theta)
        return moved, jnp.nanmean(rate)

    likelihood = jax.jit(lambda theta: jax.vmap(lambda t: target(t) - prior(t))(theta))
    islands, stages = [], 0
    for island in range(len(start)):
        key = jax.random.key(island)
        theta, power, step = start[island], 0.0, 0.2
        while power < 1:
            log_weight = np.asarray(likelihood(theta))
            log_weight = np.where(np.isfinite(log_weight), log_weight, -np.inf)

            def ess(change: float, log_weight: np.ndarray = log_weight) -> float:
                w = np.exp(change * (log_weight - log_weight.max()))
                return float(w.sum() ** 2 / (w**2).sum() / len(w))

            low, high = 0.0, 1.0 - power
            if ess(high) < 0.9:
                for _ in range(60):
                    middle = (low + high) / 2
                    low, high = (middle, high) if ess(middle) > 0.9 else (low, middle)
            power = power + high if ess(1.0 - power) < 0.9 else 1.0
            w = np.exp(high * (log_weight - log_weight.max()))
            key, pick, walk = jax.random.split(key, 3)
            chosen = resampling.systematic(pick, jnp.asarray(w / w.sum()), len(theta))
            theta, rate = move(walk, theta[chosen], jnp.asarray(power), jnp.asarray(step))
            step = float(np.clip(step * np.exp(float(rate) - 0.8), 1e-4, 1.0))
            stages += 1
        islands.append(np.asarray(theta)[:samples])
    steps = stages / len(start) * MOVES * LEAPS
    return np.stack(islands), {"divergences": 0, "steps": steps}


def main() -> None:
    file, out, way, samples = sys.argv[1:]
    start = time.perf_counter()
    runs = {"smc": smc, "nuts_low_rank": nuts_low_rank} | {w: partial(mams, way=w) for w in WALKS}
    theta, stats = runs[way](file, int(samples))
    np.savez(out, theta=theta)
    print(json.dumps({"seconds": time.perf_counter() - start, **stats}))


main()
