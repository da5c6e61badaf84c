"""NumPyro's NUTS by its defaults, on a network of the package; writes draws, prints JSON.

Run by `nuts_speed.py`. The defaults: single precision, starts uniform in (-2, 2), diagonal
mass matrix.
"""

import json
import sys
import time

import numpy as np
import numpyro

# before JAX starts: as many devices as chains, for chain_method="parallel"
file, out, options, chains, samples, warmup, method, seed = sys.argv[1:]
if method == "parallel":
    numpyro.set_host_device_count(int(chains))

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
from _compiling import compiling  # noqa: E402
from numpyro.infer import MCMC, NUTS  # noqa: E402

from bayesneuron.network.model import load  # noqa: E402


def main() -> None:
    with np.load(file, allow_pickle=False) as data:
        x, y = (jnp.asarray(data[k], jnp.float32) for k in ("x", "y"))
    model = load("two_layer", **json.loads(options))
    sampler = MCMC(
        NUTS(model.function),
        num_warmup=int(warmup),
        num_samples=int(samples),
        num_chains=int(chains),
        chain_method=method,
        progress_bar=False,
    )
    before, start = compiling(), time.perf_counter()
    sampler.run(jax.random.key(int(seed)), x, y, extra_fields=("num_steps", "diverging"))
    draws = {k: np.asarray(v) for k, v in sampler.get_samples(group_by_chain=True).items()}
    total = time.perf_counter() - start
    extra = {k: np.asarray(v) for k, v in sampler.get_extra_fields(group_by_chain=True).items()}
    derived = ("mean", "hidden_activation")
    np.savez(out, **{k: v for k, v in draws.items() if k not in derived})
    print(
        json.dumps(
            {
                "version": f"numpyro {numpyro.__version__}",
                "seconds": [total, total - (compiling() - before)],
                "steps": float(extra["num_steps"].mean()),
                "divergences": int(extra["diverging"].sum()),
            }
        )
    )


main()
