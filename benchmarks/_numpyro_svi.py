"""NumPyro's autoguides as they come, until an ELBO is reached; prints JSON.

Run by `svi_laplace_speed.py`. Adam at our learning rate, as many particles; blocks of 500 steps,
each judged by its mean ELBO.
"""

import json
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
from _compiling import compiling
from numpyro.infer import SVI, Trace_ELBO, autoguide

from bayesneuron.model import load

BLOCK = 500


def main() -> None:
    file, _, options, guide, particles, rate, goal, most = sys.argv[1:]
    with np.load(file, allow_pickle=False) as data:
        x, y = (jnp.asarray(data[k], jnp.float32) for k in ("x", "y"))
    function = load("two_layer", **json.loads(options)).function
    svi = SVI(
        function,
        getattr(autoguide, guide)(function),
        numpyro.optim.Adam(float(rate)),
        Trace_ELBO(int(particles)),
    )
    before, start = compiling(), time.perf_counter()
    state, elbo, steps = svi.init(jax.random.key(0), x, y), -np.inf, 0
    run = jax.jit(
        lambda s, x, y: jax.lax.scan(lambda s, _: svi.update(s, x, y), s, None, length=BLOCK)
    )
    best = elbo
    while steps < int(most) and best < float(goal):
        state, losses = run(state, x, y)
        elbo, steps = -float(np.mean(losses)), steps + BLOCK
        best = max(best, elbo)
    total = time.perf_counter() - start
    told = {"cold": total, "warm": total - (compiling() - before), "steps": steps, "elbo": best}
    print(json.dumps(told))


main()
