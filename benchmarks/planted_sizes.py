"""Does `bn.reduce` find the size of the network that made the data?

Truths of 1 to 6 neurons, drawn as in `_planted.py`, in NUTS posteriors of 4 to 16 neurons (default
prior, 4 chains of 500 draws after 500). Five ways to choose, all by the rule of `bn.reduce`:

- `own`: each size by the PSIS-LOO of its own short NUTS (the default of `bn.reduce`);
- `merged`: PSIS-LOO of the merged draws;
- `laplace`: PSIS-LOO of a Laplace approximation of each size;
- `projection`: each size fitted to the full network's mean, density of the data given that fit;
- `sklearn`: scikit-learn's MLPRegressor (L-BFGS, best of 3 starts) by five-fold cross-validation.

`rmse_...`: error on 2,000 new points, in standard deviations of the noise, of the full network, the
network of the chosen size, and scikit-learn's of its chosen size. One row per case in
benchmarks/results/planted_sizes.csv; cases that are there are not run again.

    python benchmarks/planted_sizes.py --jobs 16 --cases 50
"""

import argparse
import time
import traceback
import warnings
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import Any

import _one_thread  # noqa: F401
import numpy as np
import pandas as pd
from _planted import Planted, planted
from _tables import RESULTS, machine, versions

import bayesneuron as bn
from bayesneuron.draws.loo import psis_loo
from bayesneuron.reduction.decision import decide

FILE = RESULTS / "planted_sizes.csv"
WAYS = ("own", "merged", "laplace", "projection", "sklearn")
BEYOND = 3  # sizes above the truth that the costly peers try
FOLDS = 5


def network(case: Planted, hidden: int) -> Any:
    return bn.load("two_layer", inputs=case.inputs, hidden=hidden, outputs=1)


def sizes_of(case: Planted) -> list[int]:
    return list(range(1, min(case.wide, case.truth + BEYOND) + 1))


def chosen(case: Planted, pointwise: list[np.ndarray]) -> int:
    sizes = sizes_of(case)
    parameters = np.array(sizes) * (case.inputs + 2) + 1
    return sizes[decide(np.stack(pointwise), parameters).chosen]


def laplace(case: Planted, size: int) -> np.ndarray:
    draws = bn.laplace(network(case, size), case.x, case.y, samples=1000, linearise=False)
    values = np.asarray(bn.complete(draws, "log_likelihood").log_likelihood["y"])
    estimate = psis_loo(values.reshape(1, -1, case.rows))
    assert estimate is not None
    return estimate.pointwise


def projection(case: Planted, size: int, mean: np.ndarray, noise: float) -> np.ndarray:
    fit = bn.laplace(network(case, size), case.x, mean, samples=50)
    fitted = np.asarray(bn.predict(fit, case.x).predictions["mean"]).mean(axis=(0, 1))
    z = (case.y - fitted.reshape(case.y.shape)) / noise
    return (-0.5 * z**2 - np.log(noise) - 0.5 * np.log(2 * np.pi))[:, 0]


def sklearn(case: Planted) -> tuple[int, float]:
    """Size by cross-validation, and the error on new points of the network of that size."""
    from sklearn.model_selection import KFold
    from sklearn.neural_network import MLPRegressor

    def fit(size: int, x: np.ndarray, y: np.ndarray) -> Any:
        starts = [
            MLPRegressor(hidden_layer_sizes=(size,), activation="tanh", solver="lbfgs", alpha=0.1,
                         max_iter=1000, random_state=s).fit(x, y[:, 0])
            for s in range(3)
        ]  # fmt: skip
        return min(starts, key=lambda net: net.loss_)

    scores = []
    for size in sizes_of(case):
        residual = np.empty(case.rows)
        for train, test in KFold(FOLDS, shuffle=True, random_state=0).split(case.x):
            net = fit(size, case.x[train], case.y[train])
            residual[test] = case.y[test, 0] - net.predict(case.x[test])
        scores.append(-0.5 * (residual / case.noise) ** 2)
    size = chosen(case, scores)
    error = fit(size, case.x, case.y).predict(case.x_test) - case.y_test[:, 0]
    return size, float(np.sqrt((error**2).mean())) / case.noise


def rmse(draws: Any, model: Any, case: Planted) -> float:
    mean = np.asarray(bn.predict(draws, case.x_test, model=model).predictions["mean"])
    error = mean.mean(axis=(0, 1)).reshape(case.y_test.shape) - case.y_test
    return float(np.sqrt((error**2).mean())) / case.noise


def run(number: int) -> dict[str, Any]:
    """All ways on one case."""
    warnings.simplefilter("ignore")
    case = planted(number)
    began = time.perf_counter()
    wide = bn.nuts(network(case, case.wide), case.x, case.y, samples=500, warmup=500)
    sampled = time.perf_counter()
    reduction = bn.reduce(wide)
    reduced = time.perf_counter()
    curve = reduction.curve
    predicted = bn.predict(wide, case.x).predictions["mean"]
    mean = np.asarray(predicted).mean(axis=(0, 1)).reshape(case.y.shape)
    noise = float(wide.posterior["noise"].mean())
    size_sklearn, error_sklearn = sklearn(case)
    return {
        "number": number,
        **{k: getattr(case, k) for k in ("inputs", "rows", "noise", "wide", "clear", "truth")},
        "own": reduction.widths["hidden"],
        "merged": bn.reduce(wide, score="merged").widths["hidden"],
        "laplace": chosen(case, [laplace(case, k) for k in sizes_of(case)]),
        "projection": chosen(case, [projection(case, k, mean, noise) for k in sizes_of(case)]),
        "sklearn": size_sklearn,
        "elpd_full": curve["elpd"].iloc[-1],
        "elpd_own": curve.loc[curve["chosen"], "elpd"].item(),
        "bad_k": curve.loc[curve["chosen"], "bad_k"].item(),
        "rmse_full": rmse(wide, network(case, case.wide), case),
        "rmse_own": rmse(reduction.draws, reduction.model, case),
        "rmse_sklearn": error_sklearn,
        "seconds_wide": sampled - began,
        "seconds_reduce": reduced - sampled,
    }


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Share of the cases with the true size, with that or one more, below, and above."""
    rows = []
    for name, part in [("all", table), *table.groupby("truth")]:
        for way in WAYS:
            above = part[way] - part["truth"]
            rows.append({
                "truth": name, "cases": len(part), "way": way, "exact": (above == 0).mean(),
                "truth_or_one_more": above.isin([0, 1]).mean(), "fewer": (above < 0).mean(),
                "two_or_more_above": (above > 1).mean(),
            })  # fmt: skip
    return pd.DataFrame(rows)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--cases", type=int, default=50)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=np.inf, help="start no case after these")
    options = parser.parse_args()
    began = time.monotonic()
    done = set(pd.read_csv(FILE)["number"]) if FILE.exists() else set()
    waiting = [n for n in range(options.first, options.first + options.cases) if n not in done]
    RESULTS.mkdir(exist_ok=True)
    with ProcessPoolExecutor(options.jobs, get_context("spawn")) as pool:
        running = {}
        while waiting or running:
            while waiting and len(running) < options.jobs:
                if time.monotonic() - began > options.seconds:
                    waiting = []
                    break
                number = waiting.pop(0)
                running[pool.submit(run, number)] = number
            if not running:
                break
            ended = next(as_completed(running))
            number = running.pop(ended)
            try:
                row = ended.result()
            except Exception:
                print(f"case {number} failed\n{traceback.format_exc()}", flush=True)
                continue
            row |= {"machine": machine(), "versions": versions()}
            pd.DataFrame([row]).to_csv(
                FILE, mode="a", header=not FILE.exists(), index=False, float_format="%.6g"
            )
            shown = {k: v for k, v in row.items() if k not in ("machine", "versions")}
            print(" ".join(f"{k} {v:.4g}" for k, v in shown.items()), flush=True)
    if FILE.exists():
        table = pd.read_csv(FILE).sort_values("number")
        table.to_csv(FILE, index=False, float_format="%.6g")
        print(summary(table).round(3).to_string(index=False))


if __name__ == "__main__":
    main()
