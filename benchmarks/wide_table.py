"""Wide networks by every estimator and prior, beside scikit-learn, on seven small tables.

    python benchmarks/wide_table.py --data iris wine --widths 8 32 --splits 2 --jobs 1
    python benchmarks/wide_table.py --draw     # the summary of the rows that there are

One hidden layer of tanh neurons, ``mlp`` as it comes (classes: ``likelihood="categorical"``), a
third of the rows held out. Every row of results/wide_table.csv is one estimate, in a process of
its own and written as it ends; those in the file are not run again. An estimate that takes longer
than ``--limit`` seconds is written as skipped.

Estimators have their defaults but for the number of draws: bootstrap 100 replicates
(``bootstrap-newton``: trained to convergence); svi and laplace 1000 draws; nuts 2 chains of 300
after 300; ensemble 10 members of 100, after 5,000 steps, every tenth kept. Scores are the share of
wrong classes or the RMSE of the standardised target (column ``error``), and
the mean negative log density of held-out rows. Differences are to the better of scikit-learn's
network of that width and its linear model (logistic or ridge regression, the penalty by
cross-validation) on the same split; their standard errors are over held-out rows, paired. The
summary compares with the one that is better over all splits (`_against_best`).
Seconds are of the processor, with compilation where no cache had the program. Rows of classes
whose prior ends in ``@3`` are from before logits had a scale of HalfNormal(12): theirs was
HalfNormal(3), like that of other sums. They are not made again.
sklearn-contrib-bde has airfoil and concrete (`_wide_data.py`).
"""

import argparse
import itertools
import json
import os
import subprocess
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import pandas as pd
from _tables import RESULTS, machine
from _wide_data import (
    CLASSES,
    LINEAR,
    NETWORK,
    TABLES,
    Scores,
    by_scikit_learn,
    of_classes,
    split_of,
)

FILE = RESULTS / "wide_table.csv"
CACHE = Path(__file__).parents[1] / "build" / "wide_table"  # scores of scikit-learn by row
KEYS = ["data", "width", "split", "estimator", "prior"]
OPTIONS: dict[str, dict[str, Any]] = {
    "bootstrap": {},
    "bootstrap-newton": {"optimizer": "newton"},
    "svi": {},
    "laplace": {},
    "nuts": {"chains": 2, "samples": 300, "warmup": 300},
    "ensemble": {"samples": 100, "warmup": 5000},
}
LINES = (
    "narrow prior",
    "short training",
    "failed replicate",
    "worse than linear",
    "no better than linear",
)  # count as a warning where they are not serious too
DEFAULT = ["bootstrap", "svi", "laplace", "nuts", "ensemble"]
PRIORS = ("normal", "hierarchical")
# +skip: with a direct linear path; *4: of four times the prior scale
OTHERS = ("hierarchical+skip", "hierarchical*4", "hierarchical*4+skip")


def reference(name: str, data: str, width: int, split: int) -> tuple[Scores, float]:
    """Scores of scikit-learn by row, kept in a file, and its seconds."""
    file = CACHE / f"{data}-{width}-{split}-{name}.npz"
    if not file.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        began = time.process_time()
        scores = by_scikit_learn(name, data, width, split)
        np.savez(file, **scores._asdict(), seconds=time.process_time() - began)
    with np.load(file) as arrays:
        return Scores(arrays["error"], arrays["surprise"]), float(arrays["seconds"])


def estimate(data: str, width: int, split: int, estimator: str, prior: str) -> dict[str, Any]:
    """One row of the table."""
    theirs = [reference(name, data, width, split)[0] for name in (LINEAR, NETWORK)]
    if estimator in (LINEAR, NETWORK):
        ours, seconds = reference(estimator, data, width, split)
        more: dict[str, Any] = {"seconds": seconds}
    else:
        ours, more = by_bayesneuron(data, width, split, estimator, prior)
    by_error = min(theirs, key=lambda s: s.error.mean()).error
    by_density = min(theirs, key=lambda s: s.surprise.mean()).surprise
    worse, worse_se = _difference(ours.error, by_error)
    level = ours.error.mean()
    if data not in CLASSES:  # of mean squares to that of their roots
        level, best = level**0.5, by_error.mean() ** 0.5
        worse, worse_se = worse / (level + best), worse_se / (level + best)
    more_surprise, surprise_se = _difference(ours.surprise, by_density)
    return {
        "error": level,
        "error_difference": worse,
        "error_se": worse_se,
        "density": ours.surprise.mean(),
        "density_difference": more_surprise,
        "density_se": surprise_se,
        **more,
    }


def by_bayesneuron(
    data: str, width: int, split: int, estimator: str, prior: str
) -> tuple[Scores, dict[str, Any]]:
    """Held-out scores of one estimate, its time, and what `diagnose` says."""
    import bayesneuron as bn

    x, y, x_test, y_test = split_of(data, split)
    classes = {"outputs": int(y.max()) + 1, "likelihood": "categorical"}
    of_y: dict[str, Any] = classes if data in CLASSES else {"outputs": 1}
    prior, *direct = prior.split("+")  # such as hierarchical*4+skip
    prior, *times = prior.split("*")
    if direct:
        of_y |= {"skip": True}
    if times:
        of_y |= {"prior_scale": float(times[0])}
    model = bn.load("mlp", inputs=x.shape[1], hidden=(width,), prior=prior, **of_y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        began = time.process_time()
        method = getattr(bn, estimator.split("-")[0])
        draws = method(model, x, y, seed=split, **OPTIONS[estimator])
        seconds = time.process_time() - began
        held_out = bn.predict(draws, x_test, y_test)
        report = bn.diagnose(draws)
    mean = np.asarray(held_out["predictions"]["mean"], float).mean(axis=(0, 1))
    log_p = np.asarray(held_out["log_likelihood"]["y"], float)
    log_p = log_p.reshape(-1, len(x_test))
    surprise = np.log(len(log_p)) - np.logaddexp.reduce(log_p, axis=0)
    error = of_classes(mean, y_test).error if data in CLASSES else np.square(mean - y_test).ravel()
    words = [f"{'!' * f.serious}{f.cause}: {f.evidence}" for f in report.findings]
    return Scores(error, surprise), {
        "seconds": seconds,
        "scales": draws.attrs.get("scales", ""),
        "findings": "; ".join(words),
    }


def _difference(ours: np.ndarray, theirs: np.ndarray) -> tuple[float, float]:
    gap = ours - theirs
    return float(gap.mean()), float(gap.std(ddof=1) / len(gap) ** 0.5)


def run(task: dict[str, Any], limit: int, lock: Any) -> None:
    """Make one row in a process of its own and append it to the file."""
    command = [sys.executable, __file__, "--one", json.dumps(task)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False)
        row = json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else {}
        row = row or {"findings": f"failed: {(done.stderr.splitlines() or [''])[-1]}"}
    except subprocess.TimeoutExpired:
        row = {"findings": f"skipped: more than {limit} seconds"}
    with lock:
        old = [pd.read_csv(FILE)] if FILE.exists() else []
        table = pd.concat([*old, pd.DataFrame([{**task, **row, "machine": machine()}])])
        table.sort_values(KEYS, kind="stable").to_csv(FILE, index=False, float_format="%.5g")
    print(*task.values(), *(f"{row.get(k, np.nan):.3f}" for k in ("error", "density", "seconds")),
          row.get("findings", ""), flush=True)  # fmt: skip


def tasks_of(args: argparse.Namespace) -> list[dict[str, Any]]:
    """What is to be run and not in the file, scikit-learn first."""
    done = set()
    if FILE.exists():
        table = pd.read_csv(FILE, keep_default_na=False)
        done = set(map(tuple, table[KEYS].itertuples(index=False)))
    every = itertools.product(args.widths, range(args.splits), args.data)
    ours = list(itertools.product(args.estimators, args.priors))
    tasks = [
        (data, width, split, estimator, prior)
        for width, split, data in every
        for estimator, prior in [(LINEAR, "-"), (NETWORK, "-"), *ours]
    ]
    return [dict(zip(KEYS, task, strict=True)) for task in tasks if task not in done]


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """By data set, width, estimator and prior: means over splits, and the verdict.

    ``within``: both differences to the best of scikit-learn are at most one standard error.
    ``warned``: share of the splits on which `diagnose` has a serious finding or one of `LINES`.
    """
    table = table[table["error"].notna()].copy()
    table["warned"] = table["findings"].fillna("").str.contains("|".join(["!", *LINES]))
    rows = []
    for (data, width, estimator, prior), group in table.groupby(KEYS[:2] + KEYS[3:], sort=False):
        peers = table[(table["data"] == data) & (table["width"] == width) & (table["prior"] == "-")]
        row = {"data": data, "width": width, "estimator": estimator, "prior": prior}
        row["splits"] = len(group)
        for score in ("error", "density"):
            row |= _against_best(group.set_index("split"), peers, score)
        row["seconds"] = group["seconds"].mean()
        row["within"] = all(
            row[f"{score}_difference"] <= row[f"{score}_se"] + 1e-12
            for score in ("error", "density")
        )
        rows.append(row | {"warned": group["warned"].mean()})
    return pd.DataFrame(rows)


def _against_best(group: pd.DataFrame, peers: pd.DataFrame, score: str) -> dict[str, float]:
    """Mean score over splits, and its difference to the peer whose mean is the lowest.

    One peer for all splits: the better one of each split would be chosen by its held-out rows.
    Splits share rows, which the standard error of their mean takes into account (Nadeau and
    Bengio, Machine Learning 2003: 1/J + test/train, here 1/2). One split has that over rows.
    """
    wide = peers[peers["split"].isin(group.index)].pivot(
        index="split", columns="estimator", values=score
    )
    gap = group[score] - wide[wide.mean().idxmin()]
    se = group[f"{score}_se"].iloc[0]
    if len(gap) > 1:
        se = gap.std(ddof=1) * (1 / len(gap) + 0.5) ** 0.5
    return {score: group[score].mean(), f"{score}_difference": gap.mean(), f"{score}_se": se}


def main() -> None:
    """Run what is missing, then print and write the summary."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", default=list(TABLES), choices=TABLES)
    parser.add_argument("--widths", nargs="+", type=int, default=[8, 32, 128])
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--estimators", nargs="+", default=DEFAULT, choices=OPTIONS)
    every = (*PRIORS, *OTHERS)
    parser.add_argument("--priors", nargs="+", default=list(PRIORS), choices=every)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--limit", type=int, default=600, help="seconds for one row")
    parser.add_argument("--draw", action="store_true", help="the summary only")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        row = estimate(**json.loads(args.one))
        print(json.dumps({k: getattr(v, "item", lambda v=v: v)() for k, v in row.items()}))
        return
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    lock = Lock()
    with ThreadPoolExecutor(args.jobs) as pool:
        list(
            pool.map(lambda task: run(task, args.limit, lock), [] if args.draw else tasks_of(args))
        )
    table = summary(pd.read_csv(FILE))
    print(table.round(3).to_string(index=False))
    table.to_csv(RESULTS / "wide_table_summary.csv", index=False, float_format="%.4g")


if __name__ == "__main__":
    main()
