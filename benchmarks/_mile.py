"""MILE by sklearn-contrib-bde: Adam, then microcanonical sampling, member by member; prints JSON.

Run by `nuts_speed.py` with a Python that has the package. There are as many devices as cores, as
its documentation advises. The fit does not see the held-out rows (`x_test`).
"""

import json
import os
import sys

file, out, hidden, activation, members, samples, warmup, thinning, epochs, patience = sys.argv[1:]
# as in the scripts of its paper: AdamW of rate 1e-3 and weight decay 1e-4
OPTIMIZER = {"lr": 1e-3, "weight_decay": 1e-4}
cores = min(os.cpu_count() or 1, int(members))
os.environ["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={cores}"

import time  # noqa: E402
import warnings  # noqa: E402
from importlib.metadata import version  # noqa: E402

import numpy as np  # noqa: E402

warnings.simplefilter("ignore")

from _compiling import compiling  # noqa: E402
from bde import BdeRegressor  # noqa: E402
from bde.loss import GaussianNLL  # noqa: E402


def main() -> None:
    with np.load(file, allow_pickle=False) as data:
        x, y, x_test, y_test = (data[k].astype(np.float32) for k in ("x", "y", "x_test", "y_test"))
    seconds = []
    start, processor = time.perf_counter(), time.process_time()
    model = BdeRegressor(
        n_members=int(members),
        hidden_layers=json.loads(hidden),
        activation=activation,
        loss=GaussianNLL(),
        n_samples=int(samples),
        warmup_steps=int(warmup),
        n_thinning=int(thinning),
        epochs=int(epochs),
        patience=int(patience) or None,
        validation_split=0.15,
        seed=0,
        **OPTIMIZER,
    ).fit(x, y.ravel())
    layers = [tuple(np.asarray(v, float) for v in layer) for layer in model.positions_eT_]
    seconds.append(time.perf_counter() - start)
    cpu = time.process_time() - processor
    compile_seconds = compiling()
    raw = np.asarray(model.predict(x_test, raw=True), float)  # (member, draw, row, 2)
    sd = np.logaddexp(0, raw[..., 1]) + 1e-6
    log_p = -0.5 * ((y_test.ravel() - raw[..., 0]) / sd) ** 2 - np.log(sd) - 0.5 * np.log(2 * np.pi)
    flat = log_p.reshape(-1, log_p.shape[-1])
    top = flat.max(axis=0)
    nll = -np.mean(top + np.log(np.exp(flat - top).mean(axis=0)))
    error = raw[..., 0].mean(axis=(0, 1)) - y_test.ravel()
    total = np.sqrt((sd**2).mean(axis=(0, 1)) + raw[..., 0].var(axis=(0, 1)))
    normal = 0.5 * (error / total) ** 2 + np.log(total) + 0.5 * np.log(2 * np.pi)
    arrays = {f"{name}{k}": v for k, pair in enumerate(layers) for name, v in zip("Wb", pair)}  # noqa: B905
    np.savez(out, **arrays, mean=raw[..., 0])
    answer = {
        "version": f"sklearn-contrib-bde {version('sklearn-contrib-bde')}",
        "seconds": seconds,
        "cpu": cpu,
        "compiling": compile_seconds,
        "rmse": float(np.sqrt(np.mean(error**2))),
        "nll": float(nll),
        "nll_normal": float(normal.mean()),
    }
    print(json.dumps(answer))


main()
