"""NumPyro's autoguides by their defaults, run until they reach an ELBO; prints JSON.

Run by `svi_laplace_speed.py`. Adam with our number of particles and our learning rate, constant or
decaying to zero by a cosine over all steps allowed; the ELBO is the mean over a block of 500 steps.
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
    file, _, options, guide, schedule, particles, rate, target, max_steps = sys.argv[1:]
    with np.load(file, allow_pickle=False) as data:
        x, y = (jnp.asarray(data[k], jnp.float32) for k in ("x", "y"))
    function = load("two_layer", **json.loads(options)).function
    constant, limit = float(rate), int(max_steps)
    falling = optax.cosine_decay_schedule(constant, limit)
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
    while steps < limit and best < float(target):
        state, losses = run(state, x, y)
        elbo, steps = -float(np.mean(losses)), steps + BLOCK
        best = max(best, elbo)
    total = time.perf_counter() - start
    answer = {"cold": total, "warm": total - (compiling() - before), "steps": steps, "elbo": best}
    print(json.dumps(answer))


main()
