"""NumPyro's NUTS on a network of the package; writes draws, prints JSON.

Run by `nuts_speed.py`. Single precision and, but for what is given, NumPyro's defaults: starts
uniform in (-2, 2), a diagonal mass matrix. With ``start`` all chains start at one point, with
``dense`` the mass matrix is dense.
"""

import json
import sys

import numpy as np
import numpyro

# before JAX starts: as many devices as chains, for chain_method="parallel"
file, out, settings = sys.argv[1:]
options = json.loads(settings)
if options["chain_method"] == "parallel":
    numpyro.set_host_device_count(options["chains"])

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
from _timing import costed_twice  # noqa: E402
from numpyro.infer import MCMC, NUTS, init_to_uniform, init_to_value  # noqa: E402

from bayesneuron.network.model import load  # noqa: E402


def main() -> None:
    with np.load(file, allow_pickle=False) as data:
        arrays = {k: jnp.asarray(data[k], jnp.float32) for k in data.files}
    x, y = arrays.pop("x"), arrays.pop("y")
    start = {k.removeprefix("start_"): v for k, v in arrays.items()}
    model = load("two_layer", **options["model"])
    init = init_to_value(values=start) if start else init_to_uniform
    sampler = MCMC(
        NUTS(model.function, dense_mass=options["dense"], init_strategy=init),
        num_warmup=options["warmup"],
        num_samples=options["samples"],
        num_chains=options["chains"],
        chain_method=options["chain_method"],
        progress_bar=False,
    )

    def run() -> dict[str, np.ndarray]:
        key = jax.random.key(options["seed"])
        sampler.run(key, x, y, extra_fields=("num_steps", "diverging"))
        return {k: np.asarray(v) for k, v in sampler.get_samples(group_by_chain=True).items()}

    costs, draws = costed_twice(run)
    extra = {k: np.asarray(v) for k, v in sampler.get_extra_fields(group_by_chain=True).items()}
    derived = ("mean", "hidden_activation")
    np.savez(out, **{k: v for k, v in draws.items() if k not in derived})
    print(
        json.dumps(
            {
                "version": f"numpyro {numpyro.__version__}",
                "costs": costs,
                "steps": float(extra["num_steps"].mean()),
                "divergences": int(extra["diverging"].sum()),
            }
        )
    )


main()
