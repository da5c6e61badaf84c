"""What a sampler's draws are worth a second, alignment included."""

import time

import numpy as np
import xarray as xr
from arviz_stats.base.array import array_stats

import bayesneuron as bn
from bayesneuron.draws.convergence import convergence
from bayesneuron.draws.tree import layout_of


def worth(draws: xr.DataTree, total: float, warm: float) -> dict[str, float]:
    """R-hat and smallest ESS of the aligned weights, by seconds with and without compilation."""
    start = time.perf_counter()
    aligned = bn.align(draws)
    spent = time.perf_counter() - start
    rhat, ess = convergence(aligned)
    inside = within(aligned)
    return {
        "total": total, "warm": warm, "align": spent,
        "rhat_raw": convergence(draws)[0], "rhat": rhat, "ess": ess, "within": inside,
        "ess_s": ess / (warm + spent), "ess_s_total": ess / (total + spent),
        "within_s": inside / (warm + spent), "within_s_total": inside / (total + spent),
    }  # fmt: skip


def within(draws: xr.DataTree) -> float:
    """Smallest over the weights of the sum of the chains' own effective sample sizes."""
    posterior = draws["posterior"]
    sites = [np.asarray(posterior[s], float) for s in layout_of(draws).sites]
    flat = np.concatenate([v.reshape(*v.shape[:2], -1) for v in sites], axis=2)
    sizes = [array_stats.ess(one[None], chain_axis=0, draw_axis=1) for one in flat]
    return float(np.sum(sizes, axis=0).min())


def worst_rhat(values: np.ndarray) -> float:
    """Of predictions, (chain, draw, ...)."""
    flat = values.reshape(*values.shape[:2], -1)
    return float(np.max(array_stats.rhat(flat, chain_axis=0, draw_axis=1)))
