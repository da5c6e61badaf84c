"""A hundred bootstrap replicates by the study's recipe, against a plain PyTorch loop.

Recipe: 10-3-20 tanh, noisy sine of 500 samples, Adam, batch 16, 70 epochs, pairs bootstrap. Times
are of the whole public call, with its predictions, log likelihoods and prior draws, and of the
training alone. PyTorch replicates are timed one by one and their mean is multiplied.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import jax
import numpy as np

import bayesneuron as bn

HERE = Path(__file__).parent


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--torch-python", default=sys.executable)
    parser.add_argument("--torch-replicates", type=int, default=5)
    parser.add_argument("--replicates", type=int, default=100)
    given = parser.parse_args()

    x, y = bn.windows(bn.datasets.noisy_sine(length=500, noise=0.2, seed=0), 10, 20)
    model = bn.load("two_layer", inputs=10, hidden=3, outputs=20)
    recipe = {"replicates": given.replicates, "epochs": 70, "batch": 16, "learning_rate": 3e-3}

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "data.npz"
        np.savez(file, x=x.values, y=y.values)
        arguments = [file, 3, 70, 16, 3e-3, given.torch_replicates]
        peer = subprocess.run(
            [given.torch_python, HERE / "_torch_loop.py", *map(str, arguments)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    told = json.loads(peer.stdout)
    loop = float(np.mean(told["seconds"])) * given.replicates

    calls, trainings = [], []
    for seed in range(4):
        start = time.perf_counter()
        draws = bn.bootstrap(model, x, y, seed=seed, **recipe)
        calls.append(time.perf_counter() - start)
        trainings.append(draws.attrs["seconds"])

    machine = f"{platform.machine()}, {os.cpu_count()} cores, {jax.default_backend()}"
    versions = f"JAX {jax.__version__}, PyTorch {told['version']} ({told['threads']} threads)"
    print(f"{len(x)} windows, {given.replicates} replicates; {machine}; {versions}")
    print(f"PyTorch loop: {loop / given.replicates:.2f} s a replicate, {loop:.0f} s in all")
    print("                       seconds   times faster than the loop")
    for name, times in (("training", trainings), ("whole call", calls)):
        warm = float(np.median(times[1:]))
        print(f"{name:>12}, compiling {times[0]:8.2f}   {loop / times[0]:6.0f}")
        print(f"{name:>12}, warm      {warm:8.2f}   {loop / warm:6.0f}")


main()
