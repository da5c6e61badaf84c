"""Priors of a wide network: held-out predictions of small tables of classes.

    python benchmarks/wide_priors.py            # all, about 20 minutes on two cores
    python benchmarks/wide_priors.py iris nuts  # one table, one estimator

One hidden layer of 64 tanh neurons, ``mlp`` with ``likelihood="categorical"``; a third of the rows
is held out, columns are standardised.
"""

import itertools
import sys
import time
import warnings

import numpy as np
import pandas as pd
from sklearn.datasets import load_iris, load_wine

import bayesneuron as bn
from bayesneuron.network.priors import PRIORS

TABLES = {"iris": load_iris, "wine": load_wine}
OPTIONS = {"laplace": {}, "svi": {}, "nuts": {"chains": 2, "samples": 300, "warmup": 300}}
WIDTH = 64


def held_out(table: str, prior: str, method: str) -> dict[str, object]:
    """Scores of one estimate."""
    data = TABLES[table]()
    x, y = data.data, data.target  # pyright: ignore[reportAttributeAccessIssue]
    order = np.random.default_rng(0).permutation(len(x))
    test, train = np.split(order, [len(x) // 3])
    x = (x - x[train].mean(axis=0)) / x[train].std(axis=0)
    model = bn.load(
        "mlp", inputs=x.shape[1], hidden=(WIDTH,), outputs=3, likelihood="categorical", prior=prior
    )
    began = time.perf_counter()
    draws = getattr(bn, method)(model, x[train], y[train], seed=0, **OPTIONS[method])
    seconds = time.perf_counter() - began
    row = bn.compare({method: draws}, test=(x[test], y[test])).methods.loc[method]
    return {
        "table": table,
        "prior": prior,
        "method": method,
        "negative log density": -row["lpd"],
        "accuracy": 1 - row["error_rate"],
        "R-hat of predictions": row["rhat_function"],
        "divergences": draws.attrs.get("divergences"),
        "seconds": seconds,
    }


def main() -> None:
    """Print one row per table, estimator and prior."""
    chosen = set(sys.argv[1:])
    cases = itertools.product(TABLES, OPTIONS, PRIORS)
    rows = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bn.StatisticalWarning)
        for table, method, prior in cases:
            if not chosen - {table, method, prior}:
                rows.append(held_out(table, prior, method))
                print(pd.DataFrame(rows[-1:]).round(3).to_string(header=len(rows) == 1), flush=True)


if __name__ == "__main__":
    main()
