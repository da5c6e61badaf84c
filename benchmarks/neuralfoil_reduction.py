"""A network that no one here trained: NeuralFoil's 25-128-128-128-128-198, reduced to 64 each.

NeuralFoil (Sharpe, MIT licence) predicts the flow around an airfoil from its shape. Its author
trained one network with 128 neurons a layer and one with 64. The large one is reduced without
training, from inputs alone, and compared with the author's small one by the distance of their
answers from those of the large one, for each of the 198 outputs: the median over cases of the
absolute difference, in units of the output's interquartile range. The author's small network was
trained on XFOIL's answers, not to imitate the large one, so this is no statement about which is
nearer to XFOIL. Inputs: airfoils of AeroSandbox's database, half of them to reduce on and half held
out; and draws from the normal distribution of the training inputs that the package carries. Writes
benchmarks/results/neuralfoil.csv and docs/figures/neuralfoil.{pdf,png}.
"""

import argparse
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from _tables import FIGURES, report

import bayesneuron as bn
from bayesneuron import baselines
from bayesneuron.draws.evaluate import evaluate
from bayesneuron.plots.style import color, marker
from bayesneuron.reduction import leader_merging
from bayesneuron.reduction.shrink import shrink

mpl.use("agg")
HERE = Path(__file__).parent
LAYERS, WIDTH, SMALL = 4, 128, 64
SIZES = (8, 16, 32, 48, 64, 96)
MARGINAL = 2000  # draws from the training distribution, of each kind
METHODS: dict[str, Any] = {
    "merge (ours)": leader_merging,
    "best subset": baselines.best_subset,
    "magnitude, with our take-over": baselines.with_takeover(baselines.magnitude),
    "random, with our take-over": baselines.with_takeover(baselines.random),
    "magnitude": baselines.magnitude,
}


def network(folder: Path, size: str, width: int) -> tuple[bn.results.Model, dict[str, np.ndarray]]:
    """One of NeuralFoil's networks as ours, and its weights with an axis of one draw."""
    model = bn.load(
        "mlp", inputs=25, hidden=(width,) * LAYERS, outputs=198, activation="silu", noise=0.1
    )
    stored = np.load(folder / f"nn-{size}.npz")
    names = [*(f"hidden{i + 1}" for i in range(LAYERS)), "output"]
    sites = {}
    for place, name in enumerate(names):
        for kind in ("weight", "bias"):
            sites[f"{name}_{kind}"] = np.asarray(stored[f"net.{2 * place}.{kind}"], float)[None]
    return model, sites


def answers(model: bn.results.Model, sites: dict[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    """The 198 outputs, (case, 198)."""
    return evaluate(model, sites, x, keep=("mean",))["mean"][0]


def coefficients(model: Any, sites: dict[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    """Lift, drag and moment as the package computes them, (case, 3): mirrored and averaged."""
    mirrored = x.copy()
    mirrored[:, :8], mirrored[:, 8:16] = -x[:, 8:16], -x[:, :8]
    mirrored[:, [16, 18]] *= -1
    mirrored[:, [23, 24]] = x[:, [24, 23]]
    one, other = answers(model, sites, x), answers(model, sites, mirrored)
    lift, moment = ((one[:, i] - other[:, i]) / 2 for i in (1, 3))
    drag = np.exp(((one[:, 2] + other[:, 2]) / 2 - 2) * 2)
    return np.stack([lift / 2, drag, moment / 20], axis=1)


def marginal(folder: Path, rng: np.random.Generator, count: int) -> np.ndarray:
    """Draws of the training inputs' normal distribution, made possible inputs, (count, 25)."""
    known = np.load(folder / "scaled_input_distribution.npz")
    x = rng.multivariate_normal(known["mean_inputs_scaled"], known["cov_inputs_scaled"], count)
    double = np.arcsin(np.clip(x[:, 18], -1, 1))  # twice the angle of attack
    x[:, 18], x[:, 19], x[:, 20] = np.sin(double), np.cos(double / 2), np.sin(double / 2) ** 2
    x[:, 23:] = np.clip(x[:, 23:], 0, 1)
    return x


def distance(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Median absolute difference over cases, in interquartile ranges of `other`, (output,)."""
    low, high = np.quantile(other, [0.25, 0.75], axis=0)
    return np.median(np.abs(one - other), axis=0) / (high - low)


def measure(name: str, size: int, seconds: float, network: Any, tests: dict[str, Any]) -> list:
    """One row for each kind of input."""
    rows = []
    for kind, (x, large, lift) in tests.items():
        each = distance(answers(*network, x), large)
        named = distance(coefficients(*network, x), lift)
        low, middle, high = np.quantile(each, [0.05, 0.5, 0.95])
        rows.append({
            "network": name, "neurons": size, "inputs": kind, "distance": middle,
            "distance_5": low, "distance_95": high, "CL": named[0], "CD": named[1],
            "CM": named[2], "seconds": seconds,
        })  # fmt: skip
    return rows


def draw(table: pd.DataFrame) -> None:
    """Distance against neurons per layer, beside the author's smaller network."""
    kinds = list(table["inputs"].unique())
    fig, axes = plt.subplots(1, len(kinds), figsize=(6.9, 3.0), sharey=True, layout="constrained")
    for ax, kind in zip(axes, kinds, strict=True):
        part = table[table["inputs"] == kind]
        author = part[part["network"] == "author's"].iloc[0]
        for k, name in enumerate(METHODS):
            one = part[part["network"] == name].sort_values("neurons")
            ax.plot(
                one["neurons"], one["distance"], color=color(k), marker=marker(k), ms=4, label=name
            )
        ax.plot(author["neurons"], author["distance"], "k*", ms=11, label="author's own, trained")
        ax.set(title=kind, xlabel="neurons in each of four layers", yscale="log", xscale="log")
        ax.set_xticks(SIZES, [str(s) for s in SIZES])
        ax.minorticks_off()
    axes[0].set_ylabel("distance from the network of 128\n(interquartile ranges)")
    axes[0].legend(fontsize=7)
    for suffix in ("pdf", "png"):
        fig.savefig(FIGURES / f"neuralfoil.{suffix}", dpi=200)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--neuralfoil-python", required=True, help="a Python with neuralfoil")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "airfoils.npz"
        subprocess.run([options.neuralfoil_python, HERE / "_airfoils.py", path], check=True)
        known = dict(np.load(path))
    weights = Path(str(known["weights"]))
    model, sites = network(weights, "large", WIDTH)
    same = coefficients(model, sites, known["x"])
    package = np.stack([known[k] for k in ("cl", "cd", "cm")], axis=1)
    print(f"{len(package)} cases; differs from the package by {abs(same - package).max():.1e}")
    rng = np.random.default_rng(1)
    foils = rng.permutation(np.unique(known["airfoil"]))
    train = np.isin(known["airfoil"], foils[: len(foils) // 2])
    x = np.concatenate([known["x"][train], marginal(weights, rng, MARGINAL)])
    held = {
        "held-out airfoils": known["x"][~train],
        "training marginals": marginal(weights, rng, MARGINAL),
    }
    tests = {
        k: (v, answers(model, sites, v), coefficients(model, sites, v)) for k, v in held.items()
    }
    y = answers(model, sites, x)
    rows = measure("author's", SMALL, np.nan, network(weights, "medium", SMALL), tests)
    for name, method in METHODS.items():
        for size in SIZES:
            started = time.perf_counter()
            plan = {f"hidden{i + 1}": size for i in range(LAYERS)}
            smaller = shrink(model, sites, x, y, [plan], method)[0]
            rows += measure(name, size, time.perf_counter() - started, smaller, tests)
            print(*rows[-len(tests) :], sep="\n", flush=True)
    table = pd.DataFrame(rows)
    draw(table)
    report("neuralfoil", table, decimals=4)


if __name__ == "__main__":
    main()
