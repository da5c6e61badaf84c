"""Bootstrap replicates by the study's recipe and to convergence, against PyTorch and scikit-learn.

Recipe: 10-3-20 tanh, noisy sine of 500 samples, Adam, batches of 16, 70 epochs, pairs bootstrap.
Ours is timed as the whole public call and as the training alone; ``cold`` compiles, ``warm`` is the
median of further calls. The peers' work per replicate does not depend on the number of replicates:
a few are timed, and their mean is scaled to 100. Memory, and how time grows, are measured in
separate processes, one per number of replicates.
"""

import argparse
import warnings
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from _cases import Case, sine
from _draws import recorded
from _memory import measure
from _peers import peer_options, run_peer
from _tables import report
from _timing import timed
from _work import RECIPE, adam, newton
from sklearn.ensemble import BaggingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

import bayesneuron as bn

COMPARED = 100  # replicates at which all are compared


def bootstrap(case: Case, replicates: int, seed: int, **options: Any) -> xr.DataTree:
    return bn.bootstrap(case.model, case.x, case.y, replicates=replicates, seed=seed, **options)


def ours(case: Case, replicates: int, repeats: int, **options: Any) -> dict[str, float]:
    calls, trainings = [], []
    for seed in range(1 + repeats):
        seconds, draws = timed(lambda s=seed: bootstrap(case, replicates, s, **options))
        calls.append(seconds)
        trainings.append(recorded(draws, "seconds"))
    return {
        "replicates": replicates, "cold": calls[0], "warm": float(np.median(calls[1:])),
        "cold_training": trainings[0], "warm_training": float(np.median(trainings[1:])),
    }  # fmt: skip


def torch(case: Case, python: str, replicates: int) -> tuple[dict[str, float], str]:
    answer, _ = run_peer(
        python, "_torch_loop.py", {"x": case.x, "y": case.y}, 3, RECIPE.epochs,
        RECIPE.batch, RECIPE.learning_rate, replicates,
    )  # fmt: skip
    each = float(np.mean(answer["seconds"]))
    return _scaled(each, replicates), f"torch {answer['version']} ({answer['threads']} threads)"


def bagging(case: Case, replicates: int) -> dict[str, float]:
    network = MLPRegressor(
        hidden_layer_sizes=(3,), activation="tanh", solver="adam", batch_size=16, max_iter=70,
        tol=0.0, n_iter_no_change=70, learning_rate_init=3e-3, random_state=0,
    )  # fmt: skip
    ensemble = BaggingRegressor(network, n_estimators=replicates, n_jobs=-1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        seconds, _ = timed(lambda: ensemble.fit(np.asarray(case.x), np.asarray(case.y)))
    return _scaled(seconds / replicates, replicates)


def _scaled(each: float, replicates: int) -> dict[str, float]:
    """Seconds per replicate, scaled to the number compared."""
    total = each * COMPARED
    return {"replicates": COMPARED, "cold": total, "warm": total, "timed": replicates}


def memory(sizes: list[int], table: list[dict[str, Any]]) -> None:
    """Add rows of peak memory; print how time grows with the number of replicates."""
    costs = [measure("bootstrap", replicates=n) for n in sizes]
    slope = np.polyfit(np.log(sizes), np.log([cost["warm"] for cost in costs]), 1)[0]
    for n, cost in zip(sizes, costs, strict=True):
        table.append({"method": "bn.bootstrap, separate process", "replicates": n, **cost})
    peaks = [round(cost["peak"]) for cost in costs]
    print(f"warm seconds grow as replicates^{slope:.2f}; peak memory of a process for {sizes}:")
    print(f"{peaks} MiB, of which {costs[0]['before']:.0f} for imports and data")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    peer_options(parser, "torch")
    parser.add_argument("--torch-replicates", type=int, default=10)
    parser.add_argument("--bagging-replicates", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--memory", type=int, nargs="*", default=[100, 1000, 3000])
    args = parser.parse_args()
    case, rows, peers = sine(10, 3, 20), [], []
    for name, options in {"recipe": adam(), "newton": newton()}.items():
        times = ours(case, COMPARED, args.repeats, **options)
        rows.append({"method": f"bn.bootstrap, {name}"} | times)
        many, _ = timed(lambda o=options: bootstrap(case, 1000, 0, **o))
        rows.append({"method": f"bn.bootstrap, {name}", "replicates": 1000, "warm": many})
        line = f"{times['cold']:.2f} s cold, {times['warm']:.2f} s warm, 1000: {many:.1f} s"
        print(f"{name}: {COMPARED} replicates {line}", flush=True)
    if args.torch_python:
        times, version = torch(case, args.torch_python, args.torch_replicates)
        rows.append({"method": "PyTorch loop"} | times)
        peers.append(version)
    else:
        print("skipped, no --torch-python")
    rows.append({"method": "scikit-learn bagging"} | bagging(case, args.bagging_replicates))
    if args.memory:
        memory(args.memory, rows)
    report("bootstrap_speed", pd.DataFrame(rows), *peers)

    print(f"\n{COMPARED} replicates, speedup              cold    warm   (training alone)")
    for own in rows[:4:2]:
        for peer in (r for r in rows if "timed" in r):
            ratio = [
                peer["warm"] / own[k] for k in ("cold", "warm", "cold_training", "warm_training")
            ]
            print(
                f"{own['method'][13:]:>8} / {peer['method']:22}"
                f"{ratio[0]:8.1f}{ratio[1]:8.1f}   ({ratio[2]:.1f}, {ratio[3]:.1f})"
            )


if __name__ == "__main__":
    main()
