"""Half of the hidden neurons of 100-10-100 on MotionSense walking, by network and recipe.

`wlk_7`, `userAcceleration.x`, last 30% held out, ten starts. The output is linear, on standardised
windows, or tanh as in the study, on windows scaled to [-1, 1]. Training is with the prior, or
without it as in the study (plain squared error): 70 epochs of Adam, batches of 16. The network is
merged to 5 neurons and trained for some more epochs (`refit`). `ratio` is the held-out error over
that of the full network as it was, `ratio_longer` over that of the full network trained for as many
more epochs. Writes benchmarks/results/reduction_half.csv. MotionSense is downloaded or read from
BAYESNEURON_DATA.
"""

import argparse
from dataclasses import replace

import numpy as np
import pandas as pd
from _reduction import CASES, held_out_error, merged, stacked, trained, trained_on, walking
from _tables import report

import bayesneuron as bn

HALF = [{"hidden": 5}]
REFITS = (10, 40, 100)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    seeds = parser.parse_args().seeds
    rows = []
    for output, scaling in (("identity", {}), ("tanh", {"standardize": "maxabs"})):
        model = bn.load("two_layer", inputs=100, hidden=10, outputs=100, output=output)
        data, test, scale = walking(0, history=100, horizon=100, stride=5, **scaling)
        for prior in (True, False):
            case = replace(CASES["walking"], model=model, recipe={"epochs": 70, "prior": prior})
            networks = [trained(case, data, seed) for seed in range(seeds)]
            full = stacked(networks)
            ((small, merged_sites),) = merged(model, networks, data, HALF)
            before = held_out_error(model, full, test, scale)
            for epochs in REFITS:
                half, whole = (
                    held_out_error(m, trained_on(case, m, s, data, epochs=epochs), test, scale)
                    for m, s in ((small, merged_sites), (model, full))
                )
                ratio, longer = half / before, half / whole
                rows.append({
                    "case": f"output {output}, {'with' if prior else 'no'} prior, refit {epochs}",
                    "full": before.mean(), "ratio": ratio.mean(),
                    "se": ratio.std(ddof=1) / np.sqrt(seeds), "ratio_longer": longer.mean(),
                    "se_longer": longer.std(ddof=1) / np.sqrt(seeds),
                })  # fmt: skip
                print(rows[-1], flush=True)
    report("reduction_half", pd.DataFrame(rows))


if __name__ == "__main__":
    main()
