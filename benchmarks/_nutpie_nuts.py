"""nutpie's NUTS, whose metric is adapted by Fisher divergence; prints JSON.

Run by `nuts_speed.py` with a Python that has nutpie and JAX. The log density is that of the
package's two-layer network (`_two_layer.py`), compiled by JAX in double precision and called from
nutpie, one chain at a time. All chains start at one point; with ``dense`` the metric is diagonal
plus low rank, else diagonal.
"""

import json
import sys
import warnings
from importlib.metadata import version

warnings.simplefilter("ignore")

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
import nutpie  # noqa: E402
from _timing import costed_twice  # noqa: E402
from _two_layer import NAMES, log_density  # noqa: E402
from jax.flatten_util import ravel_pytree  # noqa: E402
from nutpie.compiled_pyfunc import from_pyfunc  # noqa: E402

jax.config.update("jax_enable_x64", True)


def main() -> None:
    file, out, settings = sys.argv[1:]
    options = json.loads(settings)
    with np.load(file, allow_pickle=False) as data:
        x, y = (jnp.asarray(data[k], jnp.float64) for k in ("x", "y"))
        start, unravel = ravel_pytree({k: jnp.asarray(data[f"start_{k}"][0]) for k in NAMES})
        probe = {k: jnp.asarray(data[f"probe_{k}"]) for k in NAMES}

    both = jax.jit(jax.value_and_grad(lambda theta: log_density(unravel(theta), x, y)))

    def logp(theta: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = both(theta)
        return float(value), np.asarray(gradient)

    def run() -> dict[str, np.ndarray]:
        model = from_pyfunc(
            start.size, lambda: logp, lambda *_: lambda theta: {"theta": theta},
            [np.dtype("float64")], [(start.size,)], ["theta"],
            make_initial_point_fn=lambda _: np.asarray(start),
        )  # fmt: skip
        tree = nutpie.sample(
            model, draws=options["samples"], tune=options["warmup"], chains=options["chains"],
            cores=1, seed=options["seed"] + 1, progress_bar=False, save_warmup=False,
            low_rank_modified_mass_matrix=options["dense"],
        )  # fmt: skip
        stats = tree.sample_stats
        return {
            "theta": np.asarray(tree.posterior["theta"]),
            "steps": np.asarray(stats["n_steps"]),
            "diverging": np.asarray(stats["diverging"]),
        }

    costs, drawn = costed_twice(run)
    draws = jax.tree.map(np.asarray, jax.vmap(jax.vmap(unravel))(jnp.asarray(drawn["theta"])))
    draws["noise"] = np.exp(draws["noise"])
    np.savez(out, **draws)
    print(
        json.dumps(
            {
                "version": f"nutpie {version('nutpie')}",
                "costs": costs,
                "steps": float(drawn["steps"].mean()),
                "divergences": int(drawn["diverging"].sum()),
                "log_density": np.asarray(jax.vmap(lambda p: log_density(p, x, y))(probe)).tolist(),
            }
        )
    )


main()
