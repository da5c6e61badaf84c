"""How often does the search find the best optimum: from prior draws alone, or with neurons redrawn?

Twelve seeds per network and search, coarse and settled as in `bn.nuts`. `gap`: nats of the log
joint below the best that any seed and search found. `reached`: share of seeds within 0.1 of it.
`seconds`: median of one search, compiled. Writes benchmarks/results/optima.csv.
"""

from typing import Any

import jax
import jax.numpy as jnp
import pandas as pd
from _cases import sine, walking
from _tables import report
from _timing import timed

from bayesneuron.inference.starts import find_optima, prior_starts
from bayesneuron.network.arrays import as_arrays
from bayesneuron.network.density import Density, density
from bayesneuron.numerics.precision import double

SEEDS = 12


def prior_alone(dens: Density, x: Any, y: Any, *, starts: int, seed: int) -> Any:
    theta = prior_starts(dens, x, jax.random.fold_in(jax.random.key(seed), 3), starts)
    return find_optima(dens, x, y, starts=starts, keep=1, seed=seed, theta=theta)


SEARCHES = {
    "25 prior draws": lambda *data, seed: prior_alone(*data, starts=25, seed=seed),
    "100 prior draws": lambda *data, seed: prior_alone(*data, starts=100, seed=seed),
    "25, then neurons redrawn": lambda *data, seed: find_optima(
        *data, starts=25, keep=1, seed=seed
    ),
}


@double
def main() -> None:
    rows = []
    for case in (sine(10, 2, 20), walking(10, 3, 1), walking(20, 4, 5), walking(20, 8, 1)):
        x, y = (jnp.asarray(v) for v in as_arrays(case.model, case.x, case.y))
        dens = density(case.model, x, y)
        for name, search in SEARCHES.items():

            def log_joint(seed: int) -> float:
                return -float(search(dens, x, y, seed=seed).loss[0]) * len(x)  # noqa: B023

            log_joint(SEEDS)  # compiles
            for seed in range(SEEDS):
                seconds, height = timed(lambda s=seed: log_joint(s))
                rows.append((case.title, name, height, seconds))
    table = pd.DataFrame(rows, columns=["case", "search", "height", "seconds"])
    table["gap"] = table.groupby("case")["height"].transform("max") - table["height"]
    table["reached"] = table["gap"] < 0.1
    grouped = table.groupby(["case", "search"], sort=False)
    report("optima", grouped.agg(
        reached=("reached", "mean"), median_gap=("gap", "median"), largest_gap=("gap", "max"),
        seconds=("seconds", "median"),
    ).reset_index())  # fmt: skip


if __name__ == "__main__":
    main()
