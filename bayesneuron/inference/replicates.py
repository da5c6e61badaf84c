"""Replicates of a bootstrap by number: replicate r is the same whatever the others."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from bayesneuron.draws.free_vectors import flatten_sites
from bayesneuron.draws.tree import sites_of_draws
from bayesneuron.inference.evidence import (
    EvidenceOptimum,
    hyperparameter_sites,
    hyperparameters,
)
from bayesneuron.inference.optimise import Optimum
from bayesneuron.inference.optimizers import Optimizer
from bayesneuron.inference.resampling import resample
from bayesneuron.inference.scales import highest_evidence, way_of
from bayesneuron.inference.starts import find_optima, prior_starts
from bayesneuron.inference.training import Sample, train
from bayesneuron.network.density import Density, density
from bayesneuron.network.model import Model
from bayesneuron.numerics.lanes import LANES
from bayesneuron.numerics.precision import double
from bayesneuron.numerics.work import HERE, Work

SPAN = 64 * LANES  # most replicates whose samples are in memory at once
NUMBERS = 2**26  # most numbers of their samples: half a GiB


@dataclass(frozen=True)
class Replicates:
    """What all replicates share.

    Attributes
    ----------
    model : Model
    x, y : ndarray, shape (observation, ...)
    recording : ndarray, shape (observation,), or None
    seed : int
    scheme, block_length, fraction
        As for `bayesneuron.inference.resampling.resample`.
    optimizer : Adam or Newton
    prior : bool
    start : {"prior", "best"} or DataTree
    temper : float
    scales : {"joint", "evidence"} or None
    """

    model: Model
    x: np.ndarray
    y: np.ndarray
    recording: np.ndarray | None
    seed: int
    scheme: str
    block_length: int | None
    fraction: float
    optimizer: Optimizer
    prior: bool
    start: str | xr.DataTree
    temper: float
    scales: str | None

    def samples(self, first: int, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows and weights of replicates `first`, …, each (replicate, m)."""
        return resample(
            self.scheme, len(self.x), count, first=first, seed=self.seed,
            block_length=self.block_length, fraction=self.fraction, recording=self.recording,
        )  # fmt: skip

    @property
    def span(self) -> int:
        """Replicates that are trained together, whole blocks of lanes."""
        blocks = NUMBERS // (3 * len(self.x) * LANES)  # rows, weights, and their sums by row
        return LANES * min(max(blocks, 1), SPAN // LANES)

    def spans(self, first: int, count: int) -> Iterator[range]:
        """Numbers from `first` to `count`, in spans that begin with a whole block of lanes."""
        for begin in range(first // LANES * LANES, count, self.span):
            yield range(begin, min(begin + self.span, count))


class Begun(NamedTuple):
    """Where replicates start, and the scales that they keep."""

    theta: Callable[[range], np.ndarray]  # (replicate, size)
    held: tuple[str, ...]
    details: dict[str, Any]


def begin(plan: Replicates) -> Begun:
    """Search for what replicates share: scales of the evidence, the best optimum."""
    return double(_begin)(plan)


def train_span(
    plan: Replicates,
    begun: Begun,
    numbers: range,
    *,
    chunk: int | None = None,
    advance: Callable[[int], None] = lambda count: None,
    work: Work = HERE,
) -> Optimum:
    """Train these replicates."""
    rows, weights = plan.samples(numbers.start, len(numbers))
    sample = Sample(rows, weights, plan.temper, plan.x, plan.y, begun.held, numbers.start)
    return train(
        plan.model, sample, double(begun.theta)(numbers), plan.optimizer, prior=plan.prior,
        seed=plan.seed, chunk=chunk, advance=advance, work=work,
    )  # fmt: skip


def _begin(plan: Replicates) -> Begun:
    data = jnp.asarray(plan.x), jnp.asarray(plan.y)
    options: dict[str, Any] = {"starts": 25, "seed": plan.seed, "temper": plan.temper}
    dens = density(plan.model, *data)
    way, top = way_of(dens, plan.scales, data[0], method="bootstrap"), None
    if way == "evidence":
        top = highest_evidence(dens, *data, label="scales by the evidence", **options)
    key = jax.random.fold_in(jax.random.key(plan.seed), 4)
    fixed = None
    if isinstance(plan.start, xr.DataTree):
        fixed = _weights_of(dens, plan.start, top)
    elif plan.start == "best":
        fixed = (
            find_optima(dens, *data, keep=1, **options).theta if top is None else top.theta[None]
        )
    phi = [] if top is None else hyperparameters(dens)

    def theta(numbers: range) -> np.ndarray:
        if fixed is None:
            start = prior_starts(dens, data[0], key, len(numbers), first=numbers.start)
        else:
            start = np.array(fixed[np.arange(numbers.start, numbers.stop) % len(fixed)])
        if top is not None:
            start[:, phi] = top.theta[phi]
        return start

    if top is None:
        return Begun(theta, (), {"scales": way})
    details = {"scales": way, "log_evidence": top.log_evidence}
    return Begun(theta, hyperparameter_sites(dens), details)


def _weights_of(dens: Density, draws: xr.DataTree, top: EvidenceOptimum | None) -> np.ndarray:
    """θ of draws, (draw, size); weights in units of the scales at `top` where there is one."""
    sites = sites_of_draws(draws)
    if top is not None:
        kept = dens.constrain(jnp.asarray(top.theta))
        like = next(iter(sites.values()))
        for name in hyperparameter_sites(dens):
            value = np.asarray(kept[name])
            sites[name] = np.broadcast_to(value, (len(like), *value.shape))
    return flatten_sites(dens, sites)
