"""n-cut of whole networks against shuffled weights: digits networks, planted blocks, noise.

scikit-learn's MLPClassifier, 64-128-128-10, ReLU, Adam, 40 epochs on digits. ``pruned``: 20 more
epochs, in which the smallest weights of each matrix are set to zero, 90% of them at the end, as
Filan et al. do in larger networks. ``untrained``: initial weights. ``blocks``: four blocks,
on the diagonal, weights between them a tenth as large. ``gaussian``: independent weights.
"""

import argparse
import warnings
from itertools import pairwise

import numpy as np
import pandas as pd
import xarray as xr
from _tables import report
from _timing import timed
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

import bayesneuron as bn

WIDTHS = (64, 128, 128, 10)
EPOCHS, PRUNING, SPARSITY = 40, 20, 0.9
LAYOUT = bn.Layout(
    {
        "W1": ("first", "input"), "b1": ("first",),
        "W2": ("second", "first"), "b2": ("second",),
        "W3": ("output", "second"), "b3": ("output",),
    },
    {"first": "relu", "second": "relu"},
)  # fmt: skip


def digits(case: str, seed: int) -> tuple[xr.DataTree, float]:
    """A network as draws of one, and its accuracy on a third held out."""
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(x))
    x, y = x[order] / 16, y[order]
    held = len(x) // 3
    net = MLPClassifier(WIDTHS[1:-1], batch_size=64, learning_rate_init=1e-3, random_state=seed)
    classes = np.arange(10)
    epochs = {"untrained": 0, "trained": EPOCHS, "pruned": EPOCHS + PRUNING}[case]
    if not epochs:
        net.learning_rate_init = 1e-12
        net.partial_fit(x[held:], y[held:], classes=classes)
    for epoch in range(epochs):
        net.partial_fit(x[held:], y[held:], classes=classes)
        if epoch >= EPOCHS:
            prune(net.coefs_, SPARSITY * min(1.0, (epoch - EPOCHS + 1) / (0.75 * PRUNING)))
    sites = {f"W{i}": w.T[None] for i, w in enumerate(net.coefs_, start=1)}
    sites |= {f"b{i}": b[None] for i, b in enumerate(net.intercepts_, start=1)}
    return bn.from_arrays(sites, layout=LAYOUT), float(net.score(x[:held], y[:held]))


def prune(matrices: list[np.ndarray], share: float) -> None:
    """Set the smallest weights of each matrix to zero."""
    for matrix in matrices:
        matrix[np.abs(matrix) <= np.quantile(np.abs(matrix), share)] = 0.0


def matrices(case: str, seed: int) -> list[np.ndarray]:
    """Weights without a task."""
    rng = np.random.default_rng(seed)
    made = []
    for columns, rows in pairwise(WIDTHS):
        same = (4 * np.arange(rows) // rows)[:, None] == 4 * np.arange(columns) // columns
        strength = np.where(same, 1.0, 0.1) if case == "blocks" else 1.0
        made.append(strength * rng.normal(size=(rows, columns)))
    return made


def one(case: str, seed: int, null: int) -> dict[str, float | str]:
    """One row."""
    accuracy = np.nan
    if case in ("untrained", "trained", "pruned"):
        source, accuracy = digits(case, seed)
    else:
        source = matrices(case, seed)
    seconds, result = timed(lambda: bn.clusterability(source, null=null, seed=seed))
    return {
        "case": f"{case}, seed {seed}",
        "accuracy": accuracy,
        "ncut": result.ncut[0],
        "null": result.null.mean(),
        "null_sd": result.null.std(ddof=1),
        "z": result.z,
        "p": result.p_value,
        "seconds": seconds,
    }


def main() -> None:
    """Print one table, and write it to results/clusterability.csv."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--null", type=int, default=100)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    cases = ("untrained", "trained", "pruned", "blocks", "gaussian")
    rows = [one(case, seed, options.null) for case in cases for seed in options.seeds]
    report("clusterability", pd.DataFrame(rows))


if __name__ == "__main__":
    main()
