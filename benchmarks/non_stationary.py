"""One step ahead on series whose level wanders or grows: windows as they are, or transformed.

The last 20% of each series is held out; every sample of it is forecast from all samples before it
by the draws of one fit to the first 80%. Errors are in the units of the series. Writes
results/non_stationary.csv.
"""

import warnings

import numpy as np
import pandas as pd
import xarray as xr
from _public import public_series
from _tables import report

import bayesneuron as bn

HISTORY = 12
KINDS = {  # by series: what a forecaster would try
    "stock index": [
        {},
        {"difference": 1},
        {"local": "zscore"},
        {"transform": "log", "difference": 1},
    ],
    "airline passengers": [
        {},
        {"difference": 12},
        {"transform": "log", "difference": 12},
        {"local": "zscore"},
    ],
    "carbon dioxide": [{}, {"difference": 1}, {"difference": 52}],
}


def row(kind: str, options: dict) -> dict:
    series = public_series(kind, 1500)
    cut, lead = int(0.8 * len(series)), 60
    values = np.asarray(series, float).ravel()
    x, y = bn.windows(values[:cut], HISTORY, **options)
    model = bn.load("two_layer", inputs=HISTORY, hidden=4, outputs=1)
    draws = bn.laplace(model, x, y, samples=400, seed=0)
    first = [values[t - lead - 12 : t] for t in range(max(cut, lead + 12), len(values))]
    starts = xr.DataArray(np.stack(first), dims=("start", "time"))
    ahead = bn.forecast(draws, starts, 1)
    after = values[-len(first) :]
    low, high = (ahead.summary["quantiles"].sel(quantile=q).values[:, 0] for q in (0.05, 0.95))
    off = {"rmse": ahead.summary["mean"].values[:, 0] - after}
    off |= {k: v.values[:, 0] - after for k, v in ahead.references.items()}
    words = ", ".join(f"{k}={v!r}" for k, v in options.items()) or "as they are"
    return {
        "case": f"{kind}, {words}", "samples": len(after),
        **{k: np.sqrt(np.mean(v**2)) for k, v in off.items()},
        "cover": np.mean((low <= after) & (after <= high)),
    }  # fmt: skip


def main() -> None:
    rows = []
    for kind, choices in KINDS.items():
        for options in choices:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", bn.StatisticalWarning)
                rows.append(row(kind, options))
    report("non_stationary", pd.DataFrame(rows))


if __name__ == "__main__":
    main()
