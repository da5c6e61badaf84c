"""Seconds of the same work by one worker and by two, in pairs that alternate.

    python benchmarks/workers.py --pairs 5

Workers are spawned processes, each on one core. Their first call imports JAX and compiles (cold);
later ones are warm. Writes benchmarks/results/workers.csv, a row a pair, with the load of the
machine before it.

On a machine that others use too the clock says how much they leave. So the seconds of the processor
are counted as well: those of this process, which come first, and those of the busiest worker. Their
sum is what the work takes where each has a core to itself (`path`).
"""

import argparse
import os
import warnings
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from _tables import report
from _timing import costed

CASES = ("bootstrap", "nuts", "calibrate")


def call_of(case: str) -> Callable[..., Any]:
    """The work, which takes an executor and nothing else."""
    import bayesneuron as bn

    x, y = bn.windows(bn.datasets.noisy_sine(length=400), history=10)
    model = bn.load("two_layer", inputs=10, hidden=3, outputs=1)
    if case == "bootstrap":
        return lambda **where: bn.bootstrap(model, x, y, replicates=1000, **where)
    if case == "nuts":
        return lambda **where: bn.nuts(model, x, y, chains=4, samples=500, warmup=500, **where)
    inputs = np.asarray(x)[:100]
    return lambda **where: bn.calibrate(bn.laplace, model, inputs, sets=16, samples=200, **where)


def pool(workers: int) -> Executor:
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))


def spent() -> dict[int, float]:
    """Seconds of the processor by worker."""
    ticks = os.sysconf("SC_CLK_TCK")
    fields = {
        p.pid: Path(f"/proc/{p.pid}/stat").read_text().rpartition(")")[2].split()
        for p in active_children()
    }
    return {pid: (int(stat[11]) + int(stat[12])) / ticks for pid, stat in fields.items()}


def measured(call: Callable[[], Any], name: str) -> dict[str, float]:
    """Seconds by the clock, of this process, and of this process and the busiest worker."""
    before = spent()
    cost, _ = costed(call)
    busiest = max(v - before.get(pid, 0.0) for pid, v in spent().items())
    return {name: cost.wall, f"own_{name}": cost.cpu, f"path_{name}": cost.cpu + busiest}


def main() -> None:
    """A table of pairs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--cases", nargs="+", default=list(CASES), choices=CASES)
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    for case in args.cases:
        rows = []
        call = call_of(case)
        call()  # compiles here
        with pool(1) as one_worker, pool(2) as two_workers:
            for pair in range(args.pairs + 1):
                load = os.getloadavg()[0]
                one = measured(lambda: call(executor=one_worker), "one")  # noqa: B023
                two = measured(lambda: call(executor=two_workers), "two")  # noqa: B023
                row = {
                    "case": f"{case} {pair}", "warm": pair > 0, "load": load, **one, **two,
                    "by_clock": one["one"] / two["two"],
                    "by_path": one["path_one"] / two["path_two"],
                }  # fmt: skip
                rows.append(row)
                print(row, flush=True)
        report("workers", pd.DataFrame(rows))


if __name__ == "__main__":
    main()
