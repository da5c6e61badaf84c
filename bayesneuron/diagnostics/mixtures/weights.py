"""What is known of each mode, and its weight: by stacking, by chain mass."""

import warnings

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr
from arviz_stats.utils import ELPDDataLOO

from bayesneuron.diagnostics.mixtures.stretches import pick
from bayesneuron.draws.convergence import convergence, convergence_of_function
from bayesneuron.draws.loo import Loo, psis_loo

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
    still = np.array([len(trees) > 1 and moves_of(tree) < MOVING for tree in trees])
    elpd, weight = stacking_of(trees, still)
    table.insert(3, "elpd", elpd)
    table.insert(4, "stacking", weight)
    table["stuck"] = still
    return table


def moves_of(tree: xr.DataTree) -> float:
    """Effective draws of the predictions, of the weights without any, each chain by itself.

    Chains that disagree have few effective draws together, but they move.
    """
    found = 0.0
    count = tree["posterior"].sizes["chain"]
    for chain in range(count):
        alone = pick(tree, np.arange(count)[:, None], chain)
        ess = convergence_of_function(alone)[1]
        found += np.nan_to_num(ess if np.isfinite(ess) else convergence(alone)[1])
    return found


def stacking_of(trees: list[xr.DataTree], still: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Expected log predictive density of each mode, and the weights that maximise the mixture's.

    Left-out densities of a few effective draws are those of a fit to the very data: where others
    are there, stuck modes get no weight, and their density is not told.
    """
    nothing = np.full(len(trees), np.nan)
    if not all("log_likelihood" in tree.children for tree in trees):
        return nothing, nothing
    judged = np.flatnonzero(~still | still.all())
    elpd, pi = nothing.copy(), np.zeros(len(trees))
    scores = {str(m): psis_loo(np.asarray(trees[m]["log_likelihood"]["y"])) for m in judged}
    known = {name: loo for name, loo in scores.items() if loo is not None}
    if len(known) < len(scores):
        return nothing, np.ones(1) if len(trees) == 1 else nothing
    elpd[judged] = [loo.elpd for loo in known.values()]
    if len(judged) == 1:
        pi[judged] = 1.0
        return elpd, pi
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pareto k: `compare` and `diagnose` count them
        each = {name: _as_arviz(loo) for name, loo in known.items()}
        ranked = az.compare(each, method="stacking", round_to="none")
    pi[judged] = ranked["weight"].reindex(list(known)).to_numpy(float)
    return elpd, pi / pi.sum()


def _as_arviz(loo: Loo) -> ELPDDataLOO:
    count = len(loo.pointwise)
    pointwise, k = (xr.DataArray(v, dims="observation") for v in (loo.pointwise, loo.pareto_k))
    return ELPDDataLOO(
        elpd=loo.elpd, se=loo.se, p=np.nan, n_samples=count, n_data_points=count, scale="log",
        warning=loo.bad_k > 0, good_k=loo.good_k, elpd_i=pointwise, pareto_k=k,
    )  # fmt: skip
