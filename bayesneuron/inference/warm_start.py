"""Where chains start, and the coordinates each of them is whitened by.

The mass of a mode is judged by its Laplace evidence,

    log Z ≈ log p(θ*) + ½ size log 2π - ½ log |H|.

A chain in a mode with a thousandth of the mass would count for as much as any other chain, and no
later step could tell: chains are shared among the modes that have mass.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from threadpoolctl import threadpool_limits

from bayesneuron.draws.provenance import Start, provenance_of
from bayesneuron.inference.curvature import (
    FLOOR,
    blocks_of,
    hessian,
    inverse_root,
    inverse_roots,
)
from bayesneuron.inference.distinct import copies, outputs
from bayesneuron.inference.evidence import precision_at
from bayesneuron.inference.optimise import NEWTON_SIZE, Optimum
from bayesneuron.inference.scales import evidence_optima, starts_at_evidence
from bayesneuron.inference.starts import (
    coarse_optima,
    prior_starts,
    ranked,
    settled,
    starts_from,
    take,
)
from bayesneuron.network.density import Density
from bayesneuron.numerics.progress import progress

NEGLIGIBLE = 5.0  # nats of evidence below the best mode: under 1% of the posterior mass
SLACK = 10.0  # further nats that the evidence at a coarse optimum may be wrong by
MOST = 32  # optima settled besides the best


class Target(NamedTuple):
    """The log density that is climbed, and the seed of the search."""

    dens: Density
    x: jax.Array
    y: jax.Array
    temper: float | np.ndarray  # power of the likelihood, or of that of each observation
    seed: int

    @property
    def power(self) -> float:
        """Powers of all observations together."""
        return float(np.broadcast_to(self.temper, len(self.x)).sum())


class WarmStart(NamedTuple):
    """A start and a root of the inverse curvature for every chain, and where they came from."""

    theta: np.ndarray  # (chain, size)
    roots: dict[str, np.ndarray]  # by block, (chain, k, k) or (chain, k)
    start: Start
    whitened: bool  # whether the roots are of a curvature, not of the identity


def warm_start(
    target: Target, start: str | xr.DataTree | None, *, chains: int, starts: int, mass: str
) -> WarmStart:
    """Starts of `chains` chains.

    Parameters
    ----------
    target : Target
    start : {"optima", "evidence", "best", "modes", "prior"} or DataTree, optional
        By default ``evidence`` where a joint mode would miss the posterior, else ``optima``.
    chains, starts : int
        Chains, and points from which optima are sought.
    mass : {"dense", "block", "diagonal"}
    """
    if isinstance(start, xr.DataTree):
        return at_draws(target, start, chains, starts, mass)
    if start is None:
        start = "evidence" if starts_at_evidence(target.dens, target.x, method="nuts") else "optima"
    kinds = {
        "optima": at_optima,
        "evidence": at_evidence,
        "best": at_best,
        "modes": at_modes,
        "prior": at_prior,
    }
    return kinds[start](target, chains, starts, mass)


def at_prior(target: Target, chains: int, starts: int, mass: str) -> WarmStart:
    """Each chain at its own prior draw, in the coordinates of the model."""
    key = jax.random.fold_in(jax.random.key(target.seed), 3)
    theta = prior_starts(target.dens, target.x, key, chains)
    eye = [np.eye(target.dens.size)] * chains
    return WarmStart(theta, _roots(target.dens, eye, mass), Start("prior"), whitened=False)


def at_best(target: Target, chains: int, starts: int, mass: str) -> WarmStart:
    """All chains at the best optimum."""
    return _share("best", target, _search(target, starts, keep=1), np.zeros(chains, int), mass)


def at_optima(target: Target, chains: int, starts: int, mass: str) -> WarmStart:
    """Chains at the distinct optima that have mass."""
    return _by_mass(
        "optima", target, _search(target, max(starts, chains), keep=chains), chains, mass
    )


def at_evidence(
    target: Target,
    chains: int,
    starts: int,
    mass: str,
    *,
    kind: str = "evidence",
    draws: xr.DataTree | None = None,
) -> WarmStart:
    """Chains at the weights that go with the scales of highest evidence, of distinct climbs.

    The climbs are from prior draws, or from the likeliest of the `draws`.
    """
    dens, x, y, temper = target.dens, target.x, target.y, target.temper
    tops = evidence_optima(
        dens, x, y, starts=starts, seed=target.seed, temper=temper, label="evidence", draws=draws
    )
    theta = np.stack([top.theta for top in tops])
    evidence = np.array([top.log_evidence for top in tops])
    groups = copies(evidence, outputs(dens, theta, x), np.zeros(len(tops), bool))
    power = jnp.asarray(temper)
    loss = [-float(dens.log_joint(jnp.asarray(at), x, y, power)) / target.power for at in theta]
    ends = Optimum(theta, np.array(loss), *np.zeros((3, len(tops))))
    found = Found(ends, groups, evidence[[group[0] for group in groups]], 0)
    with threadpool_limits(1, user_api="blas"):
        return _by_mass(
            kind, target, found, chains, mass,
            curvature=lambda target, at: precision_at(dens, at, x, y, temper),
        )  # fmt: skip


def at_modes(target: Target, chains: int, starts: int, mass: str) -> WarmStart:
    """Two chains or more at each of the best distinct optima, whatever their mass."""
    tried = max(starts, chains)
    found = _search(target, tried, keep=tried)
    arrived = np.array([found.optima.converged[members].any() for members in found.groups])
    chosen = np.flatnonzero(arrived | ~arrived.any())[: max(1, chains // 2)]
    return _share("modes", target, found, np.resize(chosen, chains), mass)


def at_draws(target: Target, draws: xr.DataTree, chains: int, starts: int, mass: str) -> WarmStart:
    """Chains at the distinct optima with mass reached from the likeliest of some draws.

    At those of the evidence where a joint mode would miss the posterior.
    """
    size = draws["posterior"].sizes
    kind = f"draws of {provenance_of(draws).method}"
    tried = max(min(max(starts, chains), size["chain"] * size["draw"]), chains)
    if starts_at_evidence(target.dens, target.x, method="nuts"):
        return at_evidence(target, chains, tried, mass, kind=kind, draws=draws)
    found = _search(target, tried, keep=chains, theta=starts_from(target.dens, draws, tried))
    return _by_mass(kind, target, found, chains, mass)


class Found(NamedTuple):
    """Distinct optima, their copies, and what each weighs."""

    optima: Optimum  # settled, copies included
    groups: list[np.ndarray]  # places of the copies of each distinct optimum, highest first
    evidence: np.ndarray  # Laplace's, of each distinct optimum
    passed: int  # distinct optima so far below in evidence that they were not settled


def _search(target: Target, starts: int, *, keep: int, theta: np.ndarray | None = None) -> Found:
    """Distinct optima; the `keep` best of all, copies included, and one of each other at least."""
    dens, x, y = target.dens, target.x, target.y
    with progress("optima", starts + keep) as advance:
        coarse = coarse_optima(
            dens, x, y, starts=starts, seed=target.seed, temper=target.temper, theta=theta,
            advance=advance,
        )  # fmt: skip
        order = ranked(coarse)
        coarse = take(coarse, order[np.isfinite(np.asarray(coarse.loss)[order])])
        first = np.arange(min(keep, len(coarse.loss)))
        others, passed = _candidates(target, coarse, first)
        chosen = take(coarse, np.concatenate([first, others]))
        end = settled(dens, chosen, x, y, temper=target.temper, advance=advance)
    height = _log_joint(target, end)
    groups = copies(height, outputs(dens, end.theta, x), np.asarray(end.converged))
    # copies of one optimum serve different chains: those of the `keep` best, as many as there are
    kept = [members[members < len(first)] for members in groups]
    groups = [g if len(g) else members[:1] for g, members in zip(kept, groups, strict=True)]
    evidence = np.array([_evidence(target, end.theta[g[0]], height[g[0]]) for g in groups])
    return Found(end, groups, evidence, passed)


def _candidates(target: Target, coarse: Optimum, first: np.ndarray) -> tuple[np.ndarray, int]:
    """Coarse optima that are no copies of the `first`, those of most evidence, and how many not."""
    height = _log_joint(target, coarse)
    functions = outputs(target.dens, coarse.theta, target.x)
    rough = np.zeros(len(height), bool)
    groups = copies(height, functions, rough)
    new = np.array([g[0] for g in groups if not np.isin(g, first).any()], int)
    if target.dens.size > NEWTON_SIZE:  # curvature is dear: by height
        return new[: len(first)], len(new[len(first) :])
    evidence = np.array([_evidence(target, coarse.theta[i], height[i]) for i in new])
    best = max([*evidence, _evidence(target, coarse.theta[0], height[0])])
    order = np.argsort(-evidence, kind="stable")
    order = order[evidence[order] > best - NEGLIGIBLE - SLACK][:MOST]
    return np.sort(new[order]), len(new) - len(order)


def _log_joint(target: Target, optima: Optimum) -> np.ndarray:
    return -np.asarray(optima.loss) * target.power


def _evidence(target: Target, theta: Any, height: Any) -> float:
    h = _curvature(target, theta)
    volume = 0.5 * inverse_root(h, FLOOR).log_det
    return float(height + 0.5 * target.dens.size * np.log(2 * np.pi) - volume)


def _curvature(target: Target, theta: Any) -> np.ndarray:
    return np.asarray(hessian(target.dens, theta, target.x, target.y, target.temper))


def _by_mass(
    kind: str, target: Target, found: Found, chains: int, mass: str, **options: Any
) -> WarmStart:
    """Share the chains among the distinct optima whose evidence is not negligible, in turn.

    Copies of the best take turns as well where it is alone. Are there more optima than chains,
    those of most evidence get one each.
    """
    heavy = np.flatnonzero(found.evidence >= found.evidence.max() - NEGLIGIBLE)
    if len(heavy) > chains:
        heavy = np.sort(heavy[np.argsort(-found.evidence[heavy], kind="stable")[:chains]])
    return _share(kind, target, found, np.resize(heavy, chains), mass, **options)


def _share(
    kind: str,
    target: Target,
    found: Found,
    mode: np.ndarray,
    mass: str,
    *,
    curvature: Callable[[Target, Any], np.ndarray] | None = None,
) -> WarmStart:
    """Chain c at a copy of the distinct optimum ``mode[c]``, each chain at the next copy.

    Each is whitened by `curvature` there, the Hessian by default.
    """
    turn = [int((mode[:c] == m).sum()) for c, m in enumerate(mode)]
    place = [found.groups[m][t % len(found.groups[m])] for m, t in zip(mode, turn, strict=True)]
    theta = np.asarray(found.optima.theta)[place]
    height = _log_joint(target, found.optima)[[g[0] for g in found.groups]]
    heavy = np.flatnonzero(found.evidence >= found.evidence.max() - NEGLIGIBLE)
    start = Start(
        kind, *(tuple(v.tolist()) for v in (mode, height, found.evidence)),
        optima=len(found.groups) + found.passed,
        left_out=len(np.setdiff1d(heavy, mode)),
    )  # fmt: skip
    # copies have one curvature up to a permutation, but each its own numbers
    measure = curvature or _curvature
    own = {p: measure(target, found.optima.theta[p]) for p in set(place)}
    roots = _roots(target.dens, [own[p] for p in place], mass)
    return WarmStart(theta, roots, start, whitened=True)


def _roots(dens: Density, curvature: list[np.ndarray], mass: str) -> dict[str, np.ndarray]:
    blocks, diagonal = blocks_of(dens, mass), mass == "diagonal"
    each = [inverse_roots(h, blocks, diagonal=diagonal, floor=FLOOR) for h in curvature]
    return {name: np.stack([roots[name] for roots in each]) for name in blocks}
