"""Does the main job run on public series, and does it say of every poor result that it is poor?

The job as `bayesneuron run --quick` does it: windows of 10 samples, as they are or standardised on
their own as the training part says, 16 neurons and a direct path, learnt scales. What is poor is
computed here from predictions, not taken from the job's verdict: a forecast worse than the last
value or than a linear autoregression, 90% intervals that hold less than 80% or more than 97% of the
held-out values, R-hat above 1.01, a Pareto k above its bound, held-out values beyond the training
range by more than 5% of it. Errors are of samples in the units of the series. `to_best` is the
ratio to the least error of three: persistence, and autoregressions on the windows that the network
sees and on windows as they are. `unsaid` counts the poor results that the summary does not name.
Writes benchmarks/results/public_series.csv. Give kinds to run only these.
"""

import sys
import warnings
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from _public import MOST, SERIES, public_series
from _tables import report

import bayesneuron as bn
from bayesneuron.app.cli import effort
from bayesneuron.app.folder import summary
from bayesneuron.app.held_out import in_samples, samples_read
from bayesneuron.app.job import Pair, Result, run_job
from bayesneuron.app.settings import Settings


def poor(result: Result) -> list[tuple[str, str]]:
    """What is poor: the method (empty: the data), and the words that must be said of it."""
    samples = partial(in_samples, y=result.test[1], series=result.late)
    truth = samples(result.test[1])
    references = {
        "persistence": _rmse(samples_read(result.test[1], result.late)[:, -1], truth),
        "linear autoregression": _rmse(samples(_linear(result.train, result.test)), truth),
    }
    words = []
    for method, draws in result.estimates.items():
        new = bn.predict(draws, *result.test)["predictions"]
        error = _rmse(samples(new["mean"]).mean(axis=(0, 1)), truth)
        words += [(method, f"worse than {k}") for k, v in references.items() if error > 1.001 * v]
        low, high = np.quantile(samples(new["y"]), [0.05, 0.95], axis=(0, 1))
        held = ((low <= truth) & (truth <= high)).mean()
        if not 0.8 <= held <= 0.97:
            words.append((method, "too narrow" if held < 0.8 else "too wide"))
        row = result.comparison.methods.loc[method]
        if max(row["rhat"], row["rhat_function"]) > 1.01:
            words.append((method, "R-hat is"))
        if row["bad_k"] > 0:
            words.append((method, "Pareto k is too large"))
        if row["pareto_k"] > 0.7:
            words.append((method, "Pareto k is"))
    known, new = (
        np.concatenate([np.ravel(a) for a in pair]) for pair in (result.train, result.test)
    )
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
    early, late = bn.split(series, test_size=settings.test)
    train = bn.windows(early, settings.history)
    test = bn.windows(late, settings.history, standardize=train[0])
    plain = _rmse(bn.unscale(_linear(train, test), test[1]), bn.unscale(test[1].values, test[1]))
    least = min(plain, *errors["rmse"].loc[["persistence", "linear autoregression"]])
    return {
        "case": kind,
        "windows": result.settings.local or "as they are",
        "samples": len(series),
        "held_out": len(result.test[1]),
        "to_persistence": errors["to_persistence"][result.best],
        "to_linear": errors["to_linear"][result.best],
        "to_best": errors["rmse"][result.best] / least,
        "coverage": errors["coverage"][result.best],
        "rhat": result.comparison.methods["rhat"].get("nuts", np.nan),
        "poor": len(words),
        "unsaid": len(words) - sum(said),
        "seconds": result.seconds,
    }


def _linear(train: Pair, test: Pair) -> np.ndarray:
    """Forecasts of least squares with a constant."""
    (x, y), new = train, test[0]
    one = np.ones((len(x), 1)), np.ones((len(new), 1))
    weights = np.linalg.lstsq(np.hstack([x, one[0]]), np.asarray(y), rcond=None)[0]
    return np.hstack([new, one[1]]) @ weights


def _rmse(forecast: np.ndarray, y: np.ndarray) -> float:
    return float(np.sqrt(np.mean((forecast - y) ** 2)))


def main() -> None:
    """One row per kind, written as it is made."""
    settings = Settings(**effort(quick=True))
    for kind in sys.argv[1:] or SERIES:
        report("public_series", pd.DataFrame([row(kind, settings)]))


if __name__ == "__main__":
    main()
