"""Bootstrap replicates by the study's recipe and to convergence, against PyTorch and scikit-learn.

Recipe: 10-3-20 tanh, noisy sine of 500 samples, Adam, batches of 16, 70 epochs, pairs bootstrap.
Ours is the whole public call; ``cold`` compiles, ``warm`` is the median of further calls. Seconds
are by the clock, those in columns with ``cpu`` of the processor, all threads together. PyTorch
trains all networks at once (ensemble), or one after another, with batches by index (slices) or from
a DataLoader (loader). But for the ensemble, the peers' work per replicate does not depend on the
number of replicates: a few are timed, and their mean is scaled to 100. Memory, and how time grows,
are measured in separate processes, one per number of replicates.
"""

import argparse
import os
import warnings
from pathlib import Path
from typing import Any

os.environ["JAX_ENABLE_COMPILATION_CACHE"] = "false"  # cold calls compile

import numpy as np
import pandas as pd
import xarray as xr
from _cases import Case, sine
from _memory import measure
from _peers import peer_options, run_peer
from _tables import RESULTS, report
from _timing import Cost, costed
from _work import RECIPE, adam, newton
from sklearn.ensemble import BaggingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

import bayesneuron as bn

COMPARED = 100  # replicates at which all are compared
WAYS = ("ensemble", "slices", "loader")


def bootstrap(case: Case, replicates: int, seed: int, **options: Any) -> xr.DataTree:
    return bn.bootstrap(case.model, case.x, case.y, replicates=replicates, seed=seed, **options)


def ours(case: Case, replicates: int, repeats: int, **options: Any) -> dict[str, float]:
    costs = [
        costed(lambda s=seed: bootstrap(case, replicates, s, **options))[0]
        for seed in range(1 + repeats)
    ]
    warm = Cost(*np.median(costs[1:], axis=0).tolist())
    return {"replicates": replicates, **_columns(costs[0], warm)}


def torch(
    case: Case, python: str, way: str, replicates: int, threads: int
) -> tuple[dict[str, float], str]:
    answer, _ = run_peer(
        python, "_torch_loop.py", {"x": case.x, "y": case.y}, way, 3, RECIPE.epochs,
        RECIPE.batch, RECIPE.learning_rate, replicates, threads,
    )  # fmt: skip
    version = f"torch {answer['version']} ({threads} threads)"
    return _scaled(Cost(*answer["cost"]), replicates), version


def bagging(case: Case, replicates: int) -> dict[str, float]:
    network = MLPRegressor(
        hidden_layer_sizes=(3,), activation="tanh", solver="adam", batch_size=16, max_iter=70,
        tol=0.0, n_iter_no_change=70, learning_rate_init=3e-3, random_state=0,
    )  # fmt: skip
    # in this process, whose CPU time is measured
    ensemble = BaggingRegressor(network, n_estimators=replicates, n_jobs=1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        cost, _ = costed(lambda: ensemble.fit(np.asarray(case.x), np.asarray(case.y)))
    return _scaled(Cost(cost.wall / replicates, cost.cpu / replicates), replicates)


def _scaled(each: Cost, replicates: int) -> dict[str, float]:
    """Cost of a replicate, scaled to the number compared."""
    total = Cost(each.wall * COMPARED, each.cpu * COMPARED)
    return {"replicates": COMPARED, **_columns(total, total), "timed": replicates}


def _columns(cold: Cost, warm: Cost) -> dict[str, float]:
    return {"cold": cold.wall, "warm": warm.wall, "cpu_cold": cold.cpu, "cpu": warm.cpu}


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
    parser.add_argument("--torch-threads", type=int, default=1)
    parser.add_argument("--bagging-replicates", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--optimizers", nargs="*", default=["recipe", "newton"])
    parser.add_argument("--many", type=int, default=1000, help="further replicates; 0: none")
    parser.add_argument("--memory", type=int, nargs="*", default=[100, 1000, 3000])
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    case, rows, peers = sine(10, 3, 20), [], set[str]()
    for name in args.optimizers:
        options = {"recipe": adam, "newton": newton}[name]()
        rows.append(
            {"method": f"bn.bootstrap, {name}"} | ours(case, COMPARED, args.repeats, **options)
        )
        if args.many:
            cost, _ = costed(lambda o=options: bootstrap(case, args.many, 0, **o))
            many = {"replicates": args.many, "warm": cost.wall, "cpu": cost.cpu}
            rows.append({"method": f"bn.bootstrap, {name}"} | many)
    if args.torch_python:
        for way in WAYS:
            count = COMPARED if way == "ensemble" else args.torch_replicates
            costs, version = torch(case, args.torch_python, way, count, args.torch_threads)
            rows.append({"method": f"PyTorch, {way}"} | costs)
            peers.add(version)
    else:
        print("skipped, no --torch-python")
    rows.append({"method": "scikit-learn bagging"} | bagging(case, args.bagging_replicates))
    if args.memory:
        memory(args.memory, rows)
    table = pd.DataFrame(rows)
    report("bootstrap_speed", table, *sorted(peers), folder=args.out)

    print(f"\n{COMPARED} replicates, theirs over ours, per CPU second (cold, warm)")
    compared = table[table["replicates"] == COMPARED].dropna(subset="cpu")
    own = compared[compared["method"] == "bn.bootstrap, recipe"]
    for _, peer in compared[compared["timed"].notna()].iterrows():
        cold, warm = (peer[k] / own.iloc[0][k] for k in ("cpu_cold", "cpu"))
        print(f"{peer['method']:22}{cold:8.1f}{warm:8.1f}")


if __name__ == "__main__":
    main()
