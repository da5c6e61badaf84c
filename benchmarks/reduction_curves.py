"""Error against size: our merge and every baseline, ten networks a data set, refitted or not.

Writes benchmarks/results/curves_NAME.csv (one row a network, size, method and refit) and
docs/figures/curve_NAME.{pdf,png}. MotionSense is downloaded or read from BAYESNEURON_DATA.
"""

import argparse
import time
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from _reduction import CASES, Case, Data, stacked, train, trained
from threadpoolctl import threadpool_limits

import bayesneuron as bn
from bayesneuron import baselines
from bayesneuron.network.width import widths_of
from bayesneuron.numerics.covariance import covariances
from bayesneuron.reduction import merging
from bayesneuron.reduction.score import score
from bayesneuron.reduction.shrink import shrink
from bayesneuron.reduction.task import Task

mpl.use("agg")
HERE = Path(__file__).parent
METHODS: dict[str, Any] = {
    "merge (ours)": merging,
    "ridge after magnitude": baselines.magnitude_ridge,
    "ridge after random": baselines.random_ridge,
    "OBS": baselines.obs,
    "OBD": baselines.obd,
    "magnitude": baselines.magnitude,
    "random": baselines.random,
    "activation correlation": baselines.activation_correlation,
    "QPFS": baselines.prune_qpfs,
    "k-means, Euclidean": baselines.kmeans_euclidean,
    "k-means, Wasserstein": baselines.kmeans_wasserstein,
    "neuron merging (cosine)": baselines.cosine_merging,
    "folding": baselines.folding,
}
# MNIST: OBS by layers; no covariances of 785 weights, of which barycentres would take hours
LARGE = {**METHODS, "OBS": partial(baselines.obs, curvature="layer")}
del LARGE["k-means, Wasserstein"]
REFIT = 10  # epochs
REPLICATES = 20  # of the bootstrap from which D_i comes


def spreads(case: Case, sites: dict[str, Any], data: Data, seed: int) -> dict[str, np.ndarray]:
    """D_i of the incoming weights: the network trained on, on resampled data."""
    model, rng = case.model, np.random.default_rng(seed)
    rows = rng.integers(0, len(data[0]), (REPLICATES, len(data[0])))
    stacked = {k: [] for k in sites}
    for index in rows:
        found = train(model, sites, data[0][index], data[1][index], seed=seed,
                      **{**case.recipe, "epochs": 5})  # fmt: skip
        for k, v in found.items():
            stacked[k].append(v[0])
    many = {k: np.stack(v) for k, v in stacked.items()}
    return {
        layer: covariances(Task(model, many, layer, *data).incoming)[0]
        for layer in model.layout.hidden
    }


def parameters(model: bn.Model, sites: dict[str, Any]) -> int:
    return int(sum(np.prod(sites[s].shape[1:]) for s in model.layout.sites))


def run(name: str, seeds: range, out: Path) -> pd.DataFrame:
    """All methods on all networks of one data set; earlier seeds stay as the table has them."""
    case, file = CASES[name], out / f"curves_{name}.csv"
    layers, rows = case.model.layout.hidden, list[dict[str, Any]]()
    if seeds.start:
        kept = pd.read_csv(file)
        rows = kept[kept["seed"] < seeds.start].to_dict("records")
    plans = [dict(zip(layers, size, strict=True)) for size in case.sizes]
    for seed in seeds:
        began = time.perf_counter()
        data, held, scale = case.data(seed)
        sites = trained(case, data, seed)
        known = {} if name == "mnist" else spreads(case, sites, data, seed)

        def note(method: str, refit: int, model: bn.Model, sites: Any, width: int) -> None:
            told = score(model, sites, *held, loo=False, scale=scale)  # noqa: B023
            nll = -float(told.pointwise.mean())
            rows.append({"seed": seed, "method": method, "refit": refit, "neurons": width,  # noqa: B023
                         "parameters": parameters(model, sites), "error": told.each[0],
                         "nll": nll})  # fmt: skip

        full = widths_of(case.model, data[0].shape[1])
        whole = sum(full[layer] for layer in layers)
        note("full", 0, case.model, sites, whole)
        longer = train(case.model, sites, *data, seed=seed, **{**case.recipe, "epochs": REFIT})
        note("full", 1, case.model, longer, whole)
        small: dict[int, list[tuple[str, bn.Model, Any]]] = {}
        for method, function in (LARGE if name == "mnist" else METHODS).items():
            start = time.perf_counter()
            # D_i is known for the full width of the layer below: that one is reduced last
            backward = method == "k-means, Wasserstein"
            order = [dict(reversed(p.items())) for p in plans] if backward else plans
            found = shrink(case.model, sites, *data, order, function, seed=seed, covariance=known)
            took = time.perf_counter() - start
            if seed == seeds.start:
                print(f"{name}: {method} {took:.1f} s", flush=True)
            for i, (model, weights) in enumerate(found):
                note(method, 0, model, weights, sum(case.sizes[i]))
                small.setdefault(i, []).append((method, model, weights))
        for i, several in small.items():
            together = stacked([weights for _, _, weights in several])
            model = several[0][1]
            again = train(model, together, *data, seed=seed, **{**case.recipe, "epochs": REFIT})
            for j, (method, _, _) in enumerate(several):
                one = {k: v[j : j + 1] for k, v in again.items()}
                note(method, 1, model, one, sum(case.sizes[i]))
        if len(layers) == 1:
            task = Task(case.model, sites, layers[0], *data)
            masks = baselines.freezing(task, [p[layers[0]] for p in plans], seed=seed)
            for size, mask in masks.items():
                again = train(case.model, sites, *data, seed=seed, free=mask,
                              **{**case.recipe, "epochs": REFIT})  # fmt: skip
                note("freezing", 1, case.model, again, size)
        print(f"{name}: seed {seed}, {time.perf_counter() - began:.0f} s", flush=True)
        pd.DataFrame(rows).to_csv(file, index=False, float_format="%.6g")
    return pd.DataFrame(rows)


def draw(name: str, table: pd.DataFrame, folder: Path) -> None:
    """Two panels: without and with refit."""
    case = CASES[name]
    if name == "mnist":  # the table also has networks with fewer than 8 neurons in the first layer
        table = table[~table["neurons"].isin([54, 81])]
    figure, axes = plt.subplots(1, 2, figsize=(10.5, 4.2), layout="constrained", sharey=True)
    for refit, ax in enumerate(axes):
        part = table[table["refit"] == refit]
        lines = {m: part[part["method"] == m] for m in [*METHODS, "freezing"]}
        bn.plot.curve({m: t for m, t in lines.items() if len(t)}, label=case.label, ax=ax)
        full = part.loc[part["method"] == "full", "error"]
        ax.axhline(full.mean(), color="black", lw=1, ls=(0, (4, 2)), label="full network")
        ax.set_title("merged or pruned only" if refit == 0 else f"and {REFIT} epochs of refit",
                     fontsize=10)  # fmt: skip
        ax.legend_.remove() if ax.legend_ else None
        if case.model.options.get("likelihood") is None:
            means = table.groupby(["method", "refit", "neurons"])["error"].mean()
            ax.set_ylim(0.95 * full.mean(), 1.05 * means.max())
        else:
            ax.set_yscale("log")
            ticks = [t for t in (0.02, 0.05, 0.1, 0.2, 0.5, 1.0) if t > 0.5 * full.mean()]
            ax.set_yticks(ticks, [f"{t:g}" for t in ticks])
            ax.minorticks_off()
        ax.set_xlabel("hidden neurons")
    figure.suptitle(f"{case.title}: mean of {table['seed'].nunique()} networks, band ±1 s.e.",
                    fontsize=11)  # fmt: skip
    handles, labels = axes[1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right center", fontsize=8, frameon=False)
    bn.plot.save_figure(figure, folder / f"curve_{name}")
    plt.close(figure)


def verdict(table: pd.DataFrame) -> pd.DataFrame:
    """Where a baseline's mean error is below ours by more than one standard error of the gap."""
    keys = ["neurons", "refit"]
    ours = table[table["method"] == "merge (ours)"].set_index([*keys, "seed"])["error"]
    rows = []
    others = table[~table["method"].isin(["merge (ours)", "full"])]
    for (method, neurons, refit), part in others.groupby(["method", *keys]):
        gap = part.set_index([*keys, "seed"])["error"] - ours
        gap = gap.dropna()
        if len(gap) and gap.mean() < -gap.sem():
            rows.append({"method": method, "neurons": neurons, "refit": refit,
                         "gap": gap.mean(), "se": gap.sem()})  # fmt: skip
    return pd.DataFrame(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(CASES), help=f"of {list(CASES)}")
    parser.add_argument("--from", dest="first", type=int, default=0, help="seeds before it stay")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--draw", action="store_true", help="only the figures, from the tables")
    parser.add_argument("--out", type=Path, default=HERE / "results")
    parser.add_argument("--figures", type=Path, default=HERE.parent / "docs" / "figures")
    given = parser.parse_args()
    for folder in (given.out, given.figures):
        folder.mkdir(parents=True, exist_ok=True)
    for name in given.names or list(CASES):
        if given.draw:
            table = pd.read_csv(given.out / f"curves_{name}.csv")
        else:
            with threadpool_limits(1):  # small matrices: more threads only wait for each other
                table = run(name, range(given.first, given.seeds), given.out)
        draw(name, table, given.figures)
        means = table.pivot_table(index=["refit", "method"], columns="neurons", values="error")
        print(f"\n{CASES[name].title}\n{means.round(4).to_string()}")
        worse = verdict(table)
        told = worse.round(4).to_string(index=False) if len(worse) else "none"
        print(f"\nbelow ours by more than one standard error:\n{told}", flush=True)


if __name__ == "__main__":
    main()
