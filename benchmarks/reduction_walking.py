"""Sizes that `bn.reduce` compares for a 10-4-1 network on embedded walking data.

NUTS of the wide network, then sizes by their own posteriors: PSIS-LOO, and the last 20% held out.
"""

import pandas as pd
from _tables import report

import bayesneuron as bn


def main() -> None:
    early, late = bn.split(bn.datasets.walking(), test_size=0.2)
    windows = {"history": 10, "stride": 5}
    x, y = bn.windows(early, **windows)
    test = bn.windows(late, **windows, standardize=x)
    draws = bn.nuts(bn.load("two_layer", inputs=10, hidden=4, outputs=1), x, y, seed=0)
    curves = {
        "PSIS-LOO": bn.reduce(draws, cv="loo", sizes=[1, 2, 3]).curve,
        "held out": bn.reduce(draws, test=test, sizes=[1, 2, 3]).curve,
    }
    columns = ["hidden", "elpd", "merged", "loss", "loss_se", "chosen"]
    table = pd.concat({k: c[columns] for k, c in curves.items()}, names=["case"])
    report("reduction_walking", table.reset_index("case"))


if __name__ == "__main__":
    main()
