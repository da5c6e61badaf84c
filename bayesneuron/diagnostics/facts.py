"""What is known of draws before they are judged: numbers, gathered in one place.

Findings are functions of these values alone; nothing else looks into a tree of draws.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr
from arviz_stats.base.array import array_stats

from bayesneuron.diagnostics._modes import modes
from bayesneuron.diagnostics.ensemble_facts import Ensemble, ensemble_facts
from bayesneuron.diagnostics.linear_model import LinearGap, linear_gap
from bayesneuron.diagnostics.mixing import Mixing, mixing_of
from bayesneuron.diagnostics.mixtures.result import Modes
from bayesneuron.diagnostics.prior_width import PriorWidth, prior_widths
from bayesneuron.draws._complete import complete_if_possible, why_incomplete
from bayesneuron.draws.convergence import distinct_draws
from bayesneuron.draws.external import TRAINED_APART
from bayesneuron.draws.network import network_if_known
from bayesneuron.draws.provenance import MEMBERS, Provenance, provenance_of
from bayesneuron.draws.tree import data_of
from bayesneuron.geometry.posterior import NeuronPosterior, posteriors_of
from bayesneuron.network.arrays import scales_off
from bayesneuron.network.model import Model
from bayesneuron.reduction.rebuild import SOURCE_K


@dataclass(frozen=True)
class Fit:
    """What an estimator without chains reports of itself.

    Attributes
    ----------
    draw_count, distinct : int
        Draws, and how many of them differ from each other.
    prior : bool
        Whether they are draws of the prior, which have seen no data.
    failed : int
        Replicates that failed and are left out.
    short_of_optimum : float
        Share of the replicates whose Newton steps ended before an optimum.
    pareto_k : float
        Of the importance ratios; NaN where it is not known.
    family : str or None
        Of SVI; None for a normal at one mode.
    sampling_spread : bool
        Whether draws show how the estimate varies over data (bootstrap, sandwich).
    unmeasured : bool
        Whether nothing says how close the draws are to the posterior.
    singular : int
        Directions in which the Hessian is not positive.
    mode_reached : bool
    slope : float
        Median gradient norm of replicates where Adam ended, in nats per observation; NaN otherwise.
    structure : str or None
        Of a Laplace approximation's covariance; None for others.
    source_k : float
        Pareto k of the draws that these were reduced from; NaN where there is none.
    trained_apart : bool
        Whether draws are networks trained elsewhere, each by itself.
    """

    draw_count: int
    distinct: int
    prior: bool
    failed: int
    short_of_optimum: float
    pareto_k: float
    family: str | None
    sampling_spread: bool
    unmeasured: bool
    singular: int
    mode_reached: bool
    slope: float = np.nan
    structure: str | None = None
    source_k: float = np.nan
    trained_apart: bool = False


@dataclass(frozen=True)
class Sampler:
    """What a sampler reports of itself; NaN where it does not.

    Attributes
    ----------
    draw_count, divergences : int
        Draws of which it is known whether they diverged, and those that did.
    treedepth_share : float
        Share of the draws that stopped at the largest tree.
    bfmi : float
        Smallest E-BFMI of a chain.
    target_accept : float
        Acceptance rate for which steps were tuned.
    """

    draw_count: int
    divergences: int
    treedepth_share: float
    bfmi: float
    target_accept: float = np.nan


@dataclass(frozen=True)
class Facts:
    """Everything that findings are made from.

    Attributes
    ----------
    method : str
    modes : Modes or None
        None for draws that are independent by construction, bags and ensembles.
    fit : Fit or None
        None for chains.
    sampler : Sampler or None
        None where there are no chains or no statistics of them, and for ensembles.
    mixing : tuple of Mixing
        By mode and layer; empty without chains.
    posteriors : mapping of str to NeuronPosterior
        By layer; of the heaviest mode where there are several.
    incomplete : str or None
        Why predictions, PSIS-LOO and the null were not looked at.
    ensemble : Ensemble or None
        None for all but ensembles.
    prior_widths : tuple of PriorWidth
        By layer, from the draws of a sampler; empty for all others.
    linear : LinearGap or None
        None where there is no linear model to compare with.
    off_scale : tuple of str
        What of the data is far from the unit scale that the priors expect.
    """

    method: str
    modes: Modes | None
    fit: Fit | None
    sampler: Sampler | None
    mixing: tuple[Mixing, ...]
    posteriors: Mapping[str, NeuronPosterior]
    incomplete: str | None = None
    ensemble: Ensemble | None = None
    prior_widths: tuple[PriorWidth, ...] = ()
    linear: LinearGap | None = None
    off_scale: tuple[str, ...] = ()


def facts_of(draws: xr.DataTree, *, model: Model | None = None) -> Facts:
    """Gather what findings need, from the draws and their provenance.

    Parameters
    ----------
    draws : DataTree
    model : Model, optional
        As for `bayesneuron.diagnose`.

    Raises
    ------
    ValueError
        If draws carry no layout, or are fewer than 8 per chain of a sampler.
    """
    provenance = provenance_of(draws)
    # pooled fits are independent, and their draws lie one after another in one chain
    incomplete = why_incomplete(draws, model)
    off_scale = _off_scale(draws, model)
    if provenance.independent or provenance.pooled:
        posteriors = posteriors_of(complete_if_possible(draws, "prior", model=model))
        fit = _fit(draws, provenance)
        linear = None if fit.prior else linear_gap(draws, model=model)
        return Facts(
            provenance.method, None, fit, None, (), posteriors, incomplete, linear=linear,
            off_scale=off_scale,
        )  # fmt: skip
    widths = prior_widths(draws, model=model)
    if provenance.start.kind == MEMBERS:
        posteriors = posteriors_of(complete_if_possible(draws, "prior", model=model))
        draws = complete_if_possible(draws, "log_likelihood", "posterior_predictive", model=model)
        return Facts(
            provenance.method, None, None, None, (), posteriors, incomplete, ensemble_facts(draws),
            widths, linear_gap(draws, model=model), off_scale,
        )  # fmt: skip
    draws = complete_if_possible(draws, model=model)  # once, for modes and the linear model
    visited = modes(draws, cv="loo", model=model)  # weighed by mass
    return Facts(
        method=provenance.method,
        modes=visited,
        fit=None,
        sampler=_sampler(draws),
        mixing=tuple(mixing_of(visited, model)),
        posteriors=posteriors_of(visited.trees[0]),
        incomplete=incomplete,
        prior_widths=widths,
        linear=linear_gap(draws, model=model),
        off_scale=off_scale,
    )


def _off_scale(draws: xr.DataTree, model: Model | None) -> tuple[str, ...]:
    known = network_if_known(draws, model)
    if known is None or "observed_data" not in draws.children:
        return ()
    return scales_off(known, *(np.asarray(values) for values in data_of(draws)))


def _fit(draws: xr.DataTree, provenance: Provenance) -> Fit:
    details, size = provenance.details, draws["posterior"].sizes
    stats = draws["sample_stats"] if "sample_stats" in draws.children else {}
    short = 0.0
    if details.get("optimizer") == "newton" and "converged" in stats:
        short = float(1 - np.asarray(stats["converged"]).mean())
    slope = np.nan
    if details.get("optimizer") == "adam" and "grad_norm" in stats:
        slope = float(np.median(np.asarray(stats["grad_norm"])))
    spread = provenance.method == "bootstrap" or details.get("covariance") in ("sandwich", "hac")
    has_k = not np.isnan(float(details.get("pareto_k", np.nan))) or provenance.method == "prior"
    apart = bool(details.get(TRAINED_APART, 0))
    return Fit(
        draw_count=size["chain"] * size["draw"],
        distinct=distinct_draws(draws),
        prior=provenance.method == "prior",
        failed=int(np.size(details.get("failed", []))),
        short_of_optimum=short,
        pareto_k=float(details.get("pareto_k", np.nan)),
        family=details.get("family"),
        sampling_spread=spread,
        unmeasured=not (spread or provenance.pooled or has_k or apart),
        singular=int(details.get("singular", 0)),
        mode_reached=bool(details.get("converged", 1)),
        slope=slope,
        structure=details.get("structure"),
        source_k=float(details.get(SOURCE_K, np.nan)),
        trained_apart=apart,
    )


def _sampler(draws: xr.DataTree) -> Sampler | None:
    if "sample_stats" not in draws.children:
        return None
    stats = draws["sample_stats"]
    diverging = np.asarray(stats["diverging"]) if "diverging" in stats else np.zeros(0)
    depth, bfmi = np.nan, np.nan
    if "reached_max_treedepth" in stats:
        depth = float(np.asarray(stats["reached_max_treedepth"]).mean())
    if "energy" in stats:
        energy = np.asarray(stats["energy"], float)
        bfmi = float(np.min(array_stats.bfmi(energy, chain_axis=0, draw_axis=1)))
    return Sampler(
        draw_count=diverging.size,
        divergences=int(diverging.sum()),
        treedepth_share=depth,
        bfmi=bfmi,
        target_accept=float(provenance_of(draws).details.get("target_accept", np.nan)),
    )
