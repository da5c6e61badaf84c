"""What can be wrong with estimates that are no chains, or with what is known of any."""

from bayesneuron.diagnostics.facts import Fit
from bayesneuron.diagnostics.findings.finding import Finding
from bayesneuron.inference.importance import GOOD_K

FEWEST = 20  # distinct draws, below which a 90% region is two draws or fewer from all of them
STEEP = 0.1  # gradient norm per observation; Adam's own noise leaves a few hundredths
FAILED = 0.05  # share of failed replicates that is serious


def prior_draws(fit: Fit) -> Finding | None:
    """Draws that have seen no data."""
    if not fit.prior:
        return None
    return Finding(
        "no posterior",
        (),
        "these are draws of the prior, which have seen no data",
        "Estimate the network on data, with bn.nuts or bn.laplace.",
    )


def few_draws(fit: Fit) -> Finding | None:
    """Too few draws that differ from each other."""
    return few_distinct(fit.draw_count, fit.distinct)


def few_distinct(draws: int, distinct: int) -> Finding | None:
    """Too few distinct draws for any region."""
    if distinct >= FEWEST:
        return None
    return Finding(
        "too few draws",
        (),
        f"{distinct} of {draws} draws differ from each other, {FEWEST} are the fewest for a region",
        "Draw more: 100 or more show the shape of a region.",
    )


def failed_replicates(fit: Fit) -> Finding | None:
    """Replicates that are missing."""
    if not fit.failed:
        return None
    return Finding(
        "failed replicate",
        (),
        f"{fit.failed} replicates failed and are left out",
        "Their numbers are in draws.attrs['failed'].",
        serious=fit.failed / (fit.failed + fit.draw_count) > FAILED,
    )


def unfinished_replicates(fit: Fit) -> Finding | None:
    """Replicates that ended before an optimum."""
    if not fit.short_of_optimum > 0:
        return None
    return Finding(
        "failed replicate",
        (),
        f"{fit.short_of_optimum:.0%} of the replicates did not reach an optimum",
        "Raise max_steps.",
        serious=fit.short_of_optimum > FAILED,
    )


def short_training(fit: Fit) -> Finding | None:
    """Replicates whose training ended on a slope."""
    if not fit.slope > STEEP:
        return None
    return Finding(
        "short training",
        (),
        f"training ended on a slope of {fit.slope:.2g} nats per observation, an optimum has none",
        "Predictions may improve: raise epochs in bn.Adam, or use optimizer='newton'.",
        serious=False,
    )


def poor_fit(fit: Fit) -> Finding | None:
    """An approximation that misses much of the posterior."""
    if not fit.pareto_k > GOOD_K:
        return None
    what = "a normal at one mode" if fit.family is None else f"the family {fit.family!r}"
    return Finding(
        "poor fit",
        (),
        f"Pareto k {fit.pareto_k:.2f} is above {GOOD_K}: {what} misses much of the posterior",
        "Use bn.nuts for regions; predictions may still be good, see bn.compare."
        if fit.family in (None, "full")
        else "Try family='full', bn.nuts, or, where the network is wide, bn.ensemble.",
    )


def poor_source(fit: Fit) -> Finding | None:
    """Draws that were reduced from an approximation that misses much of the posterior."""
    if not fit.source_k > GOOD_K:
        return None
    return Finding(
        "poor fit",
        (),
        f"the draws that these were reduced from have Pareto k {fit.source_k:.2f}, above {GOOD_K}: "
        "they miss much of the posterior",
        "Reduce draws of bn.nuts, or sample the smaller network with start= these.",
    )


def no_posterior(fit: Fit) -> Finding | None:
    """Draws that show how the estimate varies over data."""
    if not fit.sampling_spread:
        return None
    return Finding(
        "no posterior",
        (),
        "regions show how the estimate varies over data; in a direction that only the prior "
        "determines they have no width",
        "Read them as the stability of training; bn.nuts gives the posterior.",
        serious=False,
    )


def trained_members(fit: Fit) -> Finding | None:
    """Members of an ensemble that was trained elsewhere."""
    if not fit.trained_apart:
        return None
    return Finding(
        "no posterior",
        (),
        f"these are {fit.draw_count} networks trained apart: their spread is that of training, and "
        "there is no chain whose R-hat could be judged",
        "Read regions as the stability of training; bn.nuts(start=draws) gives the posterior.",
        serious=False,
    )


def held_layers(fit: Fit) -> Finding | None:
    """Hidden neurons that do not vary, by the structure of the approximation."""
    if fit.structure == "readout":
        return Finding(
            "no posterior",
            (),
            "weights into hidden neurons are those of the mode, since draws of laplace were "
            "projected onto the output weights before they were merged: regions have no width",
            "Read predictions and output weights only; bn.nuts(start=draws) samples all weights.",
            serious=False,
        )
    if fit.structure != "last_layer":
        return None
    return Finding(
        "no posterior",
        (),
        "weights into hidden neurons are held at the mode (structure='last_layer'): their "
        "regions have no width",
        "Read predictions and output weights only; structure='kronecker' lets all weights vary.",
        serious=False,
    )


def unmeasured_fit(fit: Fit) -> Finding | None:
    """An approximation that does not say how close it is."""
    if not fit.unmeasured:
        return None
    return Finding(
        "no posterior",
        (),
        "there is no Pareto k: how close these draws are to the posterior is not known",
        "An estimator reports it in its details; bn.nuts gives the posterior.",
        serious=False,
    )


def singular_curvature(fit: Fit) -> Finding | None:
    """A Hessian that is not positive."""
    if not fit.singular:
        return None
    return Finding(
        "flat direction",
        (),
        f"the Hessian is not positive in {fit.singular} directions",
        "A normal at one point describes little here: use bn.nuts, or bn.reduce the network.",
    )


def unknown_network(incomplete: str | None) -> Finding | None:
    """Draws whose predictions cannot be computed."""
    if incomplete is None:
        return None
    return Finding(
        "not examined",
        (),
        f"predictions, PSIS-LOO and the null of prior draws were not looked at: {incomplete}",
        "The verdict is about the weights alone.",
        serious=False,
    )


def missed_mode(fit: Fit) -> Finding | None:
    """An optimiser that stopped before the mode."""
    if fit.mode_reached:
        return None
    return Finding(
        "failed replicate", (), "the mode was not reached", "Raise starts, or use bn.nuts."
    )
