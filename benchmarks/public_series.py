"""Does the main job run on public series, and does it say of every poor result that it is poor?

The job with `--quick` settings, windows of 10 samples, 3 neurons. What is poor is computed here
from predictions, not taken from the job's verdict: a forecast worse than the last value or than a
linear autoregression, 90% intervals that hold less than 80% or more than 97% of the held-out
values, R-hat above 1.01, a Pareto k above its bound, held-out values beyond the training range by
more than 5% of it. `unsaid` counts the poor results that the summary does not name. Writes
benchmarks/results/public_series.csv. Give kinds to run only these.
"""

import sys
import warnings
from typing import Any

import numpy as np
import pandas as pd
from _public import MOST, SERIES, public_series
from _tables import report

import bayesneuron as bn
from bayesneuron.app.cli import QUICK
from bayesneuron.app.job import METHODS, Result, Settings, run_job
from bayesneuron.app.report import summary


def poor(result: Result) -> list[tuple[str, str]]:
    """What is poor: the method (empty: the data), and the words that must be said of it."""
    (x, y), (x_new, y_new) = ([np.asarray(a) for a in pair] for pair in (result.train, result.test))
    one = np.ones((len(x), 1)), np.ones((len(x_new), 1))
    weights = np.linalg.lstsq(np.hstack([x, one[0]]), y, rcond=None)[0]
    references = {
        "persistence": _rmse(x_new[:, -1:], y_new),
        "linear autoregression": _rmse(np.hstack([x_new, one[1]]) @ weights, y_new),
    }
    words = []
    for method, draws in result.estimates.items():
        new = bn.predict(draws, *result.test)["predictions"]
        error = _rmse(new["mean"].mean(("chain", "draw")).values, y_new)
        words += [(method, f"worse than {k}") for k, v in references.items() if error > 1.001 * v]
        low, high = np.quantile(new["y"], [0.05, 0.95], axis=(0, 1))
        held = ((low <= y_new) & (y_new <= high)).mean()
        if not 0.8 <= held <= 0.97:
            words.append((method, "too narrow" if held < 0.8 else "too wide"))
        row = result.comparison.methods.loc[method]
        if max(row["rhat"], row["rhat_function"]) > 1.01:
            words.append((method, "R-hat is"))
        if row["bad_k"] > 0:
            words.append((method, "Pareto k is too large"))
        if row["pareto_k"] > 0.7:
            words.append((method, "Pareto k is"))
    known, new = (np.concatenate([np.ravel(a) for a in pair]) for pair in ((x, y), (x_new, y_new)))
    beyond = max(known.min() - new.min(), new.max() - known.max()) / np.ptp(known)
    return words + ([("", "lie outside")] if beyond > 0.05 else [])


def row(kind: str, settings: Settings, most: int = MOST) -> dict[str, Any]:
    """One series through the job: how good it was, how much was poor, how much of it unsaid."""
    series = public_series(kind, most)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bn.StatisticalWarning)
        result = run_job(kind, series, settings)
        words = poor(result)
    notes = [line for line in summary(result, {}).splitlines() if line.startswith("- note: ")]
    said = [any(f"- note: {m}" in n and text in n for n in notes) for m, text in words]
    errors = result.verdict.errors
    return {
        "case": kind,
        "samples": len(series),
        "held_out": len(result.test[1]),
        "to_persistence": errors["to_persistence"][result.best],
        "to_linear": errors["to_linear"][result.best],
        "coverage": errors["coverage"][result.best],
        "rhat": result.comparison.methods["rhat"].get("nuts", np.nan),
        "poor": len(words),
        "unsaid": len(words) - sum(said),
        "seconds": result.seconds,
    }


def _rmse(forecast: np.ndarray, y: np.ndarray) -> float:
    return float(np.sqrt(np.mean((forecast - y) ** 2)))


def main() -> None:
    """One row per kind, written as it is made."""
    settings = Settings(methods=tuple(METHODS), options=QUICK)
    for kind in sys.argv[1:] or SERIES:
        report("public_series", pd.DataFrame([row(kind, settings)]))


if __name__ == "__main__":
    main()
