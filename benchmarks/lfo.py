"""Leave-future-out against exact refits, and the sizes that `bn.reduce` chooses by it and by LOO.

The noisy sine, and MotionSense walking (`wlk_7`), both 10-3-1, by every estimator. PSIS
leave-future-out as `bn.compare` has it by default is set beside the same estimate made anew at
every origin, or at every few (`--every`). `--sizes`: the sizes. Writes benchmarks/results/lfo.csv
and lfo_sizes.csv; rows of cases that are not run stay.
"""

import argparse
import time
import warnings
from typing import Any

import numpy as np
import pandas as pd
from _tables import report

import bayesneuron as bn
from bayesneuron.diagnostics.again import most_refits, way_to_make
from bayesneuron.diagnostics.future import lfo_of, past_of
from bayesneuron.reduction.future import origins_of

METHODS = {
    "nuts": bn.nuts,
    "laplace": bn.laplace,
    "svi": bn.svi,
    "bootstrap": bn.bootstrap,
    "ensemble": bn.ensemble,
}
SIZES = ("hidden", "elpd", "loss", "loss_se", "chosen")


def series() -> dict[str, tuple[Any, Any]]:
    """Windows by name."""
    walk = bn.datasets.motionsense("wlk_7")[:1000]
    return {
        "sine": bn.windows(bn.datasets.noisy_sine(length=200, seed=0), history=10),
        "walking": bn.windows(walk, history=10, stride=5),
    }


def network(hidden: int) -> Any:
    return bn.load("two_layer", inputs=10, hidden=hidden, outputs=1)


def exact(draws: Any, model: Any, x: Any, y: Any, every: int) -> np.ndarray:
    """Log predictive density of origins by an estimate made anew at each."""
    earlier, again = past_of(draws)[0], way_to_make(draws)
    assert again is not None
    densities = []
    for origin in origins_of(earlier)[::every]:
        past = again(model, draws, x, y, int(earlier[origin]))
        ahead = bn.predict(past, x[[origin]], y[[origin]], model=model)
        log_likelihood = np.asarray(ahead["log_likelihood"]["y"])
        densities.append(
            np.logaddexp.reduce(log_likelihood, axis=None) - np.log(log_likelihood.size)
        )
    return np.array(densities)


def against_refits(case: str, method: str, x: Any, y: Any, every: int) -> dict[str, Any]:
    model = network(3)
    started = time.perf_counter()
    draws = METHODS[method](model, x, y, seed=0)
    fitted = time.perf_counter()
    future = lfo_of(draws, model=model, most=most_refits(draws))
    judged = time.perf_counter()
    refits = exact(draws, model, x, y, every)
    ended = time.perf_counter()
    ours = future.pointwise[::every]
    difference = ours - refits
    return {
        "case": case,
        "method": method,
        "origins": len(future.pointwise),
        "refits": len(future.sampled),
        "share": len(future.sampled) / len(future.pointwise),
        "bad_k": future.bad_k,
        "compared": len(refits),
        "elpd_lfo": float(ours.sum()),
        "elpd_exact": float(refits.sum()),
        "se": float(np.sqrt(len(refits)) * refits.std(ddof=1)),
        "difference": float(difference.sum()),
        "difference_se": float(np.sqrt(len(difference)) * difference.std(ddof=1)),
        "fit_seconds": fitted - started,
        "lfo_seconds": judged - fitted,
        "exact_seconds": ended - judged,
    }


def sizes(case: str, x: Any, y: Any) -> pd.DataFrame:
    draws = bn.nuts(network(4), x, y, seed=0)
    tables = []
    for cv in ("loo", "lfo"):
        started = time.perf_counter()
        curve = bn.reduce(draws, sizes=[1, 2, 3], cv=cv, seed=0).curve
        seconds = time.perf_counter() - started
        tables.append(curve.loc[:, list(SIZES)].assign(case=case, cv=cv, seconds=seconds))
    return pd.concat(tables)


def main() -> None:
    cases = series()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", nargs="+", default=list(cases), choices=list(cases))
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=list(METHODS))
    parser.add_argument("--sizes", action="store_true")
    args = parser.parse_args()
    warnings.simplefilter("ignore", bn.StatisticalWarning)
    if args.sizes:
        report("lfo_sizes", pd.concat([sizes(case, *cases[case]) for case in args.cases]))
        return
    rows = []
    for case in args.cases:
        for method in args.methods:
            rows.append(against_refits(case, method, *cases[case], args.every))
            print(rows[-1], flush=True)
    report("lfo", pd.DataFrame(rows))


if __name__ == "__main__":
    main()
