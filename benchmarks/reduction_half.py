"""Half of the hidden neurons of 100-10-100 on MotionSense walking, by network and recipe.

`wlk_7`, `userAcceleration.x`, last 30% held out, ten starts. The network with a linear output on
standardised windows, or with tanh outside too, as the study writes it, on windows scaled to
[-1, 1]; trained with the prior or without it (plain squared error, as in the study), 70 epochs of
Adam, batches of 16. Merged to 5 neurons, then some epochs more of the same recipe (`refit`).
Held-out error over that of the full network as it was (`ratio`), and over that of the full one
trained on as long (`ratio_longer`). Writes benchmarks/results/reduction_half.csv. MotionSense is
downloaded or read from BAYESNEURON_DATA.
"""

import argparse
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from _reduction import CASES, merged, stacked, train, trained, walking
from _side_by_side import report

import bayesneuron as bn
from bayesneuron.reduction.score import score

HALF = [{"hidden": 5}]
REFITS = (10, 40, 100)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    seeds = parser.parse_args().seeds
    rows = []
    for output, scaling in (("identity", {}), ("tanh", {"standardize": "maxabs"})):
        model = bn.load("two_layer", inputs=100, hidden=10, outputs=100, output=output)
        data, held, scale = walking(0, history=100, horizon=100, stride=5, **scaling)
        for prior in (True, False):
            case = replace(CASES["walking"], model=model, recipe={"epochs": 70, "prior": prior})

            def refit(model: bn.Model, sites: Any, epochs: int) -> Any:
                return train(model, sites, *data, seed=0, **{**case.recipe, "epochs": epochs})  # noqa: B023

            def error(model: bn.Model, sites: Any) -> np.ndarray:
                return score(model, sites, *held, loo=False, scale=scale).each  # noqa: B023

            nets = [trained(case, data, seed) for seed in range(seeds)]
            full = stacked(nets)
            ((less, small),) = merged(model, nets, data, HALF)
            was = error(model, full)
            for epochs in REFITS:
                half = error(less, refit(less, small, epochs))
                ratio, longer = half / was, half / error(model, refit(model, full, epochs))
                rows.append({
                    "case": f"output {output}, {'with' if prior else 'no'} prior, refit {epochs}",
                    "full": was.mean(), "ratio": ratio.mean(),
                    "se": ratio.std(ddof=1) / np.sqrt(seeds), "ratio_longer": longer.mean(),
                    "se_longer": longer.std(ddof=1) / np.sqrt(seeds),
                })  # fmt: skip
                print(rows[-1], flush=True)
    report("reduction_half", pd.DataFrame(rows))


if __name__ == "__main__":
    main()
