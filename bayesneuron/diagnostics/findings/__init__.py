"""Each thing that can be wrong with draws, found by a function of its own.

A finding is made from facts: a cause, the neurons it touches, the evidence, and advice.
"""

from bayesneuron.diagnostics.facts import Facts
from bayesneuron.diagnostics.findings import (
    chains,
    ensembles,
    fit,
    predictions,
    priors,
    single_neurons,
)
from bayesneuron.diagnostics.findings.finding import CAUSES, NO_POSTERIOR, Finding

__all__ = ["CAUSES", "NO_POSTERIOR", "Finding", "findings_of"]

OF_MODES = (
    chains.stuck_chains,
    chains.light_modes,
    chains.heavy_modes,
    chains.unvisited_optima,
    chains.deserted_optima,
)
OF_MIXING = (chains.disagreement, chains.few_effective_draws, chains.repeated_draws)
OF_SAMPLER = (chains.divergences, chains.short_trees, chains.low_energy)
OF_FIT = (
    fit.prior_draws,
    fit.few_draws,
    fit.failed_replicates,
    fit.unfinished_replicates,
    fit.short_training,
    fit.poor_fit,
    fit.no_posterior,
    fit.trained_members,
    fit.held_layers,
    fit.poor_source,
    fit.unmeasured_fit,
    fit.singular_curvature,
    fit.missed_mode,
)
OF_ENSEMBLE = (
    ensembles.few_draws,
    ensembles.failed_members,
    ensembles.slow_members,
    ensembles.divergences,
    ensembles.members_apart,
    ensembles.unadjusted_sampler,
)
OF_NEURONS = (single_neurons.ambiguous_match, single_neurons.no_information)


def findings_of(facts: Facts) -> tuple[Finding, ...]:
    """Everything that is wrong, serious things first, else from modes to single single_neurons."""
    findings: list[Finding | None] = []
    if facts.modes is not None:
        findings += [check(facts.modes) for check in OF_MODES]
    findings += [check(mixing) for mixing in facts.mixing for check in OF_MIXING]
    if facts.sampler is not None:
        findings += [check(facts.sampler) for check in OF_SAMPLER]
    if facts.fit is not None:
        findings += [check(facts.fit) for check in OF_FIT]
        findings += [single_neurons.shrunk_covariances(post) for post in facts.posteriors.values()]
    if facts.ensemble is not None:
        findings += [check(facts.ensemble) for check in OF_ENSEMBLE]
    findings += [check(post) for post in facts.posteriors.values() for check in OF_NEURONS]
    findings += [priors.narrow_prior(width) for width in facts.prior_widths]
    findings.append(predictions.scale_of_data(facts.off_scale))
    findings.append(predictions.against_linear(facts.linear))
    findings.append(fit.unknown_network(facts.incomplete))
    return tuple(sorted(filter(None, findings), key=lambda finding: not finding.serious))
