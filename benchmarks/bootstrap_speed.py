"""Bootstrap replicates by the study's recipe and to convergence, against PyTorch and scikit-learn.

Recipe: 10-3-20 tanh, noisy sine of 500 samples, Adam, batch 16, 70 epochs, pairs bootstrap. Ours is
timed as the whole public call and as the training alone; ``cold`` compiles, ``warm`` is the median
of further calls. Peers do the same work for a replicate whatever their number: few of them are
timed and their mean is multiplied up to 100; nothing is said of more. Memory and its slope are of
processes of their own, one a number.
"""

import argparse
import time
import warnings
from typing import Any

import numpy as np
import pandas as pd
from _memory import measure
from _side_by_side import Case, ask, peer_options, report, sine
from _work import RECIPE
from sklearn.ensemble import BaggingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

import bayesneuron as bn
from bayesneuron.inference import Newton

SHOWN = 100  # replicates at which all are compared


def ours(case: Case, replicates: int, repeats: int, **options: Any) -> dict[str, float]:
    calls, trainings = [], []
    for seed in range(1 + repeats):
        start = time.perf_counter()
        draws = bn.bootstrap(
            case.model, case.x, case.y, replicates=replicates, seed=seed, **options
        )
        calls.append(time.perf_counter() - start)
        trainings.append(draws.attrs["seconds"])
    return {
        "replicates": replicates, "cold": calls[0], "warm": float(np.median(calls[1:])),
        "cold_training": trainings[0], "warm_training": float(np.median(trainings[1:])),
    }  # fmt: skip


def torch(case: Case, python: str, replicates: int) -> tuple[dict[str, float], str]:
    told, _ = ask(
        python, "_torch_loop.py", {"x": case.x, "y": case.y}, 3, RECIPE.epochs,
        RECIPE.batch, RECIPE.learning_rate, replicates,
    )  # fmt: skip
    each = float(np.mean(told["seconds"]))
    return _loop(each, replicates), f"torch {told['version']} ({told['threads']} threads)"


def bagging(case: Case, replicates: int) -> dict[str, float]:
    network = MLPRegressor(
        hidden_layer_sizes=(3,), activation="tanh", solver="adam", batch_size=16, max_iter=70,
        tol=0.0, n_iter_no_change=70, learning_rate_init=3e-3, random_state=0,
    )  # fmt: skip
    ensemble = BaggingRegressor(network, n_estimators=replicates, n_jobs=-1, random_state=0)
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        ensemble.fit(np.asarray(case.x), np.asarray(case.y))
    return _loop((time.perf_counter() - start) / replicates, replicates)


def _loop(each: float, timed: int) -> dict[str, float]:
    return {"replicates": SHOWN, "cold": each * SHOWN, "warm": each * SHOWN, "timed": timed}


def memory(sizes: list[int], table: list[dict[str, Any]]) -> None:
    """Peak memory and the slope of time, log on log, from the numbers of replicates."""
    found = [measure("bootstrap", replicates=n) for n in sizes]
    slope = np.polyfit(np.log(sizes), np.log([f["warm"] for f in found]), 1)[0]
    for n, f in zip(sizes, found, strict=True):
        table.append({"method": "bn.bootstrap, a process of its own", "replicates": n, **f})
    print(f"warm seconds grow as the replicates to the power {slope:.2f}; peak memory of a process")
    print(f"{[round(f['peak']) for f in found]} MiB for {sizes}, {found[0]['before']:.0f} before")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    peer_options(parser, "torch")
    parser.add_argument("--torch-replicates", type=int, default=10)
    parser.add_argument("--bagging-replicates", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--memory", type=int, nargs="*", default=[100, 1000, 3000])
    given = parser.parse_args()
    case, rows, told = sine(10, 3, 20), [], []
    ways = {"recipe": {"optimizer": RECIPE}, "newton": {"optimizer": Newton()}}
    for name, options in ways.items():
        found = ours(case, SHOWN, given.repeats, **options)
        rows.append({"method": f"bn.bootstrap, {name}"} | found)
        start = time.perf_counter()
        bn.bootstrap(case.model, case.x, case.y, replicates=1000, seed=0, **options)
        spent = time.perf_counter() - start
        rows.append({"method": f"bn.bootstrap, {name}", "replicates": 1000, "warm": spent})
        times = f"{found['cold']:.2f} s cold, {found['warm']:.2f} s warm, 1000: {spent:.1f} s"
        print(f"{name}: {SHOWN} replicates {times}", flush=True)
    if given.torch_python:
        found, version = torch(case, given.torch_python, given.torch_replicates)
        rows.append({"method": "PyTorch loop"} | found)
        told.append(version)
    else:
        print("left out, no Python given: torch")
    rows.append({"method": "scikit-learn bagging"} | bagging(case, given.bagging_replicates))
    if given.memory:
        memory(given.memory, rows)
    report("bootstrap_speed", pd.DataFrame(rows), *told)

    print(f"\n{SHOWN} replicates, times as fast        cold    warm   (training alone)")
    for mine in rows[:4:2]:
        for peer in (r for r in rows if "timed" in r):
            ratio = [
                peer["warm"] / mine[k] for k in ("cold", "warm", "cold_training", "warm_training")
            ]
            print(
                f"{mine['method'][13:]:>8} / {peer['method']:22}"
                f"{ratio[0]:8.1f}{ratio[1]:8.1f}   ({ratio[2]:.1f}, {ratio[3]:.1f})"
            )


if __name__ == "__main__":
    main()
