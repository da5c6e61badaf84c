"""Seconds and peak memory against replicates, draws, neurons and windows; slopes, and a figure.

Each point is a separate process (`_memory.py`). The second of two calls is timed, which compiles
nothing; memory is the peak of the process less that of imports and data. Slopes are least squares
on log-log scales over the upper half of the points, where fixed costs matter least. Writes
benchmarks/results/cost_curves.csv and docs/figures/cost_curves.{pdf,png}.
"""

import argparse
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from _memory import measure
from _tables import FIGURES, RESULTS, report
from matplotlib.ticker import NullFormatter

import bayesneuron as bn

mpl.use("agg")

# what is varied, method, its option, values, fixed options
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
    for varied, name, option, values, fixed in CURVES:
        for value in values:
            cost = measure(name.split(",")[0], **{option: value}, **fixed)
            rows.append({
                "varied": varied, "method": name, "value": value, "seconds": cost["warm"],
                "memory": cost["peak"] - cost["before"], "peak": cost["peak"],
            })  # fmt: skip
            print(f"{varied:10} {name:18} {value:6} {cost['warm']:8.2f} s", flush=True)
    return pd.DataFrame(rows)


def slopes(table: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for (varied, name), part in table.groupby(["varied", "method"], sort=False):
        upper = part.iloc[-max(2, len(part) // 2) :]
        x = np.log(upper["value"].to_numpy())
        fits = {
            k: np.polyfit(x, np.log(np.maximum(upper[k].to_numpy(), 1e-3)), 1)[0]
            for k in ("seconds", "memory")
        }
        rows.append({"varied": varied, "method": name} | fits)
    return pd.DataFrame(rows)


def draw(table: pd.DataFrame, folder: Path) -> None:
    names = list(table["varied"].unique())
    figure, axes = plt.subplots(
        2, len(names), figsize=(2.7 * len(names), 4.6), sharex="col", sharey="row",
        layout="constrained",
    )  # fmt: skip
    styles = dict(zip(table["method"].unique(), "os^Dv", strict=False))
    colours = {m: f"C{k}" for k, m in enumerate(styles)}
    for column, varied in enumerate(names):
        for (_, name), part in table[table["varied"] == varied].groupby(["varied", "method"]):
            for row, cost in enumerate(("seconds", "memory")):
                axes[row][column].loglog(
                    part["value"], part[cost].clip(lower=1e-2), marker=styles[name],
                    color=colours[name], label=name, ms=4, lw=1,
                )  # fmt: skip
        low, high = (f(table[table["varied"] == varied]["value"]) for f in (min, max))
        powers = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
        axes[1][column].set_xlabel(varied)  # the axis of both rows
        axes[1][column].xaxis.set_minor_formatter(NullFormatter())
        axes[1][column].set_xlim(low / 1.5, high * 1.5)
        axes[1][column].set_xticks([p for p in powers if low / 1.5 <= p <= high * 1.5])
        for row in range(2):
            axes[row][column].grid(alpha=0.3, lw=0.5)
    axes[0][0].set_ylabel("seconds, compiled")
    axes[1][0].set_ylabel("memory without data, MiB")
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
    parser.add_argument("--figures", type=Path, default=FIGURES)
    args = parser.parse_args()
    if args.draw:
        table = pd.read_csv(RESULTS / "cost_curves.csv")
    else:
        table = collect()
        report("cost_curves", table)
    print("\nlog-log slopes, upper half of the points")
    print(slopes(table).round(2).to_string(index=False))
    draw(table, args.figures)


if __name__ == "__main__":
    main()
