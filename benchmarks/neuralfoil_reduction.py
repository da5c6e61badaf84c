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
from bayesneuron.plots.drawing import color, marker
from bayesneuron.reduction import leader_merging
from bayesneuron.reduction.shrink import shrink

mpl.use("agg")
HERE = Path(__file__).parent
LAYERS, WIDTH, SMALL = 4, 128, 64
SIZES = (8, 16, 32, 48, 64, 96)
MARGINAL = 2000  # draws from the training distribution, of each kind
OURS = "merge (ours)"
REFIT = bn.Adam(epochs=100, batch=64, learning_rate=1e-3)
METHODS: dict[str, Any] = {
    OURS: leader_merging,
    "activation correlation, with our take-over": baselines.with_takeover(
        baselines.activation_correlation
    ),
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


def outputs(model: Any, sites: dict[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    """The network's own 198 outputs, (case, 198)."""
    return evaluate(model, sites, x, keep=("mean",))["mean"][0]


def refit(model: Any, sites: dict[str, np.ndarray], x: np.ndarray, y: np.ndarray) -> Any:
    """The network trained to imitate the large one."""
    draws = bn.from_arrays(sites, model=model)
    trained = bn.refit(draws, x, y, model=model, optimizer=REFIT, prior=False)
    return model, {name: np.asarray(trained["posterior"][name])[0] for name in sites}


def mirrored(x: np.ndarray) -> np.ndarray:
    """The same flows upside down."""
    flipped = x.copy()
    flipped[:, :8], flipped[:, 8:16] = -x[:, 8:16], -x[:, :8]
    flipped[:, [16, 18]] *= -1
    flipped[:, [23, 24]] = x[:, [24, 23]]
    return flipped


def answers(model: Any, sites: dict[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    """What the package makes of the outputs: the mean with those of the mirrored flow, (case, 198).

    Trained so: the network's own outputs are not determined, only this mean is. Of each side of the
    airfoil there are three profiles of 32 points: momentum thickness, shape factor, edge velocity.
    """
    there, back = outputs(model, sites, x), outputs(model, sites, mirrored(x))
    order = np.arange(198)
    order[4:6] = 5, 4
    order[6:102], order[102:] = np.arange(102, 198), np.arange(6, 102)
    sign = np.ones(198)
    sign[[1, 3]] = -1
    sign[70:102] = sign[166:] = -1
    return (there + sign * back[:, order]) / 2


def coefficients(answer: np.ndarray) -> np.ndarray:
    """Lift, drag and moment, (case, 3)."""
    return np.stack([answer[:, 1] / 2, np.exp((answer[:, 2] - 2) * 2), answer[:, 3] / 20], axis=1)


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
    for kind, (x, large) in tests.items():
        answer = answers(*network, x)
        each, named = distance(answer, large), distance(coefficients(answer), coefficients(large))
        profiles = np.concatenate([each[6:70], each[102:166]]), each[70:102], each[166:]
        rows.append({
            "network": name, "neurons": size, "inputs": kind, "CL": named[0], "CD": named[1],
            "CM": named[2], "transition": each[4:6].mean(),
            "boundary layer": np.median(profiles[0]),
            "edge velocity": np.median(np.concatenate(profiles[1:])), "all": np.median(each),
            "worst": each.max(), "seconds": seconds,
        })  # fmt: skip
    return rows


def draw(table: pd.DataFrame) -> None:
    """Distance against neurons per layer on held-out airfoils, beside the author's network."""
    part = table[table["inputs"] == table["inputs"].iloc[0]]
    author = part[part["network"] == "author's"].iloc[0]
    shown = {"CL": "lift", "CD": "drag", "all": "all outputs (median)"}
    fig, axes = plt.subplots(1, 3, figsize=(6.9, 2.9), sharey=True, layout="constrained")
    for ax, (column, words) in zip(axes, shown.items(), strict=True):
        for k, name in enumerate(METHODS):
            one = part[part["network"] == name].sort_values("neurons")
            look = {"color": color(k), "marker": marker(k), "ms": 4, "label": name}
            ax.plot(one["neurons"], one[column], **look)
        look = {"color": "black", "marker": "*", "ms": 11, "ls": "", "label": "author's, trained"}
        ax.plot(author["neurons"], author[column], **look)
        trained = part[part["network"] == f"{OURS}, refitted"].iloc[0]
        look = {"color": color(0), "marker": "*", "ms": 11, "ls": "", "label": f"{OURS}, refitted"}
        ax.plot(trained["neurons"], trained[column], mfc="white", **look)
        ax.set(title=words, xlabel="neurons per layer", yscale="log", xscale="log")
        ax.set_xticks(SIZES, [str(s) for s in SIZES], fontsize=8)
        ax.minorticks_off()
    axes[0].set_ylabel("distance from 128 per layer\n(interquartile ranges)")
    fig.legend(
        *axes[0].get_legend_handles_labels(), fontsize=7, ncols=3, loc="outside lower center"
    )
    bn.plot.save_figure(fig, FIGURES / "neuralfoil")


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
    answer = answers(model, sites, known["x"])
    shape, velocity = 2.6 * np.exp(answer[:, 43]), answer[:, 171]
    same = np.stack([*coefficients(answer).T, shape, velocity], axis=1)
    package = np.stack([known[k] for k in ("lift", "drag", "moment", "shape", "velocity")], axis=1)
    print(f"{len(package)} cases; differs from the package by {abs(same - package).max():.1e}")
    rng = np.random.default_rng(1)
    foils = rng.permutation(np.unique(known["airfoil"]))
    train = np.isin(known["airfoil"], foils[: len(foils) // 2])
    x = np.concatenate([known["x"][train], marginal(weights, rng, MARGINAL)])
    held = {
        "held-out airfoils": known["x"][~train],
        "training marginals": marginal(weights, rng, MARGINAL),
    }
    tests = {kind: (v, answers(model, sites, v)) for kind, v in held.items()}
    x = np.concatenate([x, mirrored(x)])
    y = outputs(model, sites, x)
    rows = measure("author's", SMALL, np.nan, network(weights, "medium", SMALL), tests)
    for name, method in METHODS.items():
        for size in SIZES:
            started = time.perf_counter()
            plan = {f"hidden{i + 1}": size for i in range(LAYERS)}
            smaller = shrink(model, sites, x, y, [plan], method)[0]
            rows += measure(name, size, time.perf_counter() - started, smaller, tests)
            if name == OURS and size == SMALL:
                refitted = refit(*smaller, x, y)
                rows += measure(
                    f"{OURS}, refitted", size, time.perf_counter() - started, refitted, tests
                )
            print(name, size, [round(float(row["all"]), 4) for row in rows[-2:]], flush=True)
    table = pd.DataFrame(rows)
    draw(table)
    report("neuralfoil", table, decimals=4)


if __name__ == "__main__":
    main()
