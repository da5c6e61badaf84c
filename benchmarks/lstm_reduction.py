"""Half of the units of an LSTM of 32 on MotionSense walking: one-step error before and after.

`wlk_7`, `userAcceleration.x`, windows of 20 samples, the last 30% held out. Five networks are
trained by 100 epochs of Adam from prior draws, reduced to 16 and to 8 units one by one, and trained
for 20 more epochs. Baselines remove or merge units as published, and are trained for as long.
`ratio` is the held-out error over that of the full network trained for as many more epochs,
`reduced` the same before the refit, `linear` the error of linear regression on the window. Writes
benchmarks/results/lstm_reduction.csv. MotionSense is downloaded or read from BAYESNEURON_DATA.
"""

import argparse
import time

import jax
import numpy as np
import pandas as pd
from _reduction import OURS, Case, held_out_error, stacked, trained, trained_on, walking
from _tables import report
from sklearn.linear_model import LinearRegression

import bayesneuron as bn
from bayesneuron.reduction.shrink import shrink

METHODS = {
    "merge": OURS,
    "magnitude": bn.baselines.magnitude,
    "random": bn.baselines.random,
    "activation correlation": bn.baselines.activation_correlation,
    "k-means": bn.baselines.kmeans_euclidean,
}
SIZES, MORE = (16, 8), 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    seeds = parser.parse_args().seeds
    model = bn.load("lstm", hidden=32)
    case = Case(
        "MotionSense walking, LSTM of 32",
        lambda seed: walking(seed, history=20, stride=1),
        model,
        tuple((k,) for k in SIZES),
        "held-out RMSE, g",
        {"epochs": 100, "prior": True},
    )
    data, test, scale = case.data(0)
    started = time.perf_counter()
    networks = [trained(case, data, seed) for seed in range(seeds)]
    print(f"{len(data[0])} windows, trained in {time.perf_counter() - started:.0f} s", flush=True)
    longer = trained_on(case, model, stacked(networks), data, epochs=MORE)
    full = held_out_error(model, longer, test, scale)
    left = LinearRegression().fit(*data).predict(test[0]) - test[1]
    linear = float(np.sqrt(np.mean(left**2)) * scale)
    rows = []
    for name, method in METHODS.items():
        with jax.enable_x64(True):
            each = [
                shrink(model, sites, *data, [{"hidden": k} for k in SIZES], method, seed=seed)
                for seed, sites in enumerate(networks)
            ]
        for place, size in enumerate(SIZES):
            small, sites = each[0][place][0], stacked([one[place][1] for one in each])
            before = held_out_error(small, sites, test, scale) / full
            refitted = trained_on(case, small, sites, data, epochs=MORE)
            ratio = held_out_error(small, refitted, test, scale) / full
            rows.append({
                "method": name, "units": size, "linear": linear, "full": full.mean(),
                "reduced": before.mean(), "ratio": ratio.mean(),
                "se": ratio.std(ddof=1) / np.sqrt(seeds),
            })  # fmt: skip
            print(rows[-1], f"{time.perf_counter() - started:.0f} s", flush=True)
    report("lstm_reduction", pd.DataFrame(rows))


if __name__ == "__main__":
    main()
