"""Seconds and peak memory against replicates, draws, neurons and windows; slopes, and a figure.

Each point is a process of its own (`_memory.py`): the second of two calls is timed, so that nothing
is compiled; peak memory is that of the process, less what imports and data take. Slopes are least
squares of log on log over the upper half of the points, where fixed costs have faded. Writes
benchmarks/results/cost_curves.csv and docs/figures/cost_curves.{pdf,png}.
"""

import argparse
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from _memory import measure
from _side_by_side import HERE, RESULTS, report
from matplotlib.ticker import NullFormatter

import bayesneuron as bn

mpl.use("agg")

# along, what grows, its values, what stays
CURVES = (
    ("replicates", "bootstrap", "replicates", (100, 300, 1000, 3000), {}),
    ("replicates", "bootstrap, newton", "replicates", (100, 300, 1000), {"optimizer": "newton"}),
    ("draws", "nuts", "samples", (250, 1000, 4000), {}),
    ("draws", "laplace", "samples", (1000, 2000, 4000, 8000), {}),
    ("draws", "align", "draws", (4000, 16000, 64000), {"hidden": 8}),
    ("neurons", "bootstrap", "hidden", (3, 12, 48, 192), {"replicates": 100, "epochs": 10}),
    ("neurons", "align", "hidden", (8, 16, 32, 64), {"draws": 4000}),
    ("windows", "bootstrap", "length", (500, 2000, 8000), {"replicates": 100, "epochs": 10}),
    ("windows", "laplace", "length", (500, 2000, 8000), {"samples": 200}),
)  # fmt: skip


def collect() -> pd.DataFrame:
    rows = []
    for along, name, option, values, fixed in CURVES:
        for value in values:
            found = measure(name.split(",")[0], **{option: value}, **fixed)
            rows.append({
                "along": along, "method": name, "value": value, "seconds": found["warm"],
                "memory": found["peak"] - found["before"], "peak": found["peak"],
            })  # fmt: skip
            print(f"{along:10} {name:18} {value:6} {found['warm']:8.2f} s", flush=True)
    return pd.DataFrame(rows)


def slopes(table: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for (along, name), part in table.groupby(["along", "method"], sort=False):
        upper = part.iloc[-max(2, len(part) // 2) :]
        x = np.log(upper["value"].to_numpy())
        fits = {
            k: np.polyfit(x, np.log(np.maximum(upper[k].to_numpy(), 1e-3)), 1)[0]
            for k in ("seconds", "memory")
        }
        rows.append({"along": along, "method": name} | fits)
    return pd.DataFrame(rows)


def draw(table: pd.DataFrame, folder: Path) -> None:
    names = list(table["along"].unique())
    figure, axes = plt.subplots(
        2, len(names), figsize=(2.7 * len(names), 4.6), sharex="col", sharey="row",
        layout="constrained",
    )  # fmt: skip
    styles = dict(zip(table["method"].unique(), "os^Dv", strict=False))
    colours = {m: f"C{k}" for k, m in enumerate(styles)}
    for column, along in enumerate(names):
        for (_, name), part in table[table["along"] == along].groupby(["along", "method"]):
            for row, what in enumerate(("seconds", "memory")):
                axes[row][column].loglog(
                    part["value"], part[what].clip(lower=1e-2), marker=styles[name],
                    color=colours[name], label=name, ms=4, lw=1,
                )  # fmt: skip
        low, high = (f(table[table["along"] == along]["value"]) for f in (min, max))
        powers = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
        axes[1][column].set_xlabel(along)  # the axis of both rows
        axes[1][column].xaxis.set_minor_formatter(NullFormatter())
        axes[1][column].set_xlim(low / 1.5, high * 1.5)
        axes[1][column].set_xticks([p for p in powers if low / 1.5 <= p <= high * 1.5])
        for row in range(2):
            axes[row][column].grid(alpha=0.3, lw=0.5)
    axes[0][0].set_ylabel("seconds, compiled")
    axes[1][0].set_ylabel("memory above data, MiB")
    handles = {
        label: handle
        for ax in axes[0]
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True)
    }
    figure.legend(handles.values(), handles.keys(), loc="outside lower center",
                  ncols=len(handles), fontsize=8, frameon=False)  # fmt: skip
    bn.plot.save_figure(figure, folder / "cost_curves")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draw", action="store_true", help="only make the figure")
    parser.add_argument("--figures", type=Path, default=HERE.parent / "docs" / "figures")
    given = parser.parse_args()
    if given.draw:
        table = pd.read_csv(RESULTS / "cost_curves.csv")
    else:
        table = collect()
        report("cost_curves", table)
    print("\nslopes, log on log, upper half of the points")
    print(slopes(table).round(2).to_string(index=False))
    draw(table, given.figures)


if __name__ == "__main__":
    main()
