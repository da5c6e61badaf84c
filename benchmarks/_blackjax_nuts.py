"""BlackJAX's NUTS with its window adaptation, chains on separate threads; prints JSON.

Run by `nuts_speed.py` with a Python that has BlackJAX. The log density is that of the package's
two-layer network (`_two_layer.py`). Its values at the probe points are returned, to be checked.
"""

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

import blackjax
import jax
import jax.numpy as jnp
import numpy as np
from _two_layer import NAMES, log_density


def main() -> None:
    file, out, chains, samples, warmup = sys.argv[1:]
    with np.load(file, allow_pickle=False) as data:
        x, y = (jnp.asarray(data[k], jnp.float32) for k in ("x", "y"))
        start = {k: jnp.asarray(data[f"start_{k}"], jnp.float32) for k in NAMES}
        probe = {k: jnp.asarray(data[f"probe_{k}"], jnp.float32) for k in NAMES}

    def target(free: dict) -> jax.Array:
        return log_density(free, x, y)

    @jax.jit
    def chain(key: jax.Array, position: dict) -> tuple[dict, dict]:
        key_warm, key_run = jax.random.split(key)
        adapt = blackjax.window_adaptation(blackjax.nuts, target)
        (state, parameters), _ = adapt.run(key_warm, position, num_steps=int(warmup))
        kernel = blackjax.nuts(target, **parameters)

        def step(state, key):
            state, info = kernel.step(key, state)
            stats = {"steps": info.num_integration_steps, "diverging": info.is_divergent}
            return state, (state.position, stats)

        return jax.lax.scan(step, state, jax.random.split(key_run, int(samples)))[1]

    keys = jax.random.split(jax.random.key(0), int(chains))
    start_time = time.perf_counter()
    compiled = chain.lower(keys[0], jax.tree.map(lambda v: v[0], start)).compile()
    compiling = time.perf_counter() - start_time
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [(keys[c], jax.tree.map(lambda v, c=c: v[c], start)) for c in range(int(chains))]
        runs = list(pool.map(lambda job: jax.tree.map(np.asarray, compiled(*job)), jobs))
    total = time.perf_counter() - start_time
    draws, stats = jax.tree.map(lambda *leaves: np.stack(leaves), *runs)
    draws["noise"] = np.exp(draws["noise"])
    np.savez(out, **draws)
    print(
        json.dumps(
            {
                "version": f"blackjax {version('blackjax')}",
                "seconds": [total, total - compiling],
                "steps": float(stats["steps"].mean()),
                "divergences": int(stats["diverging"].sum()),
                "log_density": np.asarray(jax.vmap(target)(probe), float).tolist(),
            }
        )
    )


main()
