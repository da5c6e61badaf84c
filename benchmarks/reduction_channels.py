"""Half of the hidden neurons, on every channel of MotionSense walking: error after refitting.

Ten 100-10-100 networks per channel are merged to 5 or 7 neurons and trained further; errors are
relative to the full networks, trained for as long. The output is linear in the hidden neurons, so
the forecasts of a network with 5 lie in an affine space of 5 dimensions. `projected` is the error
of the full network's forecasts, projected onto the best such space for its training forecasts.
Writes benchmarks/results/reduction_channels.csv. MotionSense is downloaded or read from
BAYESNEURON_DATA.
"""

import argparse
from typing import Any

import numpy as np
import pandas as pd
from _reduction import (
    CASES,
    Data,
    forecast,
    held_out_error,
    merged,
    stacked,
    trained,
    trained_on,
)
from _tables import RESULTS

import bayesneuron as bn
from bayesneuron.draws.evaluate import evaluate

AXES = {"userAcceleration": "xyz", "rotationRate": "xyz", "gravity": "xyz"}
CHANNELS = [f"{kind}.{axis}" for kind, axes in AXES.items() for axis in axes]
CHANNELS += [f"attitude.{angle}" for angle in ("roll", "pitch", "yaw")]
SIZES = (5, 7)
PLANS = [{"hidden": k} for k in SIZES]
EPOCHS = 40


def projected(
    model: bn.results.Model, sites: Any, data: Data, test: Data, rank: int, scale: float
) -> np.ndarray:
    """Held-out error of forecasts projected onto `rank` principal components, (network,)."""
    fitted, forecasts = (
        np.asarray(evaluate(model, sites, x, keep=("mean",))["mean"], float)
        for x in (data[0], test[0])
    )
    mean = fitted.mean(axis=1, keepdims=True)
    basis = np.linalg.svd(fitted - mean, full_matrices=False)[2][:, :rank]
    projection = np.einsum("sto,sro,srp->stp", forecasts - mean, basis, basis) + mean
    return np.sqrt((((projection - test[1]) * scale) ** 2).mean(axis=(1, 2)))


def main() -> None:
    """One row per channel and size."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=10)
    seeds = parser.parse_args().seeds
    case, rows = CASES["walking"], []
    for channel in CHANNELS:
        series = bn.datasets.motionsense("wlk_7", column=channel)
        data, test, scale = forecast(series, history=100, horizon=100, stride=5)
        networks = [trained(case, data, seed) for seed in range(seeds)]
        longer = trained_on(case, case.model, stacked(networks), data, epochs=EPOCHS)
        full = held_out_error(case.model, longer, test, scale)
        reduced = merged(case.model, networks, data, PLANS)
        for size, (model, small) in zip(SIZES, reduced, strict=True):
            refitted = trained_on(case, model, small, data, epochs=EPOCHS)
            ratio = held_out_error(model, refitted, test, scale) / full
            rows.append({
                "channel": channel, "neurons": size, "full": full.mean(),
                "constant": float(np.sqrt(np.mean((test[1] * scale) ** 2))),
                "projected": (projected(case.model, longer, data, test, size, scale) / full).mean(),
                "ratio": ratio.mean(), "se": ratio.std(ddof=1) / np.sqrt(seeds),
            })  # fmt: skip
            print(pd.Series(rows[-1]).to_dict(), flush=True)
        pd.DataFrame(rows).to_csv(
            RESULTS / "reduction_channels.csv", index=False, float_format="%.5g"
        )


if __name__ == "__main__":
    main()
