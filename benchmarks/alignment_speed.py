"""Alignment against a loop over SciPy's linear_sum_assignment, and its share of sampling time.

First table: 100,000 draws of 32 neurons (10 inputs, a bias, an output), one pass to a fixed
reference; the loop computes the same scores draw by draw. ``noisy copies``: of one network, noise
30% of a weight's sd. ``prior``: independent draws, which have nothing in common. ``equal``: share
of draws with the same assignment, which must be 1. ``align`` is the public call, which also
computes each neuron's margin.

Second table: time of `bn.align` relative to the estimator's, for the estimates of the notebooks.
``cold``: as a notebook runs them, compilation included; ``warm``: without.
"""

import argparse
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from _draws import recorded
from _symmetry import random_moves
from _tables import report
from _timing import timed
from _work import newton
from scipy.optimize import linear_sum_assignment

import bayesneuron as bn
from bayesneuron.alignment._align import reference_of
from bayesneuron.alignment.match import Reference, match

INPUTS, NEURONS = 10, 32
SITES = {"W": ("hidden", "input"), "b": ("hidden",), "V": ("output", "hidden")}
LAYOUT = bn.Layout(SITES, {"hidden": "tanh"})


def copies(count: int, noise: float) -> dict[str, np.ndarray]:
    """`count` noisy copies of one network, their neurons permuted and flipped."""
    rng = np.random.default_rng(0)
    shapes = {"W": (NEURONS, INPUTS), "b": (NEURONS,), "V": (1, NEURONS)}
    mean = {k: rng.normal(size=s) for k, s in shapes.items()}
    order, sign = random_moves(rng, count, NEURONS)
    moved = {
        "W": mean["W"][order] * sign[:, :, None],
        "b": mean["b"][order] * sign,
        "V": (mean["V"][0][order] * sign)[:, None],
    }
    return {k: v + noise * rng.normal(size=v.shape) for k, v in moved.items()}


def prior(count: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    shapes = {"W": (NEURONS, INPUTS), "b": (NEURONS,), "V": (1, NEURONS)}
    return {k: rng.normal(size=(count, *s)) for k, s in shapes.items()}


def loop(sites: dict[str, np.ndarray], target: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """One draw after another."""
    moved = {k: np.empty_like(v) for k, v in sites.items()}
    incoming = np.concatenate([target["W"], target["b"][:, None], target["V"].T], axis=1)
    for s in range(len(sites["W"])):
        w, b, v = sites["W"][s], sites["b"][s], sites["V"][s]
        scores = incoming @ np.concatenate([w, b[:, None], v.T], axis=1).T
        order = linear_sum_assignment(np.abs(scores), maximize=True)[1]
        sign = np.where(scores[np.arange(NEURONS), order] < 0, -1.0, 1.0)
        moved["W"][s] = w[order] * sign[:, None]
        moved["b"][s] = b[order] * sign
        moved["V"][s] = v[:, order] * sign
    return moved


def against_loop(count: int) -> pd.DataFrame:
    noisy = copies(count, 0.3)
    first = {k: v[:1000] for k, v in noisy.items()}
    anchor = bn.align(bn.from_arrays(first, layout=LAYOUT))
    reference: Reference = reference_of(anchor, LAYOUT)
    target = reference.target(LAYOUT)
    rows = []
    for name, sites in (("noisy copies", noisy), ("prior", prior(count))):
        match_seconds, (ours, _) = timed(lambda s=sites: match(LAYOUT, s, reference, search=True))
        loop_seconds, theirs = timed(lambda s=sites: loop(s, target))
        equal = np.mean([np.array_equal(ours["V"][s], theirs["V"][s]) for s in range(count)])
        tree = bn.from_arrays(sites, layout=LAYOUT)
        align_seconds, _ = timed(lambda t=tree: bn.align(t, reference=anchor))
        rows.append(
            {"case": f"{count} {name}", "match": match_seconds, "scipy_loop": loop_seconds,
             "speedup": loop_seconds / match_seconds, "equal": equal, "align": align_seconds}
        )  # fmt: skip
    return pd.DataFrame(rows)


def shares() -> pd.DataFrame:
    """The estimates of both notebooks, each computed twice."""
    series = bn.datasets.noisy_sine(length=500, noise=0.2, seed=0)
    first = bn.windows(bn.split(series, test_size=0.2)[0], history=10, horizon=20)
    second = bn.windows(bn.split(series, test_size=0.3)[0], history=20, horizon=20)
    small = bn.load("two_layer", inputs=10, hidden=3, outputs=20)
    wide = bn.load("two_layer", inputs=20, hidden=8, outputs=20)
    to_convergence = {"start": "best"} | newton()
    calls: dict[str, Callable[[], Any]] = {
        "1 bootstrap, study": lambda: bn.bootstrap(small, *first, seed=0),
        "1 bootstrap, newton": lambda: bn.bootstrap(small, *first, seed=0, **to_convergence),
        "1 svi": lambda: bn.svi(small, *first, seed=0, family="full"),
        "1 nuts": lambda: bn.nuts(small, *first, seed=0),
        "1 laplace": lambda: bn.laplace(small, *first, seed=0),
        "2 nuts, 20-8-20": lambda: bn.nuts(
            wide, *second, seed=0, chains=4, samples=500, warmup=300, starts=12
        ),
    }
    rows = []
    for name, call in calls.items():
        cold = recorded(call(), "seconds")
        draws = call()
        seconds, _ = timed(lambda d=draws: bn.align(d))
        warm = recorded(draws, "seconds")
        rows.append(
            {"case": f"notebook {name}", "estimator cold": cold, "estimator warm": warm,
             "align": seconds, "% of cold": 100 * seconds / cold, "% of warm": 100 * seconds / warm}
        )  # fmt: skip
    return pd.DataFrame(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=100_000)
    args = parser.parse_args()
    warnings.simplefilter("ignore", bn.StatisticalWarning)
    report("alignment_speed", against_loop(args.draws))
    print()
    report("alignment_share", shares())


if __name__ == "__main__":
    main()
