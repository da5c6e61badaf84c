"""What is known of each mode, and its weight: by stacking, by chain mass."""

import warnings
from typing import Any

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr

from bayesneuron.convergence import convergence, convergence_of_function

MOVING = 10  # effective draws of predictions without which a chain is stuck, and in no mode


def tabulate(trees: list[xr.DataTree], labels: np.ndarray) -> pd.DataFrame:
    """One row a mode: sizes, height, mass, weights, R-hat and ESS of weights and predictions."""
    moved = (labels != labels[:, :1]).any()
    rows = []
    for mode, tree in enumerate(trees):
        size = tree["posterior"].sizes
        rhat, ess = convergence(tree)
        rhat_function, ess_function = convergence_of_function(tree)
        has_lp = "sample_stats" in tree.children and "lp" in tree["sample_stats"]
        rows.append(
            {
                "chains": int((labels == mode).any(axis=1).sum()),
                "draws": size["chain"] * size["draw"],
                "lp": np.asarray(tree["sample_stats"]["lp"]).mean() if has_lp else np.nan,
                "mass": float((labels == mode).mean()) if moved or len(trees) == 1 else np.nan,
                "rhat": rhat,
                "ess": ess,
                "rhat_function": rhat_function,
                "ess_function": ess_function,
            }
        )
    table = pd.DataFrame(rows)
    elpd, weight = stacking_of(trees, stuck(table))
    table.insert(3, "elpd", elpd)
    table.insert(4, "stacking", weight)
    return table


def stuck(table: pd.DataFrame) -> np.ndarray:
    """Which of several modes have too few effective draws of their predictions, (mode,)."""
    if len(table) == 1:
        return np.zeros(1, bool)
    found = table["ess_function"].fillna(table["ess"]).to_numpy()
    return ~(found >= MOVING)


def stacking_of(trees: list[xr.DataTree], still: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Expected log predictive density of each mode, and the weights that maximise the mixture's.

    Left-out densities of a few effective draws are those of a fit to the very data: where others
    are there, stuck modes get no weight.
    """
    nothing = np.full(len(trees), np.nan)
    if not all("log_likelihood" in tree.children for tree in trees):
        return nothing, nothing
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pareto k: `compare` and `diagnose` count them
        try:
            found: dict[str, Any] = {
                str(m): az.loo(tree, pointwise=True) for m, tree in enumerate(trees)
            }
        except (ValueError, IndexError):  # too few draws for the tail of a Pareto fit
            return nothing, np.ones(1) if len(trees) == 1 else nothing
        elpd = np.array([float(f.elpd) for f in found.values()])
        if len(trees) == 1:
            return elpd, np.ones(1)
        judged = {k: f for k, f in found.items() if still.all() or not still[int(k)]}
        if len(judged) == 1:
            return elpd, np.array([float(str(m) in judged) for m in range(len(trees))])
        told = az.compare(judged, method="stacking", round_to="none")
    weight = told["weight"].reindex([str(m) for m in range(len(trees))], fill_value=0.0)
    pi = weight.to_numpy(float)
    return elpd, pi / pi.sum()
