"""How wide should the prior of logits be? Held-out densities by the scale of its half-normal.

    python benchmarks/logit_scale.py --data iris wine --widths 128 --splits 3
    RDATASETS=<Rdatasets>/csv python benchmarks/logit_scale.py --data crabs fgl --estimators nuts

Networks, splits and peers of `wide_table.py`, the default prior of classes but for the scale of the
half-normal of the output layer (`bayesneuron.network.priors.LOGITS`); that of scikit-learn's rows
is zero. Sets of R's MASS and boot (`_r_sets.py`) had no part in the choice of the default. One row
per estimate, in a process of its own, in results/logit_scale.csv; those in the file are not made
again.
"""

import argparse
import json
import subprocess
import sys
import time
import warnings
from typing import Any

import numpy as np
import pandas as pd
from _tables import RESULTS, machine
from _wide_data import CLASSES, LINEAR, NETWORK, by_scikit_learn, of_classes, split_of
from wide_table import OPTIONS

FILE = RESULTS / "logit_scale.csv"
KEYS = ["data", "width", "split", "estimator", "logits"]


def estimate(data: str, width: int, split: int, estimator: str, logits: float) -> dict[str, float]:
    """Scores of one estimate."""
    began = time.process_time()
    if estimator in (LINEAR, NETWORK):
        scores = by_scikit_learn(estimator, data, width, split)
    else:
        import bayesneuron as bn
        from bayesneuron.network import priors

        warnings.simplefilter("ignore")
        priors.LOGITS = logits
        x, y, x_test, y_test = split_of(data, split)
        classes = {"outputs": int(y.max()) + 1, "likelihood": "categorical"}
        model = bn.load("mlp", inputs=x.shape[1], hidden=(width,), **classes)
        draws = getattr(bn, estimator.split("-")[0])(model, x, y, seed=split, **OPTIONS[estimator])
        p = np.asarray(bn.predict(draws, x_test)["predictions"]["mean"]).mean(axis=(0, 1))
        scores = of_classes(p, y_test)
    return {
        "error": float(scores.error.mean()),
        "density": float(scores.surprise.mean()),
        "seconds": time.process_time() - began,
    }


def run(task: dict[str, Any]) -> None:
    """Make one row, unless it is in the file, and add it."""
    old = pd.read_csv(FILE) if FILE.exists() else pd.DataFrame(columns=KEYS)
    if tuple(task.values()) in set(old[KEYS].itertuples(index=False, name=None)):
        return
    command = [sys.executable, __file__, "--one", json.dumps(task)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(*task.values(), "failed:", *done.stderr.splitlines()[-1:], flush=True)
        return
    row = task | json.loads(done.stdout.splitlines()[-1]) | {"machine": machine()}
    new = pd.concat([old, pd.DataFrame([row])]) if len(old) else pd.DataFrame([row])
    new.sort_values(KEYS, kind="stable").to_csv(FILE, index=False, float_format="%.5g")
    print(*(f"{v:.4g}" if isinstance(v, float) else v for v in row.values()), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", default=["iris", "wine"], choices=list(CLASSES))
    parser.add_argument("--widths", nargs="+", type=int, default=[32])
    parser.add_argument("--estimators", nargs="+", default=["svi"], choices=list(OPTIONS))
    parser.add_argument("--logits", nargs="+", type=float, default=[12.0, 48.0])
    parser.add_argument("--splits", type=int, default=1)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(estimate(**json.loads(args.one))))
        return
    every = [(e, s) for e in args.estimators for s in args.logits]
    for data in args.data:
        for width in args.widths:
            for split in range(args.splits):
                for estimator, logits in [(LINEAR, 0.0), (NETWORK, 0.0), *every]:
                    run(dict(zip(KEYS, (data, width, split, estimator, logits), strict=True)))


if __name__ == "__main__":
    main()
