"""Symmetries of gated networks planted in noisy copies of one, and the share that alignment undoes.

As `planted_symmetries.py`: 1000 copies per case, each under a random permutation and random signs
of its units. Writes benchmarks/results/planted_gated.csv.
"""

import time

import numpy as np
import pandas as pd
from _tables import report
from planted_symmetries import recovered

import bayesneuron as bn

NOISE = (0.1, 0.3, 0.5)


def main() -> None:
    rows = []
    for name in ("gru", "lstm"):
        for hidden in (8, 16, 32, (8, 8)):
            for activation in ("tanh", "relu"):
                if activation == "relu" and hidden != 16:
                    continue
                model = bn.load(name, hidden=hidden, activation=activation)
                started = time.perf_counter()
                shares = {f"noise {n}": recovered(model, n, seed=0) for n in NOISE}
                seconds = time.perf_counter() - started
                width = "-".join(str(v) for v in np.ravel(hidden))
                rows.append({"network": name, "hidden": width, "activation": activation,
                             **shares, "seconds": seconds})  # fmt: skip
                print(rows[-1], flush=True)
    report("planted_gated", pd.DataFrame(rows))


if __name__ == "__main__":
    main()
