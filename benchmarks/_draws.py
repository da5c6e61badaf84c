"""What the benchmarks read off draws: recorded numbers, R-hat, ESS per second, predictive density.

The efficiency of a sampler includes the time of alignment.
"""

from typing import Any

import numpy as np
import xarray as xr
from _timing import timed
from arviz_stats.base.array import array_stats
from scipy.special import logsumexp

import bayesneuron as bn
from bayesneuron.draws.convergence import convergence, convergence_of_function
from bayesneuron.draws.provenance import provenance_of, with_provenance


def recorded(draws: xr.DataTree, name: str) -> Any:
    """A number that the estimator recorded: ``seconds``, ``divergences``, ``elbo``."""
    return provenance_of(draws).details[name]


def one_chain(draws: xr.DataTree, chain: int) -> xr.DataTree:
    """The posterior of one chain alone."""
    posterior = draws["posterior"].to_dataset().isel(chain=[chain])
    tree = xr.DataTree.from_dict({"posterior": posterior})
    return with_provenance(tree, provenance_of(draws))


def efficiency(draws: xr.DataTree, total: float, warm: float) -> dict[str, float]:
    """R-hat and smallest ESS of the aligned weights, per second with and without compilation."""
    seconds, aligned = timed(lambda: bn.align(draws))
    rhat, ess = convergence(aligned)
    within = ess_within_chains(aligned)
    return {
        "total": total, "warm": warm, "align": seconds,
        "rhat_raw": convergence(draws)[0], "rhat": rhat, "ess": ess, "within": within,
        "ess_s": ess / (warm + seconds), "ess_s_total": ess / (total + seconds),
        "within_s": within / (warm + seconds), "within_s_total": within / (total + seconds),
    }  # fmt: skip


def ess_within_chains(draws: xr.DataTree) -> float:
    """Effective sample sizes of the chains, each taken alone, summed; smallest over the weights."""
    posterior = draws["posterior"]
    sites = [np.asarray(posterior[s], float) for s in provenance_of(draws).layout.sites]
    flat = np.concatenate([v.reshape(*v.shape[:2], -1) for v in sites], axis=2)
    sizes = [array_stats.ess(one[None], chain_axis=0, draw_axis=1) for one in flat]
    return float(np.sum(sizes, axis=0).min())


def rhat_of_function(draws: xr.DataTree, model: bn.results.Model | None = None) -> float:
    """Largest R-hat of the predictions at the data; `model` if it is not a shipped one."""
    return convergence_of_function(bn.complete(draws, "posterior_predictive", model=model))[0]


def worst_rhat(values: np.ndarray) -> float:
    """Largest R-hat of predictions, (chain, draw, ...)."""
    flat = values.reshape(*values.shape[:2], -1)
    return float(np.max(array_stats.rhat(flat, chain_axis=0, draw_axis=1)))


def log_predictive_density(log_likelihood: Any) -> float:
    """Log of the mean likelihood over draws, averaged over observations.

    `log_likelihood` is (chain, draw, observation).
    """
    values = np.asarray(log_likelihood)
    pooled = logsumexp(values, axis=(0, 1)) - np.log(values.shape[0] * values.shape[1])
    return float(pooled.mean())
