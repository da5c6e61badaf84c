"""What can be wrong with an ensemble: its members, their sampler, and what they are together."""

import numpy as np

from bayesneuron.diagnostics.ensemble_facts import Ensemble
from bayesneuron.diagnostics.findings.chains import DIVERGENT
from bayesneuron.diagnostics.findings.finding import Finding
from bayesneuron.diagnostics.findings.fit import few_distinct
from bayesneuron.diagnostics.mixtures.result import MIXED
from bayesneuron.diagnostics.mixtures.weights import MOVING


def few_draws(ensemble: Ensemble) -> Finding | None:
    """Too few draws that differ from each other."""
    return few_distinct(ensemble.draw_count, ensemble.distinct)


def failed_members(ensemble: Ensemble) -> Finding | None:
    """Members that are missing."""
    failed, count = ensemble.failed, ensemble.failed + ensemble.members
    if not failed:
        return None
    return Finding(
        "failed replicate",
        (),
        f"{failed} of {count} members failed and are left out",
        "Their numbers are in draws.attrs['failed']. Where they are many, check the scale of the "
        "data, or lower the learning rate of the optimizer.",
        serious=2 * failed > count,
    )


def slow_members(ensemble: Ensemble) -> Finding | None:
    """Members that hardly move."""
    slow, count = ensemble.slow, ensemble.members
    if not slow:
        return None
    return Finding(
        "slow mixing",
        (),
        f"{slow} of {count} members hardly move: under {MOVING} effective draws of some prediction",
        f"Raise thinning (here {ensemble.thinning}) and warmup (here {ensemble.warmup:,}).",
        serious=2 * slow > count,
    )


def divergences(ensemble: Ensemble) -> Finding | None:
    """Steps that ended at a density that is not finite."""
    if not ensemble.divergences:
        return None
    return Finding(
        "divergence",
        (),
        f"{ensemble.divergences} of {ensemble.draw_count} draws diverged",
        f"Raise warmup (here {ensemble.warmup:,}) or, for sampler='mclmc', lower energy_variance.",
        serious=ensemble.divergences > DIVERGENT * ensemble.draw_count,
    )


def members_apart(ensemble: Ensemble) -> Finding | None:
    """Members in modes of their own, which is what they are for."""
    if ensemble.rhat_function <= MIXED:
        return None
    predictions = f"R-hat of predictions {ensemble.rhat_function:.2f}"
    if np.isnan(ensemble.rhat_function):
        predictions = "R-hat of predictions not known"
    count = ensemble.members
    return Finding(
        "no posterior",
        (),
        f"{count} member{'s' * (count > 1)}, each near its own start and of equal weight, whatever "
        f"the mass there; {predictions}",
        "Report predictions of all members together, and neurons member by member; bn.modes "
        "weights the modes by mass or by stacking.",
        serious=False,
    )


def unadjusted_sampler(ensemble: Ensemble) -> Finding | None:
    """A sampler without an accept step."""
    if np.isnan(ensemble.energy_variance):
        return None
    noise = f", and gradients of {ensemble.batch} rows are noisy" if ensemble.batch else ""
    alone = " and without batch" if ensemble.batch else ""
    larger = ", or a larger batch" if ensemble.batch else ""
    return Finding(
        "sampler bias",
        (),
        f"MCLMC has no accept step: energy errors of variance {ensemble.energy_variance:.2g} per "
        f"free number (the step was tuned for {ensemble.target:.2g}) bias the draws{noise}",
        f"Compare with sampler='mams'{alone}, which has no such bias, or with a smaller "
        f"energy_variance{larger}.",
        serious=False,
    )
