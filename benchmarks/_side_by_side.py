"""What the benchmarks against other packages share: cases, peers' processes, tables of results."""

import argparse
import json
import os
import platform
import subprocess
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

import bayesneuron as bn

HERE = Path(__file__).parent
RESULTS = HERE / "results"
OURS = ("bayesneuron", "jax", "numpyro", "numpy", "scipy", "scikit-learn")


class Case(NamedTuple):
    """A series cut into windows, and the network on it."""

    title: str
    x: Any
    y: Any
    model: bn.Model


def sine(history: int = 10, hidden: int = 2, horizon: int = 20) -> Case:
    """The noisy sine, 500 samples, noise 0.2."""
    x, y = bn.windows(bn.datasets.noisy_sine(length=500, noise=0.2, seed=0), history, horizon)
    return _case("sine", x, y, hidden, "tanh")


def walking(history: int, hidden: int, horizon: int, activation: str = "tanh") -> Case:
    """MotionSense `wlk_7`, first 3000 samples, stride 5, or else the embedded one, stride 1."""
    try:
        name, series, stride = "walking", bn.datasets.motionsense("wlk_7")[:3000], 5
    except (ValueError, OSError):
        name, series, stride = "embedded walking", bn.datasets.walking(), 1
    x, y = bn.windows(series, history, horizon, stride=stride)
    return _case(name, x, y, hidden, activation)


def _case(name: str, x: Any, y: Any, hidden: int, activation: str) -> Case:
    inputs, outputs = x.shape[1], y.shape[1]
    model = bn.load(
        "two_layer", inputs=inputs, hidden=hidden, outputs=outputs, activation=activation
    )
    tail = "" if activation == "tanh" else f" {activation}"
    return Case(f"{name} {inputs}-{hidden}-{outputs}{tail}", x, y, model)


def peer_options(parser: argparse.ArgumentParser, *names: str) -> None:
    """An option ``--NAME-python`` for each peer: a Python that has it."""
    for name in names:
        parser.add_argument(f"--{name}-python", help=f"a Python with {name}; left out without")


def ask(
    python: str | Path, script: str, data: dict[str, Any], *arguments: Any, **environment: str
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Run a peer's script with `data` in a file; return what it prints and the arrays it leaves.

    The script is called with the file, a file to write arrays to, and the `arguments`.
    """
    with tempfile.TemporaryDirectory() as folder:
        given, left = Path(folder) / "data.npz", Path(folder) / "out.npz"
        np.savez(given, **{k: np.asarray(v) for k, v in data.items()})
        command = [str(v) for v in (python, HERE / script, given, left, *arguments)]
        done = subprocess.run(
            command, capture_output=True, text=True, env={**os.environ, **environment}
        )
        if done.returncode:
            raise RuntimeError(f"{script}: {done.stderr[-2000:]}")
        told = json.loads(done.stdout.splitlines()[-1])
        if not left.exists():
            return told, {}
        with np.load(left, allow_pickle=False) as found:
            return told, {k: found[k] for k in found.files}


def machine() -> str:
    """Processor and cores."""
    model = platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text().splitlines()
        model = next((v.split(":")[1].strip() for v in lines if "model name" in v), model)
    return f"{model}, {os.cpu_count()} cores"


def versions(*told: str) -> str:
    """Versions of what this process runs on, and those that peers told."""
    own = [f"{name} {version(name)}" for name in OURS]
    return ", ".join([f"Python {platform.python_version()}", *own, *told])


def report(name: str, table: pd.DataFrame, *told: str, decimals: int = 3) -> None:
    """Print a table and write it to results/NAME.csv with machine and versions in each row.

    Rows of a file that is there already stay, if none of the new ones is of their ``case``.
    """
    print(f"{machine()}; {versions(*told)}")
    print(table.round(decimals).to_string(index=False, na_rep="-"))
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{name}.csv"
    full = table.assign(machine=machine(), versions=versions(*told))
    if file.exists() and "case" in table:
        old = pd.read_csv(file)
        full = pd.concat([old[~old["case"].isin(full["case"])], full], ignore_index=True)
    full.to_csv(file, index=False, float_format="%.6g")
