"""Seconds until a fresh process has the package, a model and an estimator, or every public name.

    python benchmarks/import_time.py [TREE ...]

A tree is a checkout of the repository; without any, this one. Trees take turns, so that a machine
that is slower for a while slows them all. Medians and ranges of 7, by the clock, the start of
Python included; files are in the cache of the system.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

RUNS = 7
HERE = Path(__file__).parents[1]
TASKS = {
    "Python alone": "pass",
    "import bayesneuron": "import bayesneuron",
    "a model and bn.bootstrap": "import bayesneuron as bn; bn.load; bn.bootstrap",
    "every public name": "import bayesneuron as bn; [getattr(bn, name) for name in bn.__all__]",
}


def seconds(code: str, tree: Path) -> float:
    """Of one process."""
    environment = os.environ | {"PYTHONPATH": str(tree), "OPENBLAS_NUM_THREADS": "1"}
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, cwd="/")
    return time.perf_counter() - began


def main() -> None:
    """Print a row per tree and task."""
    trees = [Path(name).resolve() for name in sys.argv[1:]] or [HERE]
    for code in TASKS.values():  # compiled, and in the cache
        for tree in trees:
            seconds(code, tree)
    for task, code in TASKS.items():
        times = np.array([[seconds(code, tree) for tree in trees] for _ in range(RUNS)])
        for tree, values in zip(trees, times.T, strict=True):
            low, middle, high = np.quantile(values, [0, 0.5, 1])
            print(f"{task:26} {tree.name:8} {middle:5.2f} ({low:.2f} to {high:.2f})", flush=True)


if __name__ == "__main__":
    main()
