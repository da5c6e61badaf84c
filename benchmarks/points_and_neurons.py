"""Are neurons less normal where the points of the trajectory are less normal?

Series of one length, windows of 10, networks 10-2-1. `points` is the p-value of Henze and Zirkler's
test of all points (`bn.point_normality`); `cycle` the share of eight phases at which points about
their cycle are rejected. `neurons` is the share of neurons, over `--repeats` series, that the same
test rejects at 5% among bootstrap replicates (moving blocks, Newton, from the best optimum), and
`hz` their statistic over its null median.
The AR(2) series have one spectrum and different innovations: what differs is the distribution.
"""

import argparse
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.signal import lfilter

import bayesneuron as bn
from bayesneuron.numerics.normality_statistics import normality_statistics

RESULTS = Path(__file__).parent / "results"
FIGURE = Path(__file__).parents[1] / "docs" / "figures" / "phase_portraits"
LENGTH, WIDTH, HIDDEN = 600, 10, 2


def damped(innovations, period=20, decay=0.9):
    return lfilter([1.0], [1.0, -2 * decay * np.cos(2 * np.pi / period), decay**2], innovations)


def drawn(kind, rng, length):
    size = length + 200
    if kind == "normal":
        return rng.normal(size=size)
    return rng.exponential(size=size) - 1 if kind == "exponential" else rng.standard_t(3, size)


def motion(trial, seed):
    series = bn.datasets.motionsense(trial)[500:-500]
    start = seed * LENGTH % (len(series) - LENGTH + 1)
    return series[start : start + LENGTH].values


CASES = {  # by name: series of a seed, period of its cycle
    "AR(2), normal innovations": (lambda s: ar("normal", s), None),
    "AR(2), exponential innovations": (lambda s: ar("exponential", s), None),
    "AR(2), t(3) innovations": (lambda s: ar("t", s), None),
    "AR(2), normal, 2400 samples": (lambda s: ar("normal", s, 4 * LENGTH), None),
    "noisy sine": (lambda s: bn.datasets.noisy_sine(LENGTH, seed=s).values, 50),
    "walking": (lambda s: motion("wlk_7", s), None),
    "stairs": (lambda s: motion("ups_3", s), None),
}


def ar(kind, seed, length=LENGTH):
    return damped(drawn(kind, np.random.default_rng(seed), length))[200:]


def measured(name, repeats, replicates):
    make, period = CASES[name]
    model = bn.load("two_layer", inputs=WIDTH, hidden=HIDDEN, outputs=1)
    rng = np.random.default_rng(0)
    null = np.median(
        [normality_statistics(rng.normal(size=(replicates, WIDTH + 2))).hz for _ in range(200)]
    )
    rows = []
    for seed in range(repeats):
        series = make(seed)
        points = bn.point_normality(series, WIDTH, surrogates=99, seed=seed)
        cycle = period and bn.point_normality(
            series, WIDTH, period=period, surrogates=99, seed=seed
        )
        options = {"scheme": "block", "optimizer": "newton", "start": "best"}
        x, y = bn.windows(series, WIDTH)
        draws = bn.bootstrap(model, x, y, replicates=replicates, seed=seed, **options)
        neurons = bn.neurons(draws)["hidden"]
        table = points.beside(neurons).iloc[1:]
        rows.append(
            {
                "series": name,
                "seed": seed,
                "points_p": points.p_value,
                "cycle": cycle.rejected if cycle else np.nan,
                "neurons": float((table["hz_p"] <= 0.05).mean()),
                "hz": float(table["hz"].mean() / null),
                "ambiguous": float(neurons.ambiguous.mean()),
            }
        )
        print(rows[-1], flush=True)
    return rows


def figure():
    """Phase portraits of four series."""
    shown = {
        "AR(2), normal innovations": 5, "noisy sine": 12, "walking": 4, "stairs": 4,
    }  # fmt: skip
    drawing, axes = plt.subplots(2, 2, figsize=(7.2, 6.0), layout="constrained")
    for ax, (name, delay) in zip(axes.flat, shown.items(), strict=True):
        bn.plot.phase(CASES[name][0](0), delay=delay, ax=ax)
        ax.set_title(name, fontsize=10)
    bn.plot.save_figure(drawing, FIGURE)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument("--draw", action="store_true")
    chosen = parser.parse_args()
    figure()
    if chosen.draw:
        return
    rows = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bn.StatisticalWarning)
        for name in CASES:
            rows += measured(name, chosen.repeats, chosen.replicates)
            pd.DataFrame(rows).round(4).to_csv(RESULTS / "points_and_neurons.csv", index=False)
    numbers = pd.DataFrame(rows).groupby("series", sort=False).mean().drop(columns="seed")
    print(numbers.round(2).to_string())


if __name__ == "__main__":
    main()
