"""BlackJAX's NUTS with its window adaptation, chains on separate threads; prints JSON.

Run by `nuts_speed.py` with a Python that has BlackJAX. The log density is that of the package's
two-layer network (`_two_layer.py`). Its values at the probe points are returned, to be checked.
"""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

import blackjax
import jax
import jax.numpy as jnp
import numpy as np
from _timing import costed_twice
from _two_layer import NAMES, log_density


def main() -> None:
    file, out, settings = sys.argv[1:]
    options = json.loads(settings)
    with np.load(file, allow_pickle=False) as data:
        x, y = (jnp.asarray(data[k], jnp.float32) for k in ("x", "y"))
        start = {k: jnp.asarray(data[f"start_{k}"], jnp.float32) for k in NAMES}
        probe = {k: jnp.asarray(data[f"probe_{k}"], jnp.float32) for k in NAMES}

    def target(free: dict) -> jax.Array:
        return log_density(free, x, y)

    @jax.jit
    def chain(key: jax.Array, position: dict) -> tuple[dict, dict]:
        key_warm, key_run = jax.random.split(key)
        adapt = blackjax.window_adaptation(
            blackjax.nuts, target, is_mass_matrix_diagonal=not options["dense"]
        )
        (state, parameters), _ = adapt.run(key_warm, position, num_steps=options["warmup"])
        kernel = blackjax.nuts(target, **parameters)

        def step(state, key):
            state, info = kernel.step(key, state)
            stats = {"steps": info.num_integration_steps, "diverging": info.is_divergent}
            return state, (state.position, stats)

        return jax.lax.scan(step, state, jax.random.split(key_run, options["samples"]))[1]

    keys = jax.random.split(jax.random.key(options["seed"]), options["chains"])
    jobs = [(key, jax.tree.map(lambda v, c=c: v[c], start)) for c, key in enumerate(keys)]

    def run() -> list[tuple[dict, dict]]:
        first = jax.tree.map(np.asarray, chain(*jobs[0]))
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            rest = list(pool.map(lambda job: jax.tree.map(np.asarray, chain(*job)), jobs[1:]))
        return [first, *rest]

    costs, runs = costed_twice(run)
    draws, stats = jax.tree.map(lambda *leaves: np.stack(leaves), *runs)
    draws["noise"] = np.exp(draws["noise"])
    np.savez(out, **draws)
    print(
        json.dumps(
            {
                "version": f"blackjax {version('blackjax')}",
                "costs": costs,
                "steps": float(stats["steps"].mean()),
                "divergences": int(stats["diverging"].sum()),
                "log_density": np.asarray(jax.vmap(target)(probe), float).tolist(),
            }
        )
    )


main()
