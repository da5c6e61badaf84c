"""How often the search finds the best optimum: prior draws alone, or neurons drawn anew as well.

Twelve seeds a network and way, coarse and settled as `bn.nuts` does. `gap`: nats of the log joint
below the best that any seed and way found; `reached`: share of seeds within 0.1 of it; `seconds`:
median of a search, compiled. Writes benchmarks/results/optima.csv.
"""

import time
from typing import Any

import jax
import jax.numpy as jnp
import pandas as pd
from _side_by_side import report, sine, walking

from bayesneuron.inference.starts import find_optima, prior_starts
from bayesneuron.network.arrays import as_arrays
from bayesneuron.network.density import Density, density
from bayesneuron.numerics.precision import double

SEEDS = 12
CASES = (sine(10, 2, 20), walking(10, 3, 1), walking(20, 4, 5), walking(20, 8, 1))


def prior_alone(dens: Density, x: Any, y: Any, *, starts: int, seed: int) -> Any:
    theta = prior_starts(dens, x, jax.random.fold_in(jax.random.key(seed), 3), starts)
    return find_optima(dens, x, y, starts=starts, keep=1, seed=seed, theta=theta)


WAYS = {
    "25 prior draws": lambda *data, seed: prior_alone(*data, starts=25, seed=seed),
    "100 prior draws": lambda *data, seed: prior_alone(*data, starts=100, seed=seed),
    "25, then neurons anew": lambda *data, seed: find_optima(*data, starts=25, keep=1, seed=seed),
}


@double
def main() -> None:
    rows = []
    for case in CASES:
        x, y = (jnp.asarray(v) for v in as_arrays(case.model, case.x, case.y))
        dens = density(case.model, x, y)
        for name, way in WAYS.items():
            way(dens, x, y, seed=SEEDS)  # compiles
            for seed in range(SEEDS):
                began = time.perf_counter()
                height = -float(way(dens, x, y, seed=seed).loss[0]) * len(x)
                rows.append((case.title, name, height, time.perf_counter() - began))
    table = pd.DataFrame(rows, columns=["case", "way", "height", "seconds"])
    table["gap"] = table.groupby("case")["height"].transform("max") - table["height"]
    table["reached"] = table["gap"] < 0.1
    grouped = table.groupby(["case", "way"], sort=False)
    report("optima", grouped.agg(
        reached=("reached", "mean"), median_gap=("gap", "median"), largest_gap=("gap", "max"),
        seconds=("seconds", "median"),
    ).reset_index())  # fmt: skip


if __name__ == "__main__":
    main()
