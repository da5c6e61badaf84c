"""What is known of the members of an ensemble before they are judged."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from bayesneuron.diagnostics.mixtures.weights import MOVING, moves_of
from bayesneuron.draws.convergence import convergence_of_function, distinct_draws
from bayesneuron.draws.provenance import provenance_of


@dataclass(frozen=True)
class Ensemble:
    """What chains of members, each in a mode of its own, report of themselves.

    Attributes
    ----------
    members, failed, slow : int
        Members whose draws there are, those left out, and those that hardly move.
    draw_count, distinct, divergences : int
        Draws of all members, those that differ from each other, and those that diverged.
    energy_variance, target : float
        Of the energy error per free number, and that for which the step was tuned; NaN for a
        sampler with an accept step.
    rhat_function : float
        Largest R-hat of predictions between members; NaN where there are none.
    warmup, thinning : int
        Steps of warm-up, and from one draw to the next.
    batch : int
        Rows of the gradients of a step; zero: all.
    """

    members: int
    failed: int
    slow: int
    draw_count: int
    distinct: int
    divergences: int
    energy_variance: float
    target: float
    rhat_function: float
    warmup: int
    thinning: int
    batch: int = 0


def ensemble_facts(draws: xr.DataTree) -> Ensemble:
    """Gather them."""
    size, stats = draws["posterior"].sizes, draws["sample_stats"]
    details = provenance_of(draws).details
    variance = np.asarray(stats.to_dataset().get("energy_variance", np.nan))
    moves = [moves_of(draws.isel(chain=[c])) for c in range(size["chain"])]
    return Ensemble(
        members=size["chain"],
        slow=int((np.array(moves) < MOVING).sum()),
        failed=int(np.size(details.get("failed", []))),
        draw_count=size["chain"] * size["draw"],
        distinct=distinct_draws(draws),
        divergences=int(np.asarray(stats["diverging"]).sum()),
        energy_variance=float(variance.mean()),
        target=float(details.get("energy_variance", np.nan)),
        batch=int(details.get("batch", 0)),
        rhat_function=convergence_of_function(draws)[0],
        warmup=int(details.get("warmup", 0)),
        thinning=int(details.get("thinning", 1)),
    )
