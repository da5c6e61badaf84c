"""Microcanonical ensembles on batches of the rows: their bias, and what they cost.

    python benchmarks/minibatch.py linear
    python benchmarks/minibatch.py walking

``linear``: eight weights of known posterior, 2,000 rows, two members of 1,000 draws, every 20th of
the steps. Variances along the principal directions of the true posterior, over the true ones.
``walking``: MotionSense, subject 1, three recordings, 25-32-32-1 ReLU; 2 members. Held-out rows are
the last fifth of each recording. Columns: root mean squared error, mean negative log density, CPU
seconds of the sampler and of everything. Writes results/minibatch.csv, a row as it ends.
"""

import argparse
import time
import warnings
from typing import Any

import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import pandas as pd
from _tables import RESULTS, machine

import bayesneuron as bn

FILE = RESULTS / "minibatch.csv"
ROWS, NOISE, SIZE = 2000, 0.5, 8


def linear_model(x: Any, y: Any = None) -> None:
    w = numpyro.sample("w", dist.Normal(0, 1).expand([1, SIZE]).to_event(2))
    mean = numpyro.deterministic("mean", x @ jnp.swapaxes(w, 0, 1))
    with numpyro.plate("observation", x.shape[0]):
        numpyro.sample("y", dist.Normal(mean, NOISE).to_event(1), obs=y)


def linear(batch: int | None, energy_variance: float) -> dict[str, float]:
    """Ratios of variances, and the largest error of a mean in posterior standard deviations."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(ROWS, SIZE)) * [1, 1, 2, 0.5, 0.1, 3, 1, 0.3]
    y = x @ rng.normal(size=(SIZE, 1)) + NOISE * rng.normal(size=(ROWS, 1))
    cov = np.linalg.inv(x.T @ x / NOISE**2 + np.eye(SIZE))
    mean = (cov @ x.T @ y / NOISE**2).ravel()
    model = bn.load(linear_model, layout=bn.Layout({"w": ("output", "input")}))
    draws = bn.ensemble(
        model, x, y, members=2, samples=1000, warmup=3000, thinning=20, batch=batch,
        energy_variance=energy_variance,
    )  # fmt: skip
    w = draws["posterior"]["w"].to_numpy()[:, :, 0].reshape(-1, SIZE)
    z = (w - mean) @ np.linalg.inv(np.linalg.cholesky(cov)).T
    ratio = np.linalg.eigvalsh(np.cov(z.T))
    return {
        "least_variance": ratio[0],
        "median_variance": float(np.median(ratio)),
        "largest_variance": ratio[-1],
        "mean_error": np.abs(z.mean(axis=0)).max(),
    }


def walking_data() -> tuple[Any, Any, Any, Any]:
    parts: list[Any] = [[], [], [], []]
    for recording in ("wlk_7", "wlk_8", "wlk_15"):
        series = np.asarray(bn.datasets.motionsense(recording))
        series = (series - series.mean()) / series.std()
        x, y = bn.windows(series, 25, standardize=False)
        cut = len(x) * 4 // 5
        for part, values in zip(
            parts, (x[:cut], y[:cut], x[cut + 25 :], y[cut + 25 :]), strict=True
        ):
            part.append(np.asarray(values, np.float32))
    return tuple(np.concatenate(part) for part in parts)  # pyright: ignore[reportReturnType]


def walking(batch: int | None, warmup: int) -> dict[str, float]:
    x, y, x_test, y_test = walking_data()
    model = bn.load("mlp", inputs=25, hidden=(32, 32), outputs=1, activation="relu")
    began = time.process_time()
    draws = bn.ensemble(
        model, x, y, members=2, samples=100, warmup=warmup, thinning=10, batch=batch,
        optimizer=bn.Adam(epochs=30, batch=64, learning_rate=1e-3),
    )  # fmt: skip
    seconds = time.process_time() - began
    held_out = bn.predict(draws, x_test, y_test)
    mean = np.asarray(held_out["predictions"]["mean"], float).mean(axis=(0, 1))
    log_p = np.asarray(held_out["log_likelihood"]["y"], float).reshape(-1, len(x_test))
    return {
        "rows": len(x),
        "error": float(np.sqrt(np.mean((mean - y_test) ** 2))),
        "density": float((np.log(len(log_p)) - np.logaddexp.reduce(log_p, axis=0)).mean()),
        "lp": float(draws["sample_stats"]["lp"].mean()),
        "cpu_seconds": seconds,
    }


def main() -> None:
    """Run what is missing of a case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("case", choices=("linear", "walking"))
    case = parser.parse_args().case
    warnings.simplefilter("ignore")
    tasks = {
        "linear": [(b, v) for b in (None, 16, 64, 256, 1024) for v in (0.1, 0.01, 0.001)],
        "walking": [
            (64, 3000),
            (256, 3000),
            (256, 20_000),
            (1024, 20_000),
            (None, 3000),
            (None, 20_000),
        ],
    }[case]
    for batch, setting in tasks:
        name = "energy_variance" if case == "linear" else "warmup"
        row = {"case": case, "batch": batch or "all", name: setting}
        old = pd.read_csv(FILE) if FILE.exists() else pd.DataFrame(columns=list(row))
        if (
            name in old
            and (
                (old["case"] == case) & (old["batch"] == str(row["batch"])) & (old[name] == setting)
            ).any()
        ):
            continue
        row |= linear(batch, setting) if case == "linear" else walking(batch, setting)
        row["machine"] = machine()
        print(*row.values(), flush=True)
        pd.concat([old, pd.DataFrame([row])]).to_csv(FILE, index=False, float_format="%.4g")


if __name__ == "__main__":
    main()
