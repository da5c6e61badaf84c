"""Do the identified parts of 90% regions hold the true neurons of a wide network? 3-16-1.

Truth and data are drawn from the model, 300 rows, noise 0.1; NUTS with 2 chains of 500 after 500.
Draws are aligned without the truth, which is then aligned to them. For every hidden neuron:
whether ``region(0.9)`` holds it, and whether the identified part of the region (`bn.identified`)
holds the identified part of the truth. The latter counts where a direction is identified: a region
of none is a point that holds every projected truth. ``calibration_wide.py --sets 60`` appends what
is missing to benchmarks/results/calibration_wide.csv and prints the shares, with errors clustered
by data set.
"""

import argparse
import time
import warnings

import numpy as np
import pandas as pd
from _tables import RESULTS, machine

import bayesneuron as bn
from bayesneuron.alignment._align import sites_of
from bayesneuron.diagnostics.calibration import seed_of, simulate
from bayesneuron.draws.coordinates import coordinates

TABLE = RESULTS / "calibration_wide.csv"
MODEL = bn.load("two_layer", inputs=3, hidden=16, outputs=1, noise=0.1)
ROWS, LEVEL = 300, 0.9


def one(number: int) -> pd.DataFrame:
    """A row per hidden neuron of data set `number`."""
    x = np.random.default_rng([3, 16, number]).normal(size=(ROWS, 3))
    seed = seed_of(16, number)
    truth, y = simulate(MODEL, x, seed=seed)
    began = time.process_time()
    draws = bn.align(bn.nuts(MODEL, x, y, chains=2, samples=500, warmup=500, seed=seed))
    seconds = time.process_time() - began
    layout = MODEL.layout
    true_sites = sites_of(bn.align(truth, reference=draws), layout)
    at = coordinates(layout, true_sites, "hidden").values[0]
    post, parts = bn.neurons(draws)["hidden"], bn.identified(draws)["hidden"]
    convergence = bn.compare({"nuts": draws}).methods.loc["nuts"]
    return pd.DataFrame(
        {
            "set": number,
            "neuron": range(len(at)),
            "inside": post.region(LEVEL).contains(at),
            "inside_identified": parts.region(LEVEL).contains(parts.project(at)),
            "directions": (np.linalg.eigvalsh(parts.marginal) > 0.5).sum(axis=1),
            "rhat_function": convergence["rhat_function"],
            "seconds": seconds,
            "machine": machine(),
        }
    )


def summary(table: pd.DataFrame) -> None:
    """Share of the neurons inside, its error clustered by data set."""
    for name, rows in {
        "inside": table, "inside_identified": table[table["directions"] > 0]
    }.items():  # fmt: skip
        sums = rows.groupby("set")[name].agg(["sum", "size"])
        share = sums["sum"].sum() / sums["size"].sum()
        se = np.sqrt(np.square(sums["sum"] - share * sums["size"]).sum()) / sums["size"].sum()
        print(f"{name}: {share:.3f} ± {se:.3f}, {len(rows)} neurons of {len(sums)} data sets")
    print(f"R-hat of predictions, largest: {table['rhat_function'].max():.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=60)
    done = set(pd.read_csv(TABLE)["set"]) if TABLE.exists() else set()
    for number in range(parser.parse_args().sets):
        if number not in done:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", bn.StatisticalWarning)
                rows = one(number)
            rows.to_csv(TABLE, mode="a", header=not TABLE.exists(), index=False)
            print(rows[["set", "inside", "inside_identified", "seconds"]].mean().to_dict())
    summary(pd.read_csv(TABLE))


if __name__ == "__main__":
    main()
