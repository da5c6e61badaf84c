"""Error against size: our merge and every baseline, ten networks per data set, refitted or not.

Writes benchmarks/results/curves_NAME.csv (one row per network, size, method and refit) and
docs/figures/curve_NAME.{pdf,png}. MotionSense is downloaded or read from BAYESNEURON_DATA.
"""

import argparse
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from _reduction import (
    CASES,
    OURS,
    Case,
    Data,
    Sites,
    folder_options,
    stacked,
    trained,
    trained_on,
    unstacked,
)
from _timing import timed
from threadpoolctl import threadpool_limits

import bayesneuron as bn
from bayesneuron import baselines
from bayesneuron.network.width import widths_of
from bayesneuron.numerics.covariance import covariances
from bayesneuron.reduction.scoring import score
from bayesneuron.reduction.shrink import shrink
from bayesneuron.reduction.task import Task

mpl.use("agg")
METHODS: dict[str, Any] = {
    "merge (ours)": OURS,
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
# MNIST: OBS layer by layer; no k-means of 785 x 785 covariances, whose barycenters take hours
LARGE = {**METHODS, "OBS": partial(baselines.obs, curvature="layer")}
del LARGE["k-means, Wasserstein"]
REFIT = 10  # epochs
REPLICATES = 20  # of the bootstrap that estimates D_i


def neuron_covariances(case: Case, sites: Sites, data: Data, seed: int) -> dict[str, np.ndarray]:
    """D_i of the incoming weights: the network trained further on resampled data."""
    model, rng = case.model, np.random.default_rng(seed)
    rows = rng.integers(0, len(data[0]), (REPLICATES, len(data[0])))
    replicates = stacked([
        trained_on(case, model, sites, (data[0][index], data[1][index]), epochs=5, seed=seed)
        for index in rows
    ])  # fmt: skip
    return {
        layer: covariances(Task(model, replicates, layer, *data).incoming)[0]
        for layer in model.layout.hidden
    }


def parameters(model: bn.results.Model, sites: Sites) -> int:
    return int(sum(np.prod(sites[s].shape[1:]) for s in model.layout.sites))


def run(name: str, seeds: range, out: Path) -> pd.DataFrame:
    """All methods on all networks of one data set; rows of earlier seeds are kept."""
    file, rows = out / f"curves_{name}.csv", list[dict[str, Any]]()
    if seeds.start:
        earlier = pd.read_csv(file)
        rows = earlier[earlier["seed"] < seeds.start].to_dict("records")
    for seed in seeds:
        seconds, added = timed(lambda s=seed: run_seed(name, s, verbose=s == seeds.start))
        rows += added
        print(f"{name}: seed {seed}, {seconds:.0f} s", flush=True)
        pd.DataFrame(rows).to_csv(file, index=False, float_format="%.6g")
    return pd.DataFrame(rows)


def run_seed(name: str, seed: int, *, verbose: bool) -> list[dict[str, Any]]:
    """All methods on one network, in rows of the table."""
    case = CASES[name]
    layers = case.model.layout.hidden
    plans = [dict(zip(layers, size, strict=True)) for size in case.sizes]
    data, test, scale = case.data(seed)
    sites = trained(case, data, seed)
    known = {} if name == "mnist" else neuron_covariances(case, sites, data, seed)
    rows = []

    def note(method: str, refit: int, model: bn.results.Model, sites: Sites, width: int) -> None:
        result = score(model, sites, *test, loo=False, scale=scale)
        rows.append({"seed": seed, "method": method, "refit": refit, "neurons": width,
                     "parameters": parameters(model, sites), "error": result.each[0],
                     "nll": -float(result.pointwise.mean())})  # fmt: skip

    def refitted(model: bn.results.Model, sites: Sites, **options: Any) -> Sites:
        return trained_on(case, model, sites, data, epochs=REFIT, seed=seed, **options)

    full = widths_of(case.model, data[0].shape[1])
    whole = sum(full[layer] for layer in layers)
    note("full", 0, case.model, sites, whole)
    note("full", 1, case.model, refitted(case.model, sites), whole)
    by_size: dict[int, list[tuple[str, bn.results.Model, Sites]]] = {}
    for method, function in (LARGE if name == "mnist" else METHODS).items():
        # D_i is known for the full width of the layer below, so that layer is reduced last
        backward = method == "k-means, Wasserstein"
        order = [dict(reversed(p.items())) for p in plans] if backward else plans
        seconds, networks = timed(
            lambda o=order, f=function: shrink(
                case.model, sites, *data, o, f, seed=seed, covariance=known
            )
        )
        if verbose:
            print(f"{name}: {method} {seconds:.1f} s", flush=True)
        for i, (model, weights) in enumerate(networks):
            note(method, 0, model, weights, sum(case.sizes[i]))
            by_size.setdefault(i, []).append((method, model, weights))
    for i, networks in by_size.items():
        model = networks[0][1]
        together = refitted(model, stacked([weights for _, _, weights in networks]))
        for (method, _, _), weights in zip(networks, unstacked(together), strict=True):
            note(method, 1, model, weights, sum(case.sizes[i]))
    if len(layers) == 1:
        task = Task(case.model, sites, layers[0], *data)
        masks = baselines.freezing(task, [p[layers[0]] for p in plans], seed=seed)
        for size, mask in masks.items():
            note("freezing", 1, case.model, refitted(case.model, sites, free=mask), size)
    return rows


def draw(name: str, table: pd.DataFrame, folder: Path) -> None:
    """Two panels: without and with refitting."""
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
        ax.set_title("merged or pruned only" if refit == 0 else f"and refitted for {REFIT} epochs",
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


def better_than_ours(table: pd.DataFrame) -> pd.DataFrame:
    """Baselines whose mean error is below ours by more than one standard error of the gap."""
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
    parser.add_argument(
        "--from", dest="first", type=int, default=0, help="keep the seeds before it"
    )
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--draw", action="store_true", help="only make the figures")
    folder_options(parser)
    args = parser.parse_args()
    for folder in (args.out, args.figures):
        folder.mkdir(parents=True, exist_ok=True)
    for name in args.names or list(CASES):
        if args.draw:
            table = pd.read_csv(args.out / f"curves_{name}.csv")
        else:
            with threadpool_limits(1):  # matrices are small: more threads would only wait
                table = run(name, range(args.first, args.seeds), args.out)
        draw(name, table, args.figures)
        means = table.pivot_table(index=["refit", "method"], columns="neurons", values="error")
        print(f"\n{CASES[name].title}\n{means.round(4).to_string()}")
        better = better_than_ours(table)
        lines = better.round(4).to_string(index=False) if len(better) else "none"
        print(f"\nbelow ours by more than one standard error:\n{lines}", flush=True)


if __name__ == "__main__":
    main()
