"""Microcanonical sampling (adjusted, MAMS) and tempered SMC by BlackJAX; prints JSON.

Run by `exploration.py` with whichever Python has BlackJAX, in double precision. `mams` is given a
start and a root of the inverse curvature a chain, and walks in those coordinates. `smc` goes from
prior draws to the posterior by powers of the likelihood, an effective sample of 90% a step, moved
by HMC whose step size follows its acceptance and whose scales are the particles'.
"""

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

os.environ["JAX_ENABLE_X64"] = "1"

import blackjax
import jax
import jax.numpy as jnp
import numpy as np
from _two_layer import NAMES, log_density
from blackjax.mcmc.adjusted_mclmc_dynamic import build_kernel, make_random_trajectory_length_fn
from blackjax.smc import resampling

WALK, WARMUP = 10, 2000  # moves a draw kept, moves of tuning
MOVES, LEAPS = 4, 10  # HMC moves a temperature, leapfrog steps a move


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


def mams(file: str, samples: int) -> tuple[np.ndarray, dict]:
    target, _, start, root = read(file)
    size = start.shape[1]
    kernel = build_kernel(integration_steps_fn=make_random_trajectory_length_fn(True))
    eye = jnp.ones(size)

    @jax.jit
    def chain(key: jax.Array, begin: jax.Array, factor: jax.Array) -> tuple:
        def density(z: jax.Array) -> jax.Array:
            return target(begin + factor @ z)

        first, second, third = jax.random.split(key, 3)
        state = blackjax.mcmc.adjusted_mclmc_dynamic.init(jnp.zeros(size), density, first)
        state, tuned, _ = blackjax.adjusted_mclmc_find_L_and_step_size(
            mclmc_kernel=kernel, logdensity_fn=density, num_steps=WARMUP, state=state,
            rng_key=second, target=0.9, frac_tune1=0.5, frac_tune2=0.5,
            diagonal_preconditioning=False,
        )  # fmt: skip
        mean_steps = tuned.L / tuned.step_size

        def one(state, key):
            state, info = kernel(
                key, state, density, tuned.step_size, inverse_mass_matrix=eye,
                integration_steps_params=(mean_steps,),
            )  # fmt: skip
            return state, (info.is_divergent, info.num_integration_steps)

        def kept(state, key):
            state, (diverging, steps) = jax.lax.scan(one, state, jax.random.split(key, WALK))
            return state, (begin + factor @ state.position, diverging.any(), steps.sum())

        return jax.lax.scan(kept, state, jax.random.split(third, samples))[1]

    keys = jax.random.split(jax.random.key(0), len(start))
    compiled = chain.lower(keys[0], start[0], root[0]).compile()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = list(zip(keys, start, root, strict=True))
        found = list(pool.map(lambda job: jax.tree.map(np.asarray, compiled(*job)), jobs))
    theta, diverging, steps = (np.stack(part) for part in zip(*found, strict=True))
    return theta, {"divergences": int(diverging.sum()), "steps": float(steps.mean())}


def smc(file: str, samples: int) -> tuple[np.ndarray, dict]:
    """Islands of particles, one a chain: only agreement between islands says that they arrived."""
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
            weigh = np.asarray(likelihood(theta))
            weigh = np.where(np.isfinite(weigh), weigh, -np.inf)

            def ess(change: float, weigh: np.ndarray = weigh) -> float:
                w = np.exp(change * (weigh - weigh.max()))
                return float(w.sum() ** 2 / (w**2).sum() / len(w))

            low, high = 0.0, 1.0 - power
            if ess(high) < 0.9:
                for _ in range(60):
                    middle = (low + high) / 2
                    low, high = (middle, high) if ess(middle) > 0.9 else (low, middle)
            power = power + high if ess(1.0 - power) < 0.9 else 1.0
            w = np.exp(high * (weigh - weigh.max()))
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
    begun = time.perf_counter()
    theta, told = {"mams": mams, "smc": smc}[way](file, int(samples))
    np.savez(out, theta=theta)
    print(json.dumps({"seconds": time.perf_counter() - begun, **told}))


main()
