"""Half of the hidden neurons on every channel of MotionSense walking: error after refit.

100-10-100, ten networks a channel, merged to 5 neurons and trained on; against the same networks
whole, trained on as long. The output is linear in the hidden neurons, so the forecasts of any
network with 5 lie in an affine space of 5 dimensions: `projected` is the error of the full
network's own forecasts, projected to the best such space of its forecasts in training.
Writes benchmarks/results/reduction_channels.csv. MotionSense is
downloaded or read from BAYESNEURON_DATA.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from _reduction import CASES, Data, forecast, merged, stacked, train, trained

import bayesneuron as bn
from bayesneuron.draws.evaluate import evaluate
from bayesneuron.reduction.score import score

HERE = Path(__file__).parent
AXES = {"userAcceleration": "xyz", "rotationRate": "xyz", "gravity": "xyz"}
CHANNELS = [f"{kind}.{axis}" for kind, axes in AXES.items() for axis in axes]
CHANNELS += [f"attitude.{angle}" for angle in ("roll", "pitch", "yaw")]
SIZES = (5, 7)
PLANS = [{"hidden": k} for k in SIZES]
EPOCHS = 40


def projected(
    model: bn.Model, sites: Any, data: Data, held: Data, rank: int, scale: float
) -> np.ndarray:
    """Held-out error of forecasts projected to `rank` principal components, (network,)."""
    seen, told = (
        np.asarray(evaluate(model, sites, x, keep=("mean",))["mean"], float)
        for x in (data[0], held[0])
    )
    middle = seen.mean(axis=1, keepdims=True)
    basis = np.linalg.svd(seen - middle, full_matrices=False)[2][:, :rank]
    flat = np.einsum("sto,sro,srp->stp", told - middle, basis, basis) + middle
    return np.sqrt((((flat - held[1]) * scale) ** 2).mean(axis=(1, 2)))


def main() -> None:
    """One row a channel and size."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=10)
    seeds = parser.parse_args().seeds
    case, rows = CASES["walking"], []
    for channel in CHANNELS:
        series = bn.datasets.motionsense("wlk_7", column=channel)
        data, held, scale = forecast(series, history=100, horizon=100, stride=5)
        nets = [trained(case, data, seed) for seed in range(seeds)]
        sites = stacked(nets)

        def refit(model: bn.Model, sites: Any) -> Any:
            return train(model, sites, *data, seed=0, **{**case.recipe, "epochs": EPOCHS})  # noqa: B023

        def error(model: bn.Model, sites: Any) -> np.ndarray:
            return score(model, sites, *held, loo=False, scale=scale).each  # noqa: B023

        longer = refit(case.model, sites)
        full = error(case.model, longer)
        reduced = merged(case.model, nets, data, PLANS)
        for size, (model, small) in zip(SIZES, reduced, strict=True):
            ratio = error(model, refit(model, small)) / full
            rows.append({
                "channel": channel, "neurons": size, "full": full.mean(),
                "constant": float(np.sqrt(np.mean((held[1] * scale) ** 2))),
                "projected": (projected(case.model, longer, data, held, size, scale) / full).mean(),
                "ratio": ratio.mean(), "se": ratio.std(ddof=1) / np.sqrt(seeds),
            })  # fmt: skip
            print(pd.Series(rows[-1]).to_dict(), flush=True)
        pd.DataFrame(rows).to_csv(HERE / "results" / "reduction_channels.csv", index=False,
                                  float_format="%.5g")  # fmt: skip


main()
