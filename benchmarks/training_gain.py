"""Does a merged network train faster, better or more stably than a small one from scratch?

Four networks, 20 starts each, with the same data and recipe (Adam, batches of 16). ``full``: the
full network. ``scratch``: the small one from a prior draw. ``merged``: the small one from the merge
of the trained full network. ``merged early``: the same from the full network after 10 epochs.
Writes benchmarks/results/training_gain.csv (one row per network, start and epoch) and
docs/figures/training_gain.{pdf,png}. MotionSense is downloaded or read from BAYESNEURON_DATA.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from _reduction import (
    CASES,
    Case,
    Data,
    Sites,
    folder_options,
    stacked,
    trained,
    trained_on,
    unstacked,
)
from _reduction import merged as merged_networks
from _timing import timed
from threadpoolctl import threadpool_limits

import bayesneuron as bn
from bayesneuron.draws.evaluate import evaluate
from bayesneuron.network.width import with_width
from bayesneuron.reduction.scoring import errors

mpl.use("agg")
EPOCHS, EVERY, EARLY = 70, 5, 10
SMALL: dict[str, tuple[int, ...]] = {"walking": (5,), "sine": (3,), "digits": (16, 8)}


def narrow(case: Case, size: tuple[int, ...]) -> bn.results.Model:
    model = case.model
    for layer, width in zip(model.layout.hidden, size, strict=True):
        model = with_width(model, layer, width)
    return model


def merged(case: Case, sites: Sites, data: Data, size: tuple[int, ...]) -> Sites:
    """The networks merged to the small size."""
    plan = dict(zip(case.model.layout.hidden, size, strict=True))
    return merged_networks(case.model, unstacked(sites), data, [plan])[0][1]


def follow(
    case: Case, model: bn.results.Model, sites: Sites, data: Data, test: Data, scale: float,
    epochs: int, network: str, offset: int = 0,
) -> tuple[pd.DataFrame, dict[int, Sites]]:  # fmt: skip
    """Train further; record the loss and the held-out error every few epochs, and the weights."""
    rows, snapshots, elapsed = [], {0: sites}, 0.0
    for epoch in range(0, epochs + 1, EVERY):
        if epoch:
            seconds, sites = timed(
                lambda s=sites, seed=epoch + offset: trained_on(
                    case, model, s, data, epochs=EVERY, seed=seed
                )
            )
            elapsed += seconds
            snapshots[epoch] = sites
        loss = -evaluate(model, sites, *data, keep=("mean",))["log_likelihood"].mean(axis=1)
        error = errors(evaluate(model, sites, test[0], keep=("mean",))["mean"], test[1], scale)
        rows += [
            {"network": network, "start": s, "epoch": epoch + offset, "loss": loss[s],
             "error": error[s], "seconds": elapsed}
            for s in range(len(loss))
        ]  # fmt: skip
    return pd.DataFrame(rows), snapshots


def run(name: str, starts: int) -> pd.DataFrame:
    case, size = CASES[name], SMALL[name]
    data, test, scale = case.data(0)
    quick = replace(case, recipe={**case.recipe, "epochs": 1})
    small = narrow(case, size)
    full = stacked([trained(quick, data, s) for s in range(starts)])
    scratch = stacked([trained(quick, data, s, small) for s in range(starts)])
    on = (data, test, scale)
    full_table, snapshots = follow(case, case.model, full, *on, EPOCHS, "full")
    late, early = (merged(case, snapshots[epoch], data, size) for epoch in (EPOCHS, EARLY))
    table = pd.concat([
        full_table,
        follow(case, small, scratch, *on, EPOCHS, "scratch")[0],
        follow(case, small, late, *on, EPOCHS, "merged")[0],
        follow(case, small, early, *on, EPOCHS - EARLY, "merged early", EARLY)[0],
    ], ignore_index=True)  # fmt: skip
    table.insert(0, "data", name)
    return table


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Per network: epochs to the final loss of the small one from scratch, and the final error."""
    rows = []
    for (name, network), part in table.groupby(["data", "network"], sort=False):
        ends = table[(table["data"] == name) & (table["network"] == "scratch")]
        target = ends[ends["epoch"] == EPOCHS]["loss"].median()
        first = part[part["loss"] <= target].groupby("start")["epoch"].min()
        last = part[part["epoch"] == part["epoch"].max()]
        rows.append({
            "data": name, "network": network, "starts": part["start"].nunique(),
            "reached": len(first), "epochs": first.median() if len(first) else np.nan,
            "error": last["error"].mean(), "se": last["error"].sem(), "sd": last["error"].std(),
            "loss": last["loss"].mean(), "loss_sd": last["loss"].std(),
            "first_error": part[part["epoch"] == part["epoch"].min()]["error"].mean(),
        })  # fmt: skip
    return pd.DataFrame(rows)


def draw(table: pd.DataFrame, folder: Path) -> None:
    names = table["data"].unique()
    figure, axes = plt.subplots(1, len(names), figsize=(4.2 * len(names), 3.6), squeeze=False,
                                layout="constrained")  # fmt: skip
    for ax, name in zip(axes[0], names, strict=True):
        part = table[table["data"] == name]
        networks = ["merged", "full", "scratch", "merged early"]
        lines = {
            n: part[part["network"] == n].rename(columns={"epoch": "epochs"}) for n in networks
        }
        bn.plot.curve(lines, x="epochs", label=CASES[str(name)].label, ax=ax)
        ax.set_xscale("linear")
        ax.set_title(f"{CASES[str(name)].title} to {'-'.join(map(str, SMALL[str(name)]))}",
                     fontsize=9)  # fmt: skip
        ax.legend_.remove()
        ends = part[part["epoch"] == EPOCHS].groupby("network")["error"].mean()
        ax.set_ylim(0.9 * ends.min(), 2.2 * ends.max())
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=9, frameon=False)
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
        table = pd.concat([run(name, args.starts) for name in args.names], ignore_index=True)
    table.to_csv(args.out / "training_gain.csv", index=False, float_format="%.6g")
    draw(table, args.figures)
    print(summary(table).round(4).to_string(index=False))


if __name__ == "__main__":
    main()
