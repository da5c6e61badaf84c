"""Where chains start, and the coordinates each of them is whitened by.

The mass of a mode is judged by its Laplace evidence,

    log Z ≈ log p(θ*) + ½ size log 2π - ½ log |H|.

A chain in a mode with a thousandth of the mass would count for as much as any other chain, and no
later step could tell: chains are shared among the modes that have mass.
"""

from typing import NamedTuple

import jax
import numpy as np
import xarray as xr

from bayesneuron.draws.provenance import Start, provenance_of
from bayesneuron.inference.curvature import (
    FLOOR,
    blocks_of,
    hessian,
    inverse_roots,
    positive,
)
from bayesneuron.inference.optimise import Optimum
from bayesneuron.inference.starts import find_optima, prior_starts, starts_from
from bayesneuron.network.density import Density
from bayesneuron.numerics.progress import progress

NEGLIGIBLE = 5.0  # nats of evidence below the best mode: under 1% of the posterior mass
DISTINCT = 0.01  # nats by which optima differ that are not copies of each other


class Target(NamedTuple):
    """The log density that is climbed, and the seed of the search."""

    dens: Density
    x: jax.Array
    y: jax.Array
    temper: float
    seed: int


class WarmStart(NamedTuple):
    """A start and a root of the inverse curvature for every chain, and where they came from."""

    theta: np.ndarray  # (chain, size)
    roots: dict[str, np.ndarray]  # by block, (chain, k, k) or (chain, k)
    start: Start
    whitened: bool  # whether the roots are of a curvature, not of the identity


def warm_start(
    target: Target, start: str | xr.DataTree, *, chains: int, starts: int, mass: str
) -> WarmStart:
    """Starts of `chains` chains.

    Parameters
    ----------
    target : Target
    start : {"optima", "best", "modes", "prior"} or DataTree
    chains, starts : int
        Chains, and points from which optima are sought.
    mass : {"dense", "block", "diagonal"}
    """
    if isinstance(start, xr.DataTree):
        return at_draws(target, start, chains, starts, mass)
    kinds = {"optima": at_optima, "best": at_best, "modes": at_modes, "prior": at_prior}
    return kinds[start](target, chains, starts, mass)


def at_prior(target: Target, chains: int, starts: int, mass: str) -> WarmStart:
    """Each chain at its own prior draw, in the coordinates of the model."""
    key = jax.random.fold_in(jax.random.key(target.seed), 3)
    theta = prior_starts(target.dens, target.x, key, chains)
    eye = [np.eye(target.dens.size)] * chains
    return WarmStart(theta, _roots(target.dens, eye, mass), Start("prior"), whitened=False)


def at_best(target: Target, chains: int, starts: int, mass: str) -> WarmStart:
    """All chains at the best optimum."""
    return _share("best", target, _climb(target, starts, keep=1), chains, mass)


def at_optima(target: Target, chains: int, starts: int, mass: str) -> WarmStart:
    """Chains at the best optima, those without mass left out."""
    optima = _climb(target, max(starts, chains), keep=chains)
    return _share("optima", target, optima, chains, mass)


def at_modes(target: Target, chains: int, starts: int, mass: str) -> WarmStart:
    """Two chains or more at each of the best distinct optima, whatever their mass."""
    tried = max(starts, chains)
    optima = _climb(target, tried, keep=tried)
    arrived = np.flatnonzero(np.asarray(optima.converged) | ~np.any(optima.converged))
    distinct = np.diff(_log_joint(target, optima)[arrived], prepend=np.inf) < -DISTINCT
    chosen = arrived[distinct][: max(1, chains // 2)]
    optima = jax.tree.map(lambda leaf: leaf[chosen], optima)
    return _share("modes", target, optima, chains, mass, negligible=np.inf)


def at_draws(target: Target, draws: xr.DataTree, chains: int, starts: int, mass: str) -> WarmStart:
    """Chains at the best optima reached from the likeliest of some draws."""
    if "posterior" not in draws.children:
        raise ValueError(f"start: expected draws (posterior), got groups {list(draws.children)}")
    size = draws["posterior"].sizes
    tried = max(min(max(starts, chains), size["chain"] * size["draw"]), chains)
    theta = starts_from(target.dens, draws, tried)
    optima = _climb(target, tried, keep=chains, theta=theta)
    kind = f"draws of {provenance_of(draws).method}"
    return _share(kind, target, optima, chains, mass)


def _climb(target: Target, starts: int, *, keep: int, theta: np.ndarray | None = None) -> Optimum:
    with progress("optima", starts + keep) as advance:
        return find_optima(
            target.dens, target.x, target.y, starts=starts, keep=keep, seed=target.seed,
            temper=target.temper, theta=theta, advance=advance,
        )  # fmt: skip


def _log_joint(target: Target, optima: Optimum) -> np.ndarray:
    return -np.asarray(optima.loss) * len(target.x) * target.temper


def _share(
    kind: str,
    target: Target,
    optima: Optimum,
    chains: int,
    mass: str,
    *,
    negligible: float = NEGLIGIBLE,
) -> WarmStart:
    """Share the chains among the optima whose evidence is not negligible, in turn."""
    dens, height = target.dens, _log_joint(target, optima)
    curvature = [
        np.asarray(hessian(dens, theta, target.x, target.y, target.temper))
        for theta in optima.theta
    ]
    volume = np.array([0.5 * np.log(positive(h, FLOOR)[0]).sum() for h in curvature])
    evidence = height + 0.5 * dens.size * np.log(2 * np.pi) - volume
    least = evidence.max() - negligible if np.isfinite(negligible) else -np.inf
    mode = np.resize(np.flatnonzero(evidence >= least), chains)
    return WarmStart(
        np.asarray(optima.theta)[mode],
        _roots(dens, [curvature[m] for m in mode], mass),
        Start(kind, *(tuple(v.tolist()) for v in (mode, height, evidence))),
        whitened=True,
    )


def _roots(dens: Density, curvature: list[np.ndarray], mass: str) -> dict[str, np.ndarray]:
    blocks, diagonal = blocks_of(dens, mass), mass == "diagonal"
    each = [inverse_roots(h, blocks, diagonal=diagonal, floor=FLOOR) for h in curvature]
    return {name: np.stack([roots[name] for roots in each]) for name in blocks}
