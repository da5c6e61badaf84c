"""Statistics of each mode, and its weight: by mass, by stacking, by share of draws."""

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from arviz_stats import compare, utils  # pyright: ignore[reportPrivateImportUsage]

from bayesneuron.diagnostics.mixtures.mass import masses_of
from bayesneuron.diagnostics.mixtures.stretches import pick
from bayesneuron.draws.convergence import convergence, convergence_of_function
from bayesneuron.draws.loo import Loo, loo_of
from bayesneuron.network.model import Model

MOVING = 10  # effective draws of predictions without which a chain is stuck, and in no mode


def tabulate(
    trees: list[xr.DataTree],
    labels: np.ndarray,
    *,
    score: Callable[[xr.DataTree], Loo | None] = loo_of,
    model: Model | None = None,
) -> pd.DataFrame:
    """One row per mode: sizes, height, weights, R-hat and ESS of weights and predictions.

    Modes are stacked by their `score`.
    """
    jumped = (labels != labels[:, :1]).any()
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
                "share": float((labels == mode).mean()) if jumped or len(trees) == 1 else np.nan,
                "rhat": rhat,
                "ess": ess,
                "rhat_function": rhat_function,
                "ess_function": ess_function,
            }
        )
    table = pd.DataFrame(rows)
    stuck = np.array([len(trees) > 1 and moves_of(tree) < MOVING for tree in trees])
    elpd, weight = stacking_of(trees, stuck, score)
    table.insert(3, "elpd", elpd)
    table.insert(4, "stacking", weight)
    masses = masses_of(trees, ~stuck | stuck.all(), model=model)
    table.insert(5, "mass", masses.mass)
    table.insert(6, "mass_error", masses.error)
    table["stuck"] = stuck
    return table


def moves_of(tree: xr.DataTree) -> float:
    """Effective draws of predictions (else of weights), summed over chains taken by themselves.

    Chains that disagree have few effective draws together, but they move.
    """
    total = 0.0
    count = tree["posterior"].sizes["chain"]
    for chain in range(count):
        alone = pick(tree, np.arange(count)[:, None], chain)
        ess = convergence_of_function(alone)[1]
        total += np.nan_to_num(ess if np.isfinite(ess) else convergence(alone)[1])
    return total


def stacking_of(
    trees: list[xr.DataTree],
    stuck: np.ndarray,
    score: Callable[[xr.DataTree], Loo | None] = loo_of,
) -> tuple[np.ndarray, np.ndarray]:
    """Expected log predictive density of each mode, and the weights that maximise the mixture's.

    Leave-one-out densities of a few effective draws are hardly better than those of the fit: beside
    other modes, stuck ones get zero weight, and their density is NaN.
    """
    unknown = np.full(len(trees), np.nan)
    if not all("log_likelihood" in tree.children for tree in trees):
        return unknown, unknown
    judged = np.flatnonzero(~stuck | stuck.all())
    elpd, pi = unknown.copy(), np.zeros(len(trees))
    scores = {str(m): score(trees[m]) for m in judged}
    known = {name: loo for name, loo in scores.items() if loo is not None}
    if len(known) < len(scores):
        return unknown, np.ones(1) if len(trees) == 1 else unknown
    elpd[judged] = [loo.elpd for loo in known.values()]
    if len(judged) == 1:
        pi[judged] = 1.0
        return elpd, pi
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pareto k: `compare` and `diagnose` count them
        each = {name: _as_arviz(loo) for name, loo in known.items()}
        ranked = compare(each, method="stacking", round_to="none")
    pi[judged] = ranked["weight"].reindex(list(known)).to_numpy(float)
    return elpd, pi / pi.sum()


def _as_arviz(loo: Loo) -> Any:
    count = len(loo.pointwise)
    pointwise, k = (xr.DataArray(v, dims="observation") for v in (loo.pointwise, loo.pareto_k))
    # arviz-stats 1.3.3 has a class of its own for PSIS-LOO
    old: Any = partial(utils.ELPDData, "loo")  # pyright: ignore[reportCallIssue]
    return getattr(utils, "ELPDDataLOO", old)(
        elpd=loo.elpd, se=loo.se, p=np.nan, n_samples=count, n_data_points=count, scale="log",
        warning=loo.bad_k > 0, good_k=loo.good_k, elpd_i=pointwise, pareto_k=k,
    )  # fmt: skip
