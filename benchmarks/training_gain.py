"""Does a merged network train faster, as well and more stably than one from scratch?

Four ways to a network, 20 starts each, same data, same recipe (Adam, batches of 16):
``full``: the full network; ``scratch``: the small one from a prior draw; ``merged``: the small one
from the merge of the trained full network; ``merged early``: from the merge of the full network
after 10 epochs. Writes benchmarks/results/training_gain.csv (one row a start, way and epoch) and
docs/figures/training_gain.{pdf,png}. MotionSense is downloaded or read from BAYESNEURON_DATA.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from _reduction import CASES, Case, Data, stacked, train, trained
from threadpoolctl import threadpool_limits

import bayesneuron as bn
from bayesneuron.draws.evaluate import evaluate
from bayesneuron.network.width import with_width
from bayesneuron.reduction import merging
from bayesneuron.reduction.score import errors
from bayesneuron.reduction.shrink import shrink

mpl.use("agg")
HERE = Path(__file__).parent
EPOCHS, EVERY, EARLY = 70, 5, 10
SMALL: dict[str, tuple[int, ...]] = {"walking": (5,), "sine": (3,), "digits": (16, 8)}


def narrow(case: Case, size: tuple[int, ...], inputs: int) -> bn.Model:
    model = case.model
    for layer, width in zip(model.layout.hidden, size, strict=True):
        model = with_width(model, layer, width)
    return model


def merged(case: Case, sites: dict[str, Any], data: Data, size: tuple[int, ...]) -> dict[str, Any]:
    """Each network merged on its own: they are no draws of one posterior."""
    plan = [dict(zip(case.model.layout.hidden, size, strict=True))]
    count = len(next(iter(sites.values())))
    return stacked(
        [
            shrink(case.model, {k: v[s : s + 1] for k, v in sites.items()}, *data, plan, merging)[
                0
            ][1]
            for s in range(count)
        ]
    )


def follow(
    case: Case, model: bn.Model, sites: dict[str, Any], data: Data, held: Data, scale: float,
    epochs: int, way: str, offset: int = 0,
) -> tuple[pd.DataFrame, dict[int, dict[str, Any]]]:  # fmt: skip
    """Train on, and note the loss and the held-out error every few epochs."""
    rows, kept, spent = [], {0: sites}, 0.0
    for epoch in range(0, epochs + 1, EVERY):
        if epoch:
            began = time.perf_counter()
            recipe = {**case.recipe, "epochs": EVERY}
            sites = train(model, sites, *data, seed=epoch + offset, **recipe)
            spent += time.perf_counter() - began
            kept[epoch] = sites
        loss = -evaluate(model, sites, *data, keep=("mean",))["log_likelihood"].mean(axis=1)
        error = errors(evaluate(model, sites, held[0], keep=("mean",))["mean"], held[1], scale)
        rows += [
            {"way": way, "start": s, "epoch": epoch + offset, "loss": loss[s], "error": error[s],
             "seconds": spent}
            for s in range(len(loss))
        ]  # fmt: skip
    return pd.DataFrame(rows), kept


def run(name: str, starts: int) -> pd.DataFrame:
    case, size = CASES[name], SMALL[name]
    data, held, scale = case.data(0)
    begin = {**case.recipe, "epochs": 1}
    quick = Case(case.title, case.data, case.model, case.sizes, case.label, begin)
    small = narrow(case, size, data[0].shape[1])
    full = stacked([trained(quick, data, s) for s in range(starts)])
    scratch = stacked([trained(quick, data, s, small) for s in range(starts)])
    at = (data, held, scale)
    tables = []
    found, kept = follow(case, case.model, full, *at, EPOCHS, "full")
    tables.append(found)
    tables.append(follow(case, small, scratch, *at, EPOCHS, "scratch")[0])
    done = merged(case, kept[EPOCHS], data, size)
    tables.append(follow(case, small, done, *at, EPOCHS, "merged")[0])
    early = merged(case, kept[EARLY], data, size)
    tables.append(follow(case, small, early, *at, EPOCHS - EARLY, "merged early", EARLY)[0])
    table = pd.concat(tables, ignore_index=True)
    table.insert(0, "data", name)
    return table


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Per way: epochs to the loss that the small network from scratch ends at, and the end."""
    rows = []
    for (name, way), part in table.groupby(["data", "way"], sort=False):
        ends = table[(table["data"] == name) & (table["way"] == "scratch")]
        target = ends[ends["epoch"] == EPOCHS]["loss"].median()
        first = part[part["loss"] <= target].groupby("start")["epoch"].min()
        last = part[part["epoch"] == part["epoch"].max()]
        rows.append({
            "data": name, "way": way, "starts": part["start"].nunique(),
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
        ways = ["merged", "full", "scratch", "merged early"]
        lines = {w: part[part["way"] == w].rename(columns={"epoch": "epochs"}) for w in ways}
        bn.plot.curve(lines, x="epochs", label=CASES[str(name)].label, ax=ax)
        ax.set_xscale("linear")
        ax.set_title(f"{CASES[str(name)].title} to {'-'.join(map(str, SMALL[str(name)]))}",
                     fontsize=9)  # fmt: skip
        ax.legend_.remove()
        ends = part[part["epoch"] == EPOCHS].groupby("way")["error"].mean()
        ax.set_ylim(0.9 * ends.min(), 2.2 * ends.max())
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=9, frameon=False)
    bn.plot.save_figure(figure, folder / "training_gain")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(SMALL), help=f"of {list(SMALL)}")
    parser.add_argument("--starts", type=int, default=20)
    parser.add_argument("--out", type=Path, default=HERE / "results")
    parser.add_argument("--figures", type=Path, default=HERE.parent / "docs" / "figures")
    given = parser.parse_args()
    for folder in (given.out, given.figures):
        folder.mkdir(parents=True, exist_ok=True)
    with threadpool_limits(1):
        table = pd.concat([run(name, given.starts) for name in given.names], ignore_index=True)
    table.to_csv(given.out / "training_gain.csv", index=False, float_format="%.6g")
    draw(table, given.figures)
    print(summary(table).round(4).to_string(index=False))


if __name__ == "__main__":
    main()
