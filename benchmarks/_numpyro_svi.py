"""NumPyro's autoguides as they come, until an ELBO is reached; prints JSON.

Run by `svi_laplace_speed.py`. Adam at our learning rate, constant or falling to nought by a cosine
over all steps allowed, as many particles; blocks of 500 steps, each judged by its mean ELBO.
"""

import json
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import optax
from _compiling import compiling
from numpyro.infer import SVI, Trace_ELBO, autoguide

from bayesneuron.network.model import load

BLOCK = 500


def main() -> None:
    file, _, options, guide, schedule, particles, rate, goal, most = sys.argv[1:]
    with np.load(file, allow_pickle=False) as data:
        x, y = (jnp.asarray(data[k], jnp.float32) for k in ("x", "y"))
    function = load("two_layer", **json.loads(options)).function
    constant, most = float(rate), int(most)
    falling = optax.cosine_decay_schedule(constant, most)
    svi = SVI(
        function,
        getattr(autoguide, guide)(function),
        numpyro.optim.Adam(falling if schedule == "falling" else constant),
        Trace_ELBO(int(particles)),
    )
    before, start = compiling(), time.perf_counter()
    state, elbo, steps = svi.init(jax.random.key(0), x, y), -np.inf, 0
    run = jax.jit(
        lambda s, x, y: jax.lax.scan(lambda s, _: svi.update(s, x, y), s, None, length=BLOCK)
    )
    best = elbo
    while steps < most and best < float(goal):
        state, losses = run(state, x, y)
        elbo, steps = -float(np.mean(losses)), steps + BLOCK
        best = max(best, elbo)
    total = time.perf_counter() - start
    told = {"cold": total, "warm": total - (compiling() - before), "steps": steps, "elbo": best}
    print(json.dumps(told))


main()
