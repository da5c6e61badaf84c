"""The size that `bn.reduce` chooses for a series, by leave-one-out and by leave-future-out.

NUTS of a 10-4-1 network on the embedded walking recording: windows of 10 samples, stride 5, of the
first 80%. Each size has a posterior of its own. Writes benchmarks/results/reduction_walking.csv.
"""

import time

import pandas as pd
from _tables import report

import bayesneuron as bn

COLUMNS = ("hidden", "elpd", "merged", "loss", "loss_se", "bad_k", "chosen")


def main() -> None:
    early, _ = bn.split(bn.datasets.walking(), test_size=0.2)
    x, y = bn.windows(early, history=10, horizon=1, stride=5)
    model = bn.load("two_layer", inputs=10, hidden=4, outputs=1, activation="tanh")
    draws = bn.nuts(model, x, y, seed=0)
    tables = []
    for cv in ("loo", "lfo"):
        started = time.perf_counter()
        curve = bn.reduce(draws, sizes=[1, 2, 3], cv=cv, seed=0).curve
        seconds = time.perf_counter() - started
        tables.append(curve.loc[:, list(COLUMNS)].assign(case=cv, seconds=seconds))
        print(tables[-1], flush=True)
    report("reduction_walking", pd.concat(tables))


if __name__ == "__main__":
    main()
