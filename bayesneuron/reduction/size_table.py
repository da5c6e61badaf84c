"""The table of all sizes: what each network scores, and which is chosen."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from bayesneuron.network.model import Model
from bayesneuron.reduction.decision import decide, deviation
from bayesneuron.reduction.own import Own
from bayesneuron.reduction.scoring import Score
from bayesneuron.reduction.task import Weights


def curve_of(
    rows: Sequence[Mapping[str, int]],
    merged: Sequence[Score],
    own: Mapping[int, Own],
    *,
    largest: int,
    rhat: float,
) -> pd.DataFrame:
    """One row per network, the full one last.

    Parameters
    ----------
    rows : sequence of mapping of str to int
        Widths, ``neurons`` and ``parameters`` of each network.
    merged : sequence of Score
        Of the merged draws of each.
    own : mapping of int to Own
        Of the posterior of their own, for the places that have one.
    largest : int
        Networks with more parameters are judged by their merged draws.
    rhat : float
        Of the predictions of the full network's draws, of which merged draws are made.
    """
    table = pd.DataFrame(list(rows))
    size = table["parameters"].to_numpy()
    shown = [own[i].score if i in own else one for i, one in enumerate(merged)]
    pointwise = np.stack([one.pointwise for one in shown])
    if own:  # merged draws of a size that was not sampled do not decide
        pointwise[[i for i in range(len(shown)) if i not in own and size[i] <= largest]] = np.nan
    judged = ~np.isnan(pointwise).any(axis=1)
    decision = decide(pointwise, size)
    table["elpd"] = pointwise.sum(axis=1)
    with np.errstate(invalid="ignore"):  # densities of zero
        table["se"] = deviation(pointwise) * np.sqrt(pointwise.shape[1])
    table["loss"] = decision.loss
    table["loss_se"] = decision.loss_se
    table["bad_k"] = np.where(judged, [one.bad_k for one in shown], 0)
    table["rhat"] = [own[i].score.rhat if i in own else rhat for i in range(len(shown))]
    table["own"] = [i in own for i in range(len(shown))]
    table["merged"] = [one.pointwise.sum() for one in merged]
    table["merged_bad_k"] = [one.bad_k for one in merged]
    table["error"] = [one.error for one in shown]
    table["error_each"] = [one.each.mean() for one in shown]
    table["error_sd"] = [one.each.std() for one in shown]
    table["chosen"] = np.arange(len(table)) == decision.chosen
    return table


def parameters_of(model: Model, sites: Weights) -> int:
    """Number of weights of the layout, of sites with a leading axis of draws."""
    own = [s for s in model.layout.sites if s not in model.layout.auxiliary]
    return int(sum(np.prod(sites[s].shape[1:]) for s in own))
