"""Leave-future-out against exact refits, and the sizes that `bn.reduce` chooses by it and by LOO.

The noisy sine, and MotionSense walking (`wlk_7`), both 10-3-1, by NUTS and by Laplace. PSIS
leave-future-out as `bn.compare` has it is set beside the same estimate made anew at every origin.
Writes benchmarks/results/lfo.csv and lfo_sizes.csv. Takes about half an hour on two cores.
"""

import time
import warnings
from typing import Any

import numpy as np
import pandas as pd
from _tables import report

import bayesneuron as bn
from bayesneuron.diagnostics.again import way_to_make
from bayesneuron.diagnostics.future import lfo_of, past_of
from bayesneuron.reduction.future import origins_of

METHODS = {"nuts": bn.nuts, "laplace": bn.laplace}
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


def exact(draws: Any, model: Any, x: Any, y: Any) -> np.ndarray:
    """Log predictive density of every origin by an estimate made anew there."""
    earlier, again = past_of(draws)[0], way_to_make(draws)
    assert again is not None
    densities = []
    for origin in origins_of(earlier):
        past = again(model, draws, x, y, int(earlier[origin]))
        ahead = bn.predict(past, x[[origin]], y[[origin]], model=model)
        log_likelihood = np.asarray(ahead["log_likelihood"]["y"])
        densities.append(
            np.logaddexp.reduce(log_likelihood, axis=None) - np.log(log_likelihood.size)
        )
    return np.array(densities)


def against_refits(case: str, method: str, x: Any, y: Any) -> dict[str, Any]:
    model = network(3)
    started = time.perf_counter()
    draws = METHODS[method](model, x, y, seed=0)
    fitted = time.perf_counter()
    future = lfo_of(draws, model=model)
    judged = time.perf_counter()
    refits = exact(draws, model, x, y)
    ended = time.perf_counter()
    difference = future.pointwise - refits
    return {
        "case": case,
        "method": method,
        "origins": len(refits),
        "refits": len(future.sampled),
        "share": len(future.sampled) / len(refits),
        "bad_k": future.bad_k,
        "elpd_lfo": future.elpd,
        "elpd_exact": refits.sum(),
        "se": future.se,
        "difference": difference.sum(),
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
    warnings.simplefilter("ignore", bn.StatisticalWarning)
    cases = series()
    rows = []
    for case, (x, y) in cases.items():
        for method in METHODS:
            rows.append(against_refits(case, method, x, y))
            print(rows[-1], flush=True)
    report("lfo", pd.DataFrame(rows))
    report("lfo_sizes", pd.concat([sizes(case, *data) for case, data in cases.items()]))


if __name__ == "__main__":
    main()
