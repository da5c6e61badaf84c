"""What draws of a Laplace approximation lose where they predict through the network itself.

They predict through the network linearised at its optimum, for which their normal distribution is
exact. Merged draws are weights of a smaller network, and predict through that. In a wide network
draws along poorly determined directions then predict far off, and what is merged would imitate
them. So where they lose much, their projections are merged, see `bayesneuron.reduction.projected`.
"""

from typing import NamedTuple

import jax
import numpy as np
import xarray as xr

from bayesneuron.draws._activations import spread
from bayesneuron.draws.evaluate import latent_sites, run_draws
from bayesneuron.draws.linearised import is_linearised, predictions_of
from bayesneuron.draws.tree import sites_of_draws
from bayesneuron.network.model import Model
from bayesneuron.numerics.precision import double
from bayesneuron.numerics.warn import warn_once
from bayesneuron.reduction.projected import projected
from bayesneuron.reduction.task import Weights

MOST = 200  # draws that are compared
LARGE = 0.5  # nats per observation: merged draws then predict another thing
READOUT = {"structure": "readout"}  # in the details of draws that were projected


@double
def lost(
    draws: xr.DataTree,
    model: Model,
    x: np.ndarray,
    y: np.ndarray,
    sites: Weights | None = None,
) -> float:
    """Log predictive density per observation by which draws lose; 0 unless they are linearised.

    `sites` are the networks through which they predict, by default those drawn. Infinite where the
    density through the network is zero or not a number.
    """
    if not is_linearised(draws):
        return 0.0
    size = draws["posterior"].sizes
    number = spread(size["chain"] * size["draw"], MOST)
    key = jax.random.key(0)
    as_they_predict = predictions_of(draws, model, x, y, keep=(), key=key, number=number)
    drawn = latent_sites(draws, model, x)
    few = {k: (drawn if sites is None else sites)[k][number] for k in drawn}
    through = run_draws(model, few, x, y, keep=(), key=key, number=number)
    before, after = (
        np.logaddexp.reduce(values["log_likelihood"], axis=0).mean()
        for values in (as_they_predict, through)
    )
    return float(before - after) if np.isfinite(after) else np.inf


class Networks(NamedTuple):
    """Networks to merge.

    Attributes
    ----------
    sites : dict of str to ndarray, shape (draw, ...)
        Of the aligned draws; or of their projections, where these lose much.
    projected : bool
        Whether they are projections, whose hidden neurons are those of the mode.
    loss : float
        What they lose, as `lost`.
    """

    sites: Weights
    projected: bool
    loss: float


def networks_of(draws: xr.DataTree, model: Model, x: np.ndarray, y: np.ndarray) -> Networks:
    """Networks to merge, from aligned draws and the data, whose targets may be missing."""
    loss = lost(draws, model, x, y) if len(y) else 0.0
    sites = projected(draws, model, x, y) if loss > LARGE else None
    if sites is None:
        return Networks(sites_of_draws(draws), False, loss)
    return Networks(sites, True, lost(draws, model, x, y, sites))


def caution_of(loss: float) -> str:
    """What is lost, where it is much; else nothing."""
    if loss <= LARGE:
        return ""
    return (
        "draws of laplace predict through the linearised network; through the network itself, as "
        f"merged draws do, they lose {loss:.1f} nats per observation"
    )


PROJECTED = (
    "draws of laplace were projected onto the output weights, so hidden neurons are those of the "
    "mode, without spread"
)


def warn_of_loss(verb: str, networks: Networks) -> None:
    """Warn in the name of `verb` where networks lose much, or are projections."""
    if words := caution_of(networks.loss):
        warn_once(
            f"{verb}: {words}, so the result is not to be trusted; take draws of bn.nuts, "
            "bn.ensemble or bn.bootstrap"
        )
    elif networks.projected:
        warn_once(f"{verb}: {PROJECTED}; bn.nuts(start=...) from the result samples all weights")
