"""Error against size: our merge and every baseline, several networks per data set, refitted or not.

Every baseline is run as published, and on equal terms: with our take-over and readout. Writes
benchmarks/results/curves_NAME.csv (one row per network, size, method, terms and refit),
reduction_pairs.csv (pairs in which a baseline is better or worse than ours) and
docs/figures/curve_NAME.{pdf,png} (as published). MotionSense is downloaded or read from
BAYESNEURON_DATA.
"""

import argparse
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from math import comb
from multiprocessing import get_context
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
from _reduction_pairs import tally
from _timing import timed
from scipy.special import rel_entr
from threadpoolctl import threadpool_limits

import bayesneuron as bn
from bayesneuron import baselines
from bayesneuron.network.width import widths_of
from bayesneuron.numerics.covariance import covariances
from bayesneuron.reduction.baselines._best_subset import MOST
from bayesneuron.reduction.scoring import score
from bayesneuron.reduction.shrink import shrink
from bayesneuron.reduction.task import Task

mpl.use("agg")
METHODS: dict[str, Any] = {
    "merge (ours)": OURS,
    "best subset": baselines.best_subset,
    "ridge after magnitude": baselines.magnitude_ridge,
    "ridge after random": baselines.random_ridge,
    "OBS": baselines.obs,
    "OBD": baselines.obd,
    "magnitude": baselines.magnitude,
    "random": baselines.random,
    "activation correlation": baselines.activation_correlation,
    "NoiseOut": partial(baselines.activation_correlation, adjust=True),
    "QPFS": baselines.prune_qpfs,
    "k-means, Euclidean": baselines.kmeans_euclidean,
    "k-means, Wasserstein": baselines.kmeans_wasserstein,
    "neuron merging (cosine)": baselines.cosine_merging,
    "folding": baselines.folding,
}
SELF = ("merge (ours)", "ridge after magnitude", "ridge after random")  # no second variant
# merges do not say through which weights their neurons would read one another
MERGES = ("k-means, Euclidean", "k-means, Wasserstein", "neuron merging (cosine)", "folding")
PUBLISHED, EQUAL = "published", "equal"  # the terms: as published, or with our take-over
TINY = 1e-12  # least probability of a class
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


def variants(name: str, only: Sequence[str]) -> list[tuple[str, str, Any]]:
    """(method, terms, function) of all that is compared on one data set, or `only` of some."""
    methods = dict(METHODS)
    if name == "mnist":  # OBS layer by layer; barycenters of 785 x 785 covariances take hours
        methods["OBS"] = partial(baselines.obs, curvature="layer")
        del methods["k-means, Wasserstein"]
    layout = CASES[name].model.layout
    reads_itself = any(layout.recurrent(layer) for layer in layout.hidden)
    alone = {*SELF, *(MERGES if reads_itself else ())}
    every = [(m, PUBLISHED, f) for m, f in methods.items()] + [
        (m, EQUAL, baselines.with_takeover(f)) for m, f in methods.items() if m not in alone
    ]
    return [variant for variant in every if not only or variant[0] in only]


def run(names: list[str], seeds: range, out: Path, jobs: int, only: Sequence[str]) -> None:
    """All methods, or `only` some, on all networks; rows of other seeds and methods are kept."""
    tables = {name: out / f"curves_{name}.csv" for name in names}
    pairs = [(name, seed) for seed in seeds for name in reversed(names)]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(timed_seed, *pair, only): pair for pair in pairs}
        for done in as_completed(waiting):
            name, seed = waiting[done]
            seconds, rows = done.result()
            print(f"{name}: seed {seed}, {seconds:.0f} s", flush=True)
            table = pd.DataFrame(rows)
            if tables[name].exists():
                other = pd.read_csv(tables[name])
                stays = (other["seed"] != seed) | (bool(only) & ~other["method"].isin(only))
                table = table[table["method"].isin(only)][other.columns] if only else table
                table = pd.concat([other[stays], table]).sort_values("seed", kind="stable")
            table.to_csv(tables[name], index=False, float_format="%.6g")


def timed_seed(
    name: str, seed: int, only: Sequence[str] = ()
) -> tuple[float, list[dict[str, Any]]]:
    with threadpool_limits(1):  # matrices are small: more threads would only wait
        return timed(lambda: run_seed(name, seed, only))


def run_seed(name: str, seed: int, only: Sequence[str] = ()) -> list[dict[str, Any]]:
    """All methods, or `only` some, on one network, in rows of the table."""
    case = CASES[name]
    layers = case.model.layout.hidden
    data, test, scale = case.data(seed)
    sites = trained(case, data, seed)
    compared = variants(name, only)
    clusters = any(method == "k-means, Wasserstein" for method, *_ in compared)
    known = neuron_covariances(case, sites, data, seed) if clusters else {}
    whole_mean = score(case.model, sites, *test, loo=False, scale=scale).mean
    rows = []

    def note(
        method: str, terms: str, refit: int, model: bn.results.Model, sites: Sites, width: int
    ) -> None:
        result = score(model, sites, *test, loo=False, scale=scale)
        moved = change(whole_mean, result.mean, scale)
        rows.append({"seed": seed, "method": method, "terms": terms, "refit": refit,
                     "neurons": width, "parameters": parameters(model, sites),
                     "error": result.each[0], "nll": -float(result.pointwise.mean()),
                     "change": moved})  # fmt: skip

    def refitted(model: bn.results.Model, sites: Sites, **options: Any) -> Sites:
        return trained_on(case, model, sites, data, epochs=REFIT, seed=seed, **options)

    full = widths_of(case.model, data[0].shape[1])
    wide = [full[layer] for layer in layers]
    whole = sum(wide)
    note("full", PUBLISHED, 0, case.model, sites, whole)
    note("full", PUBLISHED, 1, case.model, refitted(case.model, sites), whole)
    by_size: dict[tuple[int, ...], list[tuple[str, str, bn.results.Model, Sites]]] = {}
    for method, terms, function in compared:
        sizes = [s for s in case.sizes if method != "best subset" or feasible(wide, s)]
        if not sizes:
            continue
        plans = [dict(zip(layers, size, strict=True)) for size in sizes]
        if method == "k-means, Wasserstein":
            # D_i is known for the full width of the layer below, so that layer is reduced last
            plans = [dict(reversed(p.items())) for p in plans]
        networks = shrink(case.model, sites, *data, plans, function, seed=seed, covariance=known)
        for size, (model, weights) in zip(sizes, networks, strict=True):
            note(method, terms, 0, model, weights, sum(size))
            by_size.setdefault(size, []).append((method, terms, model, weights))
    for size, networks in by_size.items():
        model = networks[0][2]
        together = refitted(model, stacked([weights for *_, weights in networks]))
        for (method, terms, *_), weights in zip(networks, unstacked(together), strict=True):
            note(method, terms, 1, model, weights, sum(size))
    if len(layers) == 1 and (not only or "freezing" in only):
        task = Task(case.model, sites, layers[0], *data)
        masks = baselines.freezing(task, [size for (size,) in case.sizes], seed=seed)
        for size, mask in masks.items():
            note("freezing", PUBLISHED, 1, case.model, refitted(case.model, sites, free=mask), size)
    return rows


def change(full: np.ndarray, reduced: np.ndarray, scale: float) -> float:
    """How far held-out predictions are from the full network's.

    The root of the mean squared difference, in units of the data; for classes the mean divergence
    of their probabilities, in nats.
    """
    if full.shape[-1] > 1 and np.allclose(full.sum(axis=-1), 1):
        return float(rel_entr(full, np.maximum(reduced, TINY)).sum(axis=-1).mean())
    return float(scale * np.sqrt(((full - reduced) ** 2).mean()))


def feasible(full: Iterable[int], size: tuple[int, ...]) -> bool:
    return all(comb(n, k) <= MOST for n, k in zip(full, size, strict=True))


def draw(name: str, table: pd.DataFrame, folder: Path) -> None:
    """Two panels: without and with refitting."""
    case = CASES[name]
    if name == "mnist":  # the table also has networks with fewer than 8 neurons in the first layer
        table = table[~table["neurons"].isin([54, 81])]
    figure, axes = plt.subplots(1, 2, figsize=(10.5, 4.2), layout="constrained", sharey=True)
    for refit, ax in enumerate(axes):
        part = table[(table["refit"] == refit) & (table["terms"] == PUBLISHED)]
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(CASES), help=f"of {list(CASES)}")
    parser.add_argument("--from", dest="first", type=int, default=0, help="first seed")
    parser.add_argument("--seeds", type=int, default=10, help="the seed after the last")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--only", nargs="+", default=[], help="methods; others stay in the tables")
    parser.add_argument("--draw", action="store_true", help="only figures and pairs")
    folder_options(parser)
    args = parser.parse_args()
    for folder in (args.out, args.figures):
        folder.mkdir(parents=True, exist_ok=True)
    if not args.draw:
        run(args.names, range(args.first, args.seeds), args.out, args.jobs, args.only)
    for name in args.names:
        table = pd.read_csv(args.out / f"curves_{name}.csv")
        table = table if "terms" in table else table.assign(terms=PUBLISHED)
        draw(name, table, args.figures)
        means = table.pivot_table(
            index=["refit", "terms", "method"], columns="neurons", values="error"
        )
        print(f"\n{CASES[name].title}\n{means.round(4).to_string()}")
    files = sorted(args.out.glob("curves_*.csv"))
    read = {f.stem.removeprefix("curves_"): pd.read_csv(f) for f in files}
    several = {n: t for n, t in read.items() if "change" in t and t["seed"].nunique() > 1}
    if not several:  # a standard error takes two networks
        return
    counts = {name: tally(table) for name, table in several.items()}
    table = pd.concat(counts, names=["data"]).reset_index("data")
    table.to_csv(args.out / "reduction_pairs.csv", index=False)
    print(f"\n{table.to_string(index=False)}", flush=True)


if __name__ == "__main__":
    main()
