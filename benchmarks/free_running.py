"""Free-running forecasts on two series: error and coverage of 90% bands by horizon.

Draws of Laplace go through the network linearised at the mode and through the network itself.
``python benchmarks/free_running.py`` prints the table of docs/series.md and writes its figure.
"""

import time
import warnings
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd

import bayesneuron as bn

mpl.use("agg")
FIGURES = Path(__file__).parents[1] / "docs" / "figures"
SHOWN = (1, 10, 30, 60)  # steps
SERIES = {
    "noisy sine, 10-3-1": (bn.datasets.noisy_sine(length=1200), 500, 10, 3),
    "walking, 20-4-1": (bn.datasets.walking(), 1400, 20, 4),
}
WAYS = {
    "Laplace, linearised": (bn.laplace, {"samples": 200}),
    "Laplace, the network itself": (bn.laplace, {"samples": 200, "linearise": False}),
    "bootstrap": (bn.bootstrap, {"replicates": 100}),
    "NUTS": (bn.nuts, {"samples": 100, "chains": 2}),
}


def main() -> None:
    rows = []
    for name, (series, length, history, hidden) in SERIES.items():
        x, y = bn.windows(series[:length], history)
        starts, after = bn.windows(series[length - history :], history, SHOWN[-1], standardize=x)
        step = max(1, len(starts) // 200)
        starts, after = starts[::step], bn.unscale(after[::step], after).values
        model = bn.load("two_layer", inputs=history, hidden=hidden, outputs=1)
        for way, (estimate, options) in WAYS.items():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", bn.StatisticalWarning)
                draws = estimate(model, x, y, seed=0, **options)
                bn.forecast(draws, starts[:1], SHOWN[-1], paths=5)
                began = time.perf_counter()
                bn.forecast(draws, starts[:1], SHOWN[-1], paths=5)
                seconds = time.perf_counter() - began
                ahead = bn.forecast(draws, starts, SHOWN[-1], paths=5)
            rows.append({"series": name, "draws": way, **scores(ahead, after), "seconds": seconds})
            if way == "Laplace, linearised":
                draw(ahead, series, name)
        errors = {k: root(v.values - after) for k, v in ahead.references.items()}
        for reference, error in errors.items():
            rows.append({"series": name, "draws": reference, **at("rmse", error)})
    print(pd.DataFrame(rows).round(3).to_string(index=False, na_rep=""))


def scores(ahead, after) -> dict[str, float]:
    low, high = (ahead.summary["quantiles"].sel(quantile=q).values for q in (0.05, 0.95))
    covered = ((after >= low) & (after <= high)).mean(axis=0)
    error = root(ahead.summary["mean"].values - after)
    return {
        **at("rmse", error), **at("cover", covered), "cover": covered.mean(),
        "diverged": float(ahead.summary["diverged"].max()),
    }  # fmt: skip


def root(off: np.ndarray) -> np.ndarray:
    return np.sqrt((off**2).mean(axis=0))


def at(name: str, by_step: np.ndarray) -> dict[str, float]:
    return {f"{name}_{step}": float(by_step[step - 1]) for step in SHOWN}


def draw(ahead, series, name) -> None:
    both = ("persistence", "autoregression")
    stem = f"free_running_{name.split(',')[0].split()[-1]}"
    for suffix, ax in (
        ("", bn.plot.forecast(ahead, series, references=both)),
        ("_error", bn.plot.horizon_error(ahead, series, references=both)),
    ):
        bn.plot.save_figure(ax, FIGURES / f"{stem}{suffix}")


if __name__ == "__main__":
    main()
