"""Divergences and steps of NUTS under learnt scales, by the acceptance rate it is tuned for.

Two public series, 12-3-1 with a direct path and the hierarchical prior, windows standardised on
their own, 2 chains of 300 draws after 300. Writes benchmarks/results/acceptance.csv.
"""

import time
import warnings
from itertools import product

import pandas as pd
from _public import public_series
from _tables import report

import bayesneuron as bn

SERIES = {"airline passengers": 115, "stock index": 150}  # samples
RATES = (0.8, 0.9, 0.95)
SEEDS = (0, 1, 2)


def main() -> None:
    """Run all and write the table."""
    warnings.simplefilter("ignore")
    rows = []
    for (kind, length), rate, seed in product(SERIES.items(), RATES, SEEDS):
        x, y = bn.windows(public_series(kind)[:length], 12, local="zscore")
        model = bn.load(
            "two_layer", inputs=12, hidden=3, outputs=1, prior="hierarchical", skip=True
        )
        began = time.process_time()
        draws = bn.nuts(
            model, x, y, chains=2, samples=300, warmup=300, target_accept=rate, seed=seed
        )
        rows.append(
            {
                "series": kind, "target_accept": rate, "seed": seed,
                "divergences": int(draws["sample_stats"]["diverging"].sum()),
                "steps": float(draws["sample_stats"]["n_steps"].mean()),
                "cpu_seconds": time.process_time() - began,
            }
        )  # fmt: skip
    report("acceptance", pd.DataFrame(rows))


if __name__ == "__main__":
    main()
