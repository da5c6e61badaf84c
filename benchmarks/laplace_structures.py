"""Structures of the Laplace approximation on digits: 64-128-10 tanh, 9,610 free numbers.

    python benchmarks/laplace_structures.py                            # all, about ten minutes
    python benchmarks/laplace_structures.py hierarchical:kronecker     # one row, as JSON

A third of the 1,797 rows is held out, columns are standardised. Each row runs in a process of its
own. ``MiB`` is its peak memory above that of imports and data. ``mode`` are predictions at the
mode itself; the other columns are those of 500 draws through the linearised network.
"""

import json
import subprocess
import sys
import time
import warnings
from typing import Any

import numpy as np
import pandas as pd
from _memory import _peak
from _tables import report
from _wide_data import of_classes, split_of
from sklearn.linear_model import LogisticRegressionCV
from sklearn.neural_network import MLPClassifier

import bayesneuron as bn

WIDTH = 128
ROWS = [
    f"{prior}:{structure}"
    for prior in ("normal", "hierarchical")
    for structure in ("kronecker", "last_layer", "diagonal")
] + ["scikit-learn:MLPClassifier", "scikit-learn:LogisticRegressionCV"]


def scores(p: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """Of class probabilities."""
    error, surprise = of_classes(p, y)
    return {
        "accuracy": float(1 - error.mean()),
        "negative log density": float(surprise.mean()),
    }


def by_scikit_learn(name: str) -> dict[str, Any]:
    x, y, x_test, y_test = split_of("digits", 0)
    fit = {
        "MLPClassifier": MLPClassifier((WIDTH,), activation="tanh", max_iter=500, random_state=0),
        "LogisticRegressionCV": LogisticRegressionCV(Cs=10, l1_ratios=(0.0,), max_iter=2000),
    }[name]
    before, began = _peak(), time.perf_counter()
    fit.fit(x, y)
    seconds = time.perf_counter() - began
    return {
        "seconds": seconds,
        "MiB": _peak() - before,
        **scores(fit.predict_proba(x_test), y_test),
    }


def by_laplace(prior: str, structure: str) -> dict[str, Any]:
    x, y, x_test, y_test = split_of("digits", 0)
    model = bn.load(
        "mlp", inputs=64, hidden=(WIDTH,), outputs=10, likelihood="categorical", prior=prior
    )
    before, began = _peak(), time.perf_counter()
    draws = bn.laplace(model, x, y, structure=structure, samples=500, seed=0)
    seconds = time.perf_counter() - began
    mib = _peak() - before
    p = bn.predict(draws, x_test)["predictions"]["mean"].mean(("chain", "draw")).to_numpy()
    own = draws["linearised"]["theta"]
    still = draws.copy()
    still["linearised"] = (
        still["linearised"].to_dataset().assign(theta=own * 0 + draws["linearised"]["centre"])
    )
    at_mode = bn.predict(still.isel(draw=[0]), x_test)["predictions"]["mean"][0, 0].to_numpy()
    kept = ("scales", "log_evidence", "converged", "pareto_k", "importance_ess")
    return {
        "seconds": seconds,
        "MiB": mib,
        **scores(p, y_test),
        **{f"{k}, mode": v for k, v in scores(at_mode, y_test).items()},
        **{k: draws.attrs[k] for k in kept if k in draws.attrs},
    }


def main() -> None:
    """One row here, or all in processes of their own."""
    if len(sys.argv) > 1:
        first, second = sys.argv[1].split(":")
        of = by_scikit_learn(second) if first == "scikit-learn" else by_laplace(first, second)
        print(json.dumps({"prior": first, "structure": second, **of}))
        return
    rows = []
    for row in ROWS:
        done = subprocess.run([sys.executable, __file__, row], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        rows.append(json.loads(done.stdout.splitlines()[-1]))
        print(rows[-1], flush=True)
    report("laplace_structures", pd.DataFrame(rows))


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bn.StatisticalWarning)
        main()
