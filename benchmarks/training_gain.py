"""When does merging a wide network beat training a small one, at equal compute?

Every way to a small network has the same budget, counted in epochs of the small network; an epoch
of the full network costs its number of weights over that of the small one. Adam, batches of 16,
from prior draws:

- ``scratch``: the small network for the whole budget;
- ``scratch, rate lowered``: the same, with a rate of its own for the second half, as the merged
  networks have after the merge;
- ``scratch, better of two``: two starts for half of it each, the one of lower training loss;
- ``merged early``: the full network for 10 epochs, merged, then the small one for the rest;
- ``merged``: the full network for half of the budget, merged, then the small one for the rest;
- ``full``: the full network for the whole budget, not reduced.

Every way, and within it every phase, has its own best learning rate of `RATES`: that of the lowest
mean error on the last fifth of the training data, over five starts that are not among those
reported. Writes benchmarks/results/training_gain.csv (one row per way, start and record),
training_gain_rates.csv (the choice) and docs/figures/training_gain.{pdf,png}. MotionSense is
downloaded or read from BAYESNEURON_DATA.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import jax
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from _reduction import CASES, Case, Data, Sites, folder_options, stacked, unstacked
from _reduction import merged as merged_networks
from threadpoolctl import threadpool_limits

import bayesneuron as bn
from bayesneuron.draws.evaluate import evaluate
from bayesneuron.network.width import with_width
from bayesneuron.reduction._refit import train
from bayesneuron.reduction.scoring import errors

mpl.use("agg")
BUDGET, EVERY, EARLY, TUNING = 140, 5, 10, 5
RATES = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2)
SMALL: dict[str, tuple[int, ...]] = {"walking": (5,), "sine": (3,), "digits": (16, 8)}
LOWERED, TWO = "scratch, rate lowered", "scratch, better of two"
WAYS = ("scratch", LOWERED, TWO, "merged early", "merged", "full")


@dataclass(frozen=True)
class Setting:
    """A case, its two models, what an epoch of the full one costs, and its data."""

    case: Case
    small: bn.results.Model
    price: float
    data: Data
    test: Data
    scale: float


def setting(name: str) -> Setting:
    case = CASES[name]
    small = case.model
    for layer, width in zip(small.layout.hidden, SMALL[name], strict=True):
        small = with_width(small, layer, width)
    data, test, scale = case.data(0)
    price = weights(case.model, data) / weights(small, data)
    return Setting(case, small, price, data, test, scale)


def weights(model: bn.results.Model, data: Data) -> int:
    draw = bn.prior(model, data[0][:1], samples=1)["posterior"]
    return sum(int(draw[site].size) for site in model.layout.sites)


def prior_draws(model: bn.results.Model, data: Data, seeds: range) -> Sites:
    each = []
    with jax.enable_x64(True):
        for seed in seeds:
            draw = bn.prior(model, data[0][:1], samples=1, seed=seed)["posterior"].data_vars
            sites = {str(k): np.asarray(v)[0] for k, v in draw.items()}
            each.append(sites | {k: np.ones_like(v) for k, v in sites.items() if k == "noise"})
    return stacked(each)


def steps(
    at: Setting, model: bn.results.Model, sites: Sites, epochs: int, rate: float, seed: int
) -> Sites:
    optimizer = bn.Adam(epochs=epochs, learning_rate=rate)
    return train(
        model, sites, *at.data, optimizer=optimizer, prior=at.case.recipe["prior"], seed=seed
    )


def record(at: Setting, model: bn.results.Model, sites: Sites, spent: float) -> pd.DataFrame:
    mean = evaluate(model, sites, at.test[0], keep=("mean",))["mean"]
    fit = evaluate(model, sites, *at.data, keep=("mean",))
    return pd.DataFrame({
        "start": np.arange(len(mean)), "spent": spent,
        "loss": -fit["log_likelihood"].mean(axis=1), "error": errors(mean, at.test[1], at.scale),
    })  # fmt: skip


def phase(
    at: Setting, model: bn.results.Model, sites: Sites, epochs: int, rate: float, *,
    spent: float = 0.0, seed: int = 0, every: int = EVERY,
) -> tuple[Sites, list[pd.DataFrame]]:  # fmt: skip
    """Train for some epochs; record loss and held-out error as the budget is spent."""
    price = at.price if model == at.case.model else 1.0
    tables = [record(at, model, sites, spent)]
    for done in range(0, epochs, every):
        few = min(every, epochs - done)
        sites = steps(at, model, sites, few, rate, seed + done)
        tables.append(record(at, model, sites, spent + price * (done + few)))
    return sites, tables


def merge(at: Setting, sites: Sites) -> Sites:
    plan = {name: int(at.small.layout.width(prior_draws(at.small, at.data, range(1)), name))
            for name in at.small.layout.hidden}  # fmt: skip
    return merged_networks(at.case.model, unstacked(sites), at.data, [plan])[0][1]


def follow(
    at: Setting, way: str, rates: dict[str, float], seeds: range, *, every: int = EVERY
) -> pd.DataFrame:
    """One way for all seeds."""
    full, small, rate = at.case.model, at.small, rates[way]
    if way == "full":
        start = prior_draws(full, at.data, seeds)
        tables = phase(at, full, start, round(BUDGET / at.price), rate, every=every)[1]
    elif way == "scratch":
        start = prior_draws(small, at.data, seeds)
        tables = phase(at, small, start, BUDGET, rate, every=every)[1]
    elif way == LOWERED:
        half = BUDGET // 2
        start = prior_draws(small, at.data, seeds)
        trained, tables = phase(at, small, start, half, rates["scratch"], every=every)
        later = phase(at, small, trained, half, rate, spent=half, seed=half, every=every)[1]
        tables += later[1:]
    elif way == TWO:
        other = range(10_000 + seeds.start, 10_000 + seeds.stop)
        drawn = [prior_draws(small, at.data, numbers) for numbers in (seeds, other)]
        ends = [phase(at, small, d, BUDGET // 2, rate, every=BUDGET)[1][-1] for d in drawn]
        better = ends[0]["loss"] <= ends[1]["loss"]
        tables = [ends[0].where(better, ends[1]).assign(spent=float(BUDGET))]
    else:
        first = EARLY if way == "merged early" else round(BUDGET / 2 / at.price)
        start = prior_draws(full, at.data, seeds)
        wide, _ = phase(at, full, start, first, rates["full"], every=first)
        rest, spent = round(BUDGET - first * at.price), first * at.price
        start = merge(at, wide)
        tables = phase(at, small, start, rest, rate, spent=spent, seed=first, every=every)[1]
    return pd.concat(tables, ignore_index=True).assign(way=way)


def best_rates(at: Setting) -> pd.DataFrame:
    """Mean validation error of every way and rate; the full network's comes first."""
    rows = len(at.data[0])
    cut = rows - rows // 5
    part = Setting(
        at.case, at.small, at.price, tuple(v[:cut] for v in at.data),
        tuple(v[cut:] for v in at.data), at.scale,
    )  # fmt: skip
    table, rates = [], {}
    for way in ("full", *WAYS[:-1]):
        for rate in RATES:
            seeds = range(1000, 1000 + TUNING)
            ends = follow(part, way, rates | {way: rate}, seeds, every=BUDGET)
            last = ends[ends["spent"] == ends["spent"].max()]["error"]
            table.append({"way": way, "rate": rate, "error": last.mean()})
        tried = pd.DataFrame(table).query("way == @way")
        rates[way] = float(tried.loc[tried["error"].idxmin(), "rate"])
    return pd.DataFrame(table).assign(chosen=lambda t: t["rate"] == t["way"].map(rates))


def run(name: str, starts: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    at = setting(name)
    tried = best_rates(at)
    rates = tried[tried["chosen"]].set_index("way")["rate"].to_dict()
    table = pd.concat([follow(at, way, rates, range(starts)) for way in WAYS], ignore_index=True)
    return table.assign(data=name), tried.assign(data=name)


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Per way: error when the budget is spent, its difference from scratch, and the compute to
    scratch's median final loss.
    """
    rows = []
    for name, part in table.groupby("data", sort=False):
        ends = part[part["spent"] == part.groupby("way")["spent"].transform("max")]
        scratch = ends[ends["way"] == "scratch"].set_index("start")
        target = scratch["loss"].median()
        for way in WAYS:
            own = ends[ends["way"] == way].set_index("start")
            gap = own["error"] - scratch["error"]
            reached = part[(part["way"] == way) & (part["loss"] <= target)]
            first = reached.groupby("start")["spent"].min()
            rows.append({
                "data": name, "way": way, "error": own["error"].mean(), "sd": own["error"].std(),
                "gap": gap.mean(), "gap_se": gap.sem(), "reached": len(first),
                "spent": first.median() if len(first) else np.nan,
            })  # fmt: skip
    return pd.DataFrame(rows)


def draw(table: pd.DataFrame, folder: Path) -> None:
    names = table["data"].unique()
    figure, axes = plt.subplots(1, len(names), figsize=(4.2 * len(names), 3.6), squeeze=False,
                                layout="constrained")  # fmt: skip
    for ax, name in zip(axes[0], names, strict=True):
        trained = table["spent"] > 0
        part = table[(table["data"] == name) & (table["way"] != TWO) & trained]
        lines = {way: part[part["way"] == way] for way in part["way"].unique()}
        bn.plot.curve(lines, x="spent", label=CASES[str(name)].label, ax=ax)
        ax.set_xscale("linear")
        ax.set_xlabel("compute, epochs of the small network")
        small = "-".join(map(str, SMALL[str(name)]))
        ax.set_title(f"{CASES[str(name)].title} to {small}", fontsize=9)
        ax.legend_.remove()
        ends = part[part["spent"] > 0.9 * BUDGET].groupby("way")["error"].mean()
        ax.set_ylim(0.95 * ends.min(), 1.25 * ends.max())
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=5, fontsize=9, frameon=False)
    bn.plot.save_figure(figure, folder / "training_gain")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(SMALL), help=f"of {list(SMALL)}")
    parser.add_argument("--starts", type=int, default=20)
    folder_options(parser)
    args = parser.parse_args()
    for folder in (args.out, args.figures):
        folder.mkdir(parents=True, exist_ok=True)
    with threadpool_limits(1):
        both = [run(name, args.starts) for name in args.names]
    table, tried = (pd.concat(tables, ignore_index=True) for tables in zip(*both, strict=True))
    table.to_csv(args.out / "training_gain.csv", index=False, float_format="%.6g")
    tried.to_csv(args.out / "training_gain_rates.csv", index=False, float_format="%.6g")
    print(tried[tried["chosen"]].to_string(index=False))
    print(summary(table).round(4).to_string(index=False))
    draw(table, args.figures)


if __name__ == "__main__":
    main()
