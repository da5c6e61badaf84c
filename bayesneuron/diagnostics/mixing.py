"""How far the chains of a sampler agree on each neuron, and along what they need not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr
from arviz_stats.base.array import array_stats

from bayesneuron.diagnostics.mixtures.result import LIGHT, MIXED, Modes
from bayesneuron.draws.convergence import distinct_draws
from bayesneuron.draws.tree import has_data
from bayesneuron.geometry import identified
from bayesneuron.geometry.posterior import NeuronPosterior, posteriors_of
from bayesneuron.network.model import Model

LARGE = 1000  # weights, above which free directions take too long for a report
FEW = 20  # draws that free directions are read from


@dataclass(frozen=True)
class Mixing:
    """How chains mix within one mode, for the neurons of one layer.

    Attributes
    ----------
    where : str
        Names the mode where there are several, as in ``" in mode 1"``.
    names : tuple of str, length n
    rhat, ess : ndarray, shape (neuron,)
        Largest R-hat and smallest bulk ESS over the weights of each neuron.
    rhat_function : float
        Largest R-hat of predictions; NaN where there are none.
    draw_count, distinct, chain_length : int
        Of all chains together, those that differ from each other, and of one chain.
    free_along : tuple of str, length n
        The widest free direction of each neuron; empty where it was not looked at.
    """

    where: str
    names: tuple[str, ...]
    rhat: np.ndarray
    ess: np.ndarray
    rhat_function: float
    draw_count: int
    distinct: int
    chain_length: int
    free_along: tuple[str, ...] = ()


def mixing_of(visited: Modes, model: Model | None) -> Iterator[Mixing]:
    """Of every layer in every mode that has weight."""
    agreement = visited.table()["rhat_function"].to_numpy(float)
    for mode, tree in enumerate(visited.trees):
        if visited.weights[mode] < LIGHT:
            continue
        size, distinct = tree["posterior"].sizes, distinct_draws(tree)
        posteriors = posteriors_of(tree)
        both = {layer: _by_neuron(post, size["chain"]) for layer, post in posteriors.items()}
        flat = agreement[mode] <= MIXED and any((rhat > MIXED).any() for rhat, _ in both.values())
        free = _free_along(tree, posteriors, model) if flat else {}
        for layer, post in posteriors.items():
            rhat, ess = both[layer]
            yield Mixing(
                where=f" in mode {mode}" if len(visited.trees) > 1 else "",
                names=tuple(post.names),
                rhat=rhat,
                ess=ess,
                rhat_function=float(agreement[mode]),
                draw_count=len(post.by_draw),
                distinct=distinct,
                chain_length=size["draw"],
                free_along=free.get(layer, ()),
            )


def _free_along(
    draws: xr.DataTree, posteriors: Mapping[str, NeuronPosterior], model: Model | None
) -> dict[str, tuple[str, ...]]:
    """Free directions in words, by layer; none where they would take long or are not defined."""
    if sum(post.mean.size for post in posteriors.values()) > LARGE or not has_data(draws):
        return {}
    try:
        parts = identified(draws, model=model, most=FEW)
    except ValueError:  # observations that are vectors
        return {}
    return {layer: tuple(part.free_along) for layer, part in parts.items()}


def _by_neuron(post: NeuronPosterior, chains: int) -> tuple[np.ndarray, np.ndarray]:
    """Largest R-hat and smallest bulk ESS over the weights of every neuron."""
    values = post.by_draw.reshape(chains, -1, *post.by_draw.shape[1:])
    constant = np.ptp(values, axis=(0, 1)) == 0
    ess = np.where(constant, np.inf, array_stats.ess(values, chain_axis=0, draw_axis=1))
    rhat = np.ones(constant.shape)
    if chains > 1:
        rhat = np.where(constant, 1.0, array_stats.rhat(values, chain_axis=0, draw_axis=1))
    return rhat.max(axis=1), ess.min(axis=1)
