"""Which draws a reduction judges, and what it says of their scores."""

import numpy as np
import pandas as pd
import xarray as xr

from bayesneuron.draws._activations import spread
from bayesneuron.draws.provenance import MEMBERS, provenance_of
from bayesneuron.network.model import Model
from bayesneuron.numerics.warn import warn_once
from bayesneuron.reduction.result import DISAGREE, NO_SIZE, deciding, undecided
from bayesneuron.reduction.shrink import Widths

MANY = 0.01  # share of observations with a bad Pareto k that calls for a warning


def is_sampled(draws: xr.DataTree) -> bool:
    """Whether draws are of the posterior itself, as those of the smaller networks will be."""
    provenance = provenance_of(draws)
    return provenance.method == "nuts" and not provenance.pooled


def of_members(draws: xr.DataTree) -> bool:
    """Whether chains are members, each in a mode of its own, so that they need not agree."""
    provenance = provenance_of(draws)
    return provenance.independent or provenance.start.kind == MEMBERS


def warn_of_scores(curve: pd.DataFrame, count: int) -> None:
    """Say once that the scores that decided are not reliable."""
    if undecided(curve):
        warn_once(
            f"reduce: {NO_SIZE}; the network is left as it is; take draws of bn.nuts, bn.ensemble "
            "or bn.bootstrap"
        )
        return
    decided = deciding(curve)
    rhat = float(np.max(decided["rhat"]))
    if rhat > DISAGREE:
        warn_once(
            f"reduce: chains disagree about predictions, R-hat {rhat:.2f}, so the size may be "
            "wrong; raise samples, or look at the modes of the posterior with bn.modes"
        )
    bad = int(np.max(decided["bad_k"]))
    if bad > MANY * count:
        warn_once(
            f"reduce: Pareto k is bad for {bad} of {count} observations, so the size may be wrong; "
            "better give test=(x, y)"
        )


def evenly(chains: int, length: int, most: int) -> np.ndarray:
    """Places of at most `most` draws, as many of every chain, in draws chain after chain."""
    places = spread(length, max(1, most // chains))
    return (np.arange(chains)[:, None] * length + places).ravel()


def neurons_of(model: Model, plan: Widths, full: Widths) -> int:
    """Neurons of all hidden layers, those that are not in the plan at their full width."""
    return sum(plan.get(name, full[name]) for name in model.layout.hidden)
