"""The mass of each mode by bridge sampling: how much of the posterior lies there.

Chains that never leave their modes say nothing of the modes' masses by how many they are. Their
draws do, with the density that they were drawn from. For a mode with domain A, unnormalised
density p and a normal q fitted to half of its draws, for any h

    Z_A = E_q[1_A h p] / E_{p|A}[h q],

where the second mean is over the other half. h = 1 / (s₁ p + s₂ Z_A q) has the least error, and
is found by iterating. A is the part of one aligned copy that is closer to this mode than to
any other, so the domains share the space among them, modulo symmetry, and nothing counts twice.

References
----------
Meng and Wong, "Simulating ratios of normalizing constants via a simple identity", Statistica
Sinica 1996; Gronau et al., "A tutorial on bridge sampling", Journal of Mathematical Psychology
2017.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
import xarray as xr

from bayesneuron.alignment._align import reference_of
from bayesneuron.alignment.match import Reference, match
from bayesneuron.draws.free_vectors import flatten_sites, sites_of_theta
from bayesneuron.draws.provenance import provenance_of
from bayesneuron.draws.tree import data_of, has_data, sites_of_draws
from bayesneuron.network.arrays import as_arrays
from bayesneuron.network.density import Density, density, log_joints
from bayesneuron.network.layout import Layout
from bayesneuron.network.model import Model
from bayesneuron.numerics.precision import double

RELIABLE = 0.3  # largest relative error of a mode's integral
FEWEST = 5  # draws in half of a mode for each dimension of θ
BLOCKS = 4  # of each chain; halves are two of them
PROPOSALS = 2000
LARGEST = 200  # dimensions beyond which a normal misses too much to be tried
SAME = 1e-3  # nats by which the density of a copy may differ


class Normal(NamedTuple):
    """A normal in θ."""

    mean: np.ndarray
    root: np.ndarray  # Cholesky factor of the covariance

    def log_density(self, theta: np.ndarray) -> np.ndarray:
        """Log density at each θ, (draw,)."""
        z = np.linalg.solve(self.root, (theta - self.mean).T)
        volume = np.log(np.diag(self.root)).sum() + 0.5 * len(self.mean) * np.log(2 * np.pi)
        return -0.5 * (z**2).sum(axis=0) - volume

    def draw(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Draw θ, (count, size)."""
        return self.mean + rng.normal(size=(count, len(self.mean))) @ self.root.T


def fitted(theta: np.ndarray) -> Normal:
    """The normal of draws, (draw, size)."""
    cov = np.atleast_2d(np.cov(theta.T))
    ridge = 1e-9 * np.trace(cov) / len(cov)
    return Normal(theta.mean(axis=0), np.linalg.cholesky(cov + ridge * np.eye(len(cov))))


def bridge(
    log_ratio: np.ndarray, log_ratio_q: np.ndarray, inside: np.ndarray, effective: float
) -> float:
    """Log of the integral of p over A.

    Parameters
    ----------
    log_ratio : ndarray, shape (draw,)
        log p - log q at draws of p restricted to A.
    log_ratio_q : ndarray, shape (proposal,)
        The same at draws of q.
    inside : ndarray of bool, shape (proposal,)
        Whether these are in A.
    effective : float
        Effective number of the first.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> z, q = rng.normal(size=20000), rng.normal(size=20000) * 1.2
    >>> ratio = lambda v: -0.5 * v**2 - (-0.5 * (v / 1.2) ** 2 - np.log(1.2))
    >>> half = bridge(ratio(z[z > 0]), ratio(q), q > 0, 1e4)  # of a normal: half its integral
    >>> bool(abs(half - np.log(0.5)) < 0.02)
    True
    """
    shift = np.median(log_ratio)
    of_p = np.exp(np.clip(log_ratio - shift, -500, 500))
    of_q = np.where(inside, np.exp(np.clip(log_ratio_q - shift, -500, 500)), 0.0)
    s1 = effective / (effective + len(of_q))
    s2, z = 1 - s1, 1.0
    for _ in range(1000):
        new = np.mean(of_q / (s1 * of_q + s2 * z)) / np.mean(1 / (s1 * of_p + s2 * z))
        if not new > 0:
            return -np.inf
        if abs(np.log(new / z)) < 1e-8:
            break
        z = new
    return float(np.log(z) + shift)


class Masses(NamedTuple):
    """Share of the posterior in each mode and its relative error; NaN where not reliable."""

    mass: np.ndarray
    error: np.ndarray


@double
def masses_of(
    trees: Sequence[xr.DataTree], judged: np.ndarray, *, model: Model | None = None, seed: int = 0
) -> Masses:
    """Weigh modes by the integrals of the posterior density over their domains.

    Parameters
    ----------
    trees : sequence of DataTree
        Aligned draws of each mode, numbered alike.
    judged : ndarray of bool, shape (mode,)
        Modes whose draws can be judged; the others get no mass.
    model : Model, optional
        Of the draws; without it nothing is known.
    seed : int
    """
    unknown = Masses(np.full(len(trees), np.nan), np.full(len(trees), np.nan))
    at = np.flatnonzero(judged)
    if len(trees) == 1:
        return Masses(np.ones(1), np.zeros(1))
    if model is None or not has_data(trees[0]) or not len(at):
        return unknown
    try:
        problem = Problem(model, [tree for tree, use in zip(trees, judged, strict=True) if use])
    except _UnsuitedError:
        return unknown
    rng = np.random.default_rng(seed)
    log_z = np.array([problem.integral(m, rng) for m in range(len(at))])  # (mode, half)
    spread = log_z.std(axis=1, ddof=1) if log_z.shape[1] > 1 else np.full(len(at), np.inf)
    unknown.error[at] = np.where(np.isfinite(spread), spread, np.nan)
    if not (spread <= RELIABLE).all():
        return unknown
    mean = log_z.mean(axis=1)
    mass = np.zeros(len(trees))
    mass[at] = np.exp(mean - mean.max())
    mass[~judged] = np.nan if not judged.all() else 0.0
    return Masses(mass / np.nansum(mass), unknown.error)


class _UnsuitedError(Exception):
    """Draws from which no integral can be had."""


class Problem:
    """Modes as draws of θ with a log density, and the domains that share the space."""

    def __init__(self, model: Model, trees: Sequence[xr.DataTree]) -> None:
        provenance = provenance_of(trees[0])
        self.layout: Layout = provenance.layout
        if self.layout.continuous:  # one function is a continuum of weights, all of them alike
            raise _UnsuitedError
        inputs, targets = as_arrays(model, *data_of(trees[0]))
        self.x, self.y = jnp.asarray(inputs), jnp.asarray(targets)
        self.dens: Density = density(model, self.x, self.y)
        self.temper = float(provenance.details.get("temper", 1.0))
        self.references: list[Reference] = [reference_of(t, self.layout) for t in trees]
        self.shapes = [t["posterior"].sizes for t in trees]
        try:
            self.theta = [flatten_sites(self.dens, sites_of_draws(t)) for t in trees]
        except ValueError as error:
            raise _UnsuitedError from error
        least = 2 * FEWEST * self.dens.size
        if self.dens.size > LARGEST or min(len(t) for t in self.theta) < least:
            raise _UnsuitedError
        self._check_copies(trees[0])
        self.height = [self.log_joint(t) for t in self.theta]
        self.whole = [fitted(t) for t in self.theta]
        self.inside = [self.domain(t) == m for m, t in enumerate(self.theta)]

    def _check_copies(self, tree: xr.DataTree) -> None:
        """Moved draws must be as likely as those drawn; a flipped logistic neuron is not."""
        if "sample_stats" not in tree.children or "lp" not in tree["sample_stats"]:
            return
        drawn = np.asarray(tree["sample_stats"]["lp"]).ravel()[:50]
        if np.abs(self.log_joint(self.theta[0][:50]) - drawn).max() > SAME * (
            1 + np.abs(drawn).max()
        ):
            raise _UnsuitedError

    def log_joint(self, theta: np.ndarray) -> np.ndarray:
        """Log density of the posterior, not normalised, (draw,); -inf where it overflows."""
        padded = np.pad(theta, ((0, -len(theta) % 500), (0, 0)), mode="edge")  # one compilation
        parts = [
            np.asarray(log_joints(self.dens, jnp.asarray(part), self.x, self.y, self.temper))
            for part in np.split(padded, len(padded) // 500)
        ]
        value = np.concatenate(parts)[: len(theta)]
        return np.where(np.isfinite(value), value, -np.inf)

    def domain(self, theta: np.ndarray, own: int | None = None) -> np.ndarray:
        """The mode in whose domain each θ lies; -1 where it is not aligned to that one."""
        sites = sites_of_theta(self.dens, theta[None], np.asarray(self.x))
        flat = {k: v[0] for k, v in sites.items()}
        weights = {k: flat[k] for k in self.layout.sites}
        scores, still = [], []
        for reference, normal in zip(self.references, self.whole, strict=True):
            moved, moves = match(self.layout, weights, reference, search=True)
            scores.append(normal.log_density(flatten_sites(self.dens, flat | dict(moved))))
            still.append(
                np.all(
                    [
                        (mv.order == np.arange(mv.order.shape[1])).all(1) & (mv.sign > 0).all(1)
                        for mv in moves.values()
                    ],
                    axis=0,
                )
                if moves
                else np.ones(len(theta), bool)
            )
        nearest = np.argmax(scores, axis=0)
        return np.where(np.array(still)[nearest, np.arange(len(theta))], nearest, -1)

    def integral(self, mode: int, rng: np.random.Generator) -> np.ndarray:
        """Log of the integral over the domain of a mode, one per way to halve its draws."""
        chains, draws = (self.shapes[mode][d] for d in ("chain", "draw"))
        block = np.tile(np.arange(draws) * BLOCKS // draws, chains)
        theta, height, inside = self.theta[mode], self.height[mode], self.inside[mode]
        estimates = []
        for half in combinations(range(BLOCKS), BLOCKS // 2):
            fit = np.isin(block, half)
            rest = ~fit & inside
            if rest.sum() < FEWEST * self.dens.size:
                return np.full(len(list(combinations(range(BLOCKS), BLOCKS // 2))), np.nan)
            q = fitted(theta[fit])
            proposed = q.draw(PROPOSALS, rng)
            estimates.append(
                bridge(
                    height[rest] - q.log_density(theta[rest]),
                    self.log_joint(proposed) - q.log_density(proposed),
                    self.domain(proposed) == mode,
                    rest.sum() / 2,
                )
            )
        return np.array(estimates)
