"""Brain activity while listening: does the sound help to forecast it, and can it be decoded?

25 people of one study who hear the same story (`bn.datasets.listening`). A quarter of the run is
held out at a time. Forecasters are trained on all people together, and judged person by person; the
ridge regression of each person is a further rival. Sound that is moved round the run has the same
memory and no relation: what is gained beyond it is the effect. Writes results/brain.csv,
results/brain_errors.csv and docs/figures/brain.png. About 17 minutes.

    BAYESNEURON_DATA=... python benchmarks/brain.py
"""

import time
import warnings

import matplotlib as mpl
import numpy as np
import pandas as pd
from _brain import (
    PEOPLE,
    REGIONS,
    Pair,
    beside,
    blocks,
    by_person,
    decoding,
    forecasting,
    network,
    own_ridge,
    persistence,
    ridge,
)
from _tables import FIGURES, report
from scipy import stats
from statsmodels.stats.multitest import multipletests

import bayesneuron as bn

mpl.use("agg")
import matplotlib.pyplot as plt

SHIFTS = np.arange(40, 323)  # samples that the sound is moved by, of 362
FEW = {  # of slower forecasters
    ("network", "forecasting"): np.array([110, 252]),
    ("network", "decoding"): np.array([74, 146, 216, 288]),
    ("ridge of each person", "forecasting"): np.arange(50, 323, 20),
}
FORECASTERS = {"network": network, "ridge": ridge, "ridge of each person": own_ridge}


def squares_by_person(ahead: np.ndarray, test: Pair) -> np.ndarray:
    error = (ahead - test[1].values) ** 2
    return np.array([error[rows].mean() for rows in by_person(test[1])])


def correlation_by_person(ahead: np.ndarray, test: Pair) -> np.ndarray:
    pairs = ((ahead[k, 0], test[1].values[k, 0]) for k in by_person(test[1]))
    return np.array([np.corrcoef(*pair)[0, 1] for pair in pairs])


def is_asked(name: str, kind: str, shift: int | None) -> bool:
    return not shift or shift in FEW.get((name, kind), SHIFTS)


def root_mean_squares() -> dict[str, dict[str, np.ndarray]]:
    """RMSE by person over all blocks: by region, and by forecaster and what it knows.

    Shifts lie along the first axis.
    """
    squares: dict[str, dict[str, list]] = {region: {} for region in REGIONS}
    for block in blocks():
        own = {region: forecasting(region, block, None) for region in REGIONS}
        for shift in (None, 0, *SHIFTS):
            heard = None if shift is None else forecasting(REGIONS[0], block, shift)
            for region, pair in own.items():
                if heard is not None:
                    pair = tuple(map(beside, own[region], heard))
                rivals = {**FORECASTERS, **({"persistence": persistence} if heard is None else {})}
                for name, forecaster in rivals.items():
                    if is_asked(name, "forecasting", shift):
                        found = squares_by_person(forecaster(*pair), pair[1])
                        key = f"{name}, {known(shift)}"
                        squares[region].setdefault(key, []).append(found)
        print(block, flush=True)
    return {
        region: {k: np.sqrt(averaged(v)) for k, v in s.items()} for region, s in squares.items()
    }


def averaged(found: list[np.ndarray]) -> np.ndarray:
    """Over blocks, (shift, person)."""
    return np.reshape(found, (len(blocks()), -1, len(PEOPLE))).mean(axis=0)


def known(shift: int | None) -> str:
    return "own past" if shift is None else "shifted" if shift else "sound"


def correlations() -> dict[str, np.ndarray]:
    """Of the decoded and the true sound power, by person, blocks averaged."""
    found: dict[str, list] = {}
    for block in blocks():
        for shift in (0, *SHIFTS):
            pair = decoding(block, shift)
            for name, forecaster in FORECASTERS.items():
                if is_asked(name, "decoding", shift):
                    values = correlation_by_person(forecaster(*pair), pair[1])
                    found.setdefault(f"{name}, {known(shift)}", []).append(values)
    return {key: averaged(v) for key, v in found.items()}


def compared(
    question: str, forecaster: str, region: str, values: np.ndarray, null: np.ndarray | None = None
) -> dict:
    """A difference by person: mean, t interval, Wilcoxon's p; rank among shifts alike for all.

    `null`: the same difference by shift, (shift, person).
    """
    mean, error = values.mean(), stats.sem(values)
    low, high = stats.t.interval(0.95, len(values) - 1, mean, error)
    row = {
        "question": question, "forecaster": forecaster, "region": region, "people": len(values),
        "difference": mean, "low": low, "high": high, "p": stats.wilcoxon(values).pvalue,
    }  # fmt: skip
    if null is not None and len(null) == len(SHIFTS):
        means, sign = null.mean(axis=1), -1 if question.startswith("decoded") else 1
        row["p_shift"] = (1 + (sign * means <= sign * mean).sum()) / (1 + len(means))
    return row


def percent(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return 100 * (a / b - 1)


def rows_of(region: str, errors: dict[str, np.ndarray]) -> list[dict]:
    own = {name: errors[f"{name}, own past"][0] for name in FORECASTERS}
    rows = [
        compared(f"{name} against ridge, own past (% of RMSE)", name, region,
                 percent(own[name], own["ridge"]))
        for name in ("network", "ridge of each person")
    ]  # fmt: skip
    for name in FORECASTERS:
        heard, moved = errors[f"{name}, sound"][0], errors[f"{name}, shifted"]
        base = moved.mean(axis=0)
        rows += [
            compared("with sound against without (% of RMSE)", name, region,
                     percent(heard, own[name])),
            compared("with sound against shifted sound (% of RMSE)", name, region,
                     percent(heard, base), percent(moved, base)),
        ]  # fmt: skip
    return rows


def main() -> None:
    warnings.simplefilter("ignore", bn.StatisticalWarning)
    began = time.perf_counter()
    rows, levels, drawn = [], [], {}
    for region, errors in root_mean_squares().items():
        rows += rows_of(region, errors)
        means = {key: v.mean() for key, v in errors.items()}
        levels.append({"case": region, "people": len(PEOPLE), **means})
    decoded = correlations()
    for name in FORECASTERS:
        heard, moved = decoded[f"{name}, sound"][0], decoded[f"{name}, shifted"]
        base = moved.mean(axis=0)
        rows.append(compared("decoded sound power against shifted (correlation)", name, "all",
                             heard - base, moved - base))  # fmt: skip
        drawn[name] = heard, base
    rows.append(compared("decoded by the network against ridge (correlation)", "network", "all",
                         drawn["network"][0] - drawn["ridge"][0]))  # fmt: skip
    levels.append({"case": "decoding (correlation)", "people": len(PEOPLE),
                   **{key: v.mean() for key, v in decoded.items()}})  # fmt: skip
    table = pd.DataFrame(rows)
    for name in ("p", "p_shift"):  # each family of tests by itself
        own = table[name].notna()
        table.loc[own, f"{name}_holm"] = multipletests(table.loc[own, name], method="holm")[1]
    table["seconds"] = time.perf_counter() - began
    report("brain", table)
    report("brain_errors", pd.DataFrame(levels))
    draw(table, drawn)


def draw(table: pd.DataFrame, decoded: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
    from bayesneuron.plots.drawing import color, marker

    fig, (left, right) = plt.subplots(
        1, 2, figsize=(7.2, 3.2), layout="constrained", width_ratios=(3, 2)
    )
    effects = table[table["question"].str.startswith("with sound against shifted")]
    for k, name in enumerate(FORECASTERS):
        own = effects[effects["forecaster"] == name]
        at = np.arange(len(own)) + 0.2 * (k - 1)
        off = [own["difference"] - own["low"], own["high"] - own["difference"]]
        left.errorbar(at, own["difference"], off, fmt=marker(k), color=color(k), ms=4.5, lw=1.2,
                      label=name)  # fmt: skip
    left.axhline(0, color="0.5", lw=0.8)
    left.set_xticks(range(len(REGIONS)), REGIONS, fontsize=8)
    left.set_ylabel("RMSE, sound against shifted (%)", fontsize=9)
    left.set_title("Forecast one step ahead (below zero: the sound helps)", fontsize=9)
    left.legend(fontsize=8, frameon=False, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.1))
    shown = (decoded["ridge"], decoded["network"])
    for k, (heard, base) in enumerate(shown):
        for j, values in enumerate((base, heard)):
            x = k + 0.3 * (j - 0.5) + 0.05 * np.linspace(-1, 1, len(values))
            right.scatter(x, np.sort(values), s=9, color=color(1 - k) if j else "0.6",
                          marker=marker(1 - k))  # fmt: skip
            right.plot([x[0] - 0.04, x[-1] + 0.04], [values.mean()] * 2, color="black", lw=1.2)
    right.axhline(0, color="0.5", lw=0.8)
    places = [k + 0.3 * (j - 0.5) for k in range(2) for j in range(2)]
    right.set_xticks(places, ["shifted", "ridge", "shifted", "network"], fontsize=8, rotation=20)
    right.set_ylabel("correlation with the true power", fontsize=9)
    right.set_title("Decoded sound power, by person", fontsize=9)
    fig.savefig(FIGURES / "brain.png", dpi=150)


if __name__ == "__main__":
    main()
