"""Replicates of a bootstrap by number: replicate r is the same whatever the others."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from bayesneuron.draws.free_vectors import flatten_sites
from bayesneuron.draws.provenance import Start
from bayesneuron.draws.tree import Fit, sites_of_draws
from bayesneuron.inference.evidence import (
    EvidenceOptimum,
    hyperparameter_sites,
    hyperparameters,
)
from bayesneuron.inference.failures import check_lost
from bayesneuron.inference.filled import with_copies
from bayesneuron.inference.optimise import Optimum
from bayesneuron.inference.optimizers import Optimizer, name_of
from bayesneuron.inference.past import past_powers
from bayesneuron.inference.recorded import recorded
from bayesneuron.inference.resampling import resample, subsample_spread
from bayesneuron.inference.scales import highest_evidence, way_of
from bayesneuron.inference.starts import find_optima, prior_starts
from bayesneuron.inference.training import Sample, train
from bayesneuron.network.density import Density, density
from bayesneuron.network.model import Model
from bayesneuron.numerics.lanes import LANES
from bayesneuron.numerics.precision import double
from bayesneuron.numerics.work import HERE, Work

SPAN = 64 * LANES  # most replicates whose samples are in memory at once
OPTIONS = (
    "scheme", "block_length", "fraction", "optimizer", "prior", "start", "temper", "scales",
    "pad_to",
)  # fmt: skip
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
    past : int or None
        First observations that are drawn from; None: all. The arrays keep their length.
    pad_to : int or None
        Length to which the arrays were filled up.
    most : int
        Replicates that are trained together, rounded down to whole blocks of lanes.
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
    past: int | None = None
    pad_to: int | None = None
    most: int = SPAN

    def samples(self, first: int, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows and weights of replicates `first`, …, each (replicate, m); weight 0 to fill up."""
        past = len(self.x) if self.past is None else self.past
        length, recording = self.block_length, self.recording
        rows, weights = resample(
            self.scheme, past, count, first=first, seed=self.seed, fraction=self.fraction,
            block_length=length if length is None or self.past is None else min(length, past),
            recording=None if recording is None else recording[:past],
        )  # fmt: skip
        share = self.fraction if self.scheme == "subsample" else 1.0
        spare = ((0, 0), (0, round(share * len(self.x)) - rows.shape[1]))
        return np.pad(rows, spare), np.pad(weights, spare)

    @property
    def sampled(self) -> int:
        """Rows of a sample that do not fill it up."""
        past = len(self.x) if self.past is None else self.past
        return round(self.fraction * past) if self.scheme == "subsample" else past

    @property
    def powers(self) -> np.ndarray | float:
        """Power of the likelihood, of each observation where only the first count."""
        return self.temper if self.past is None else past_powers(self.temper, self.x, self.past)

    @property
    def span(self) -> int:
        """Replicates that are trained together, whole blocks of lanes."""
        blocks = NUMBERS // (3 * len(self.x) * LANES)  # rows, weights, and their sums by row
        return LANES * max(1, min(blocks, self.most // LANES))

    def spans(self, first: int, count: int) -> Iterator[range]:
        """Numbers from `first` to `count`, in spans that begin with a whole block of lanes."""
        for begin in range(first // LANES * LANES, count, self.span):
            yield range(begin, min(begin + self.span, count))


def replicates_of(
    model: Model,
    x: np.ndarray,
    y: np.ndarray,
    recording: np.ndarray | None,
    seed: int,
    *,
    pad_to: int | None = None,
    **options: Any,
) -> Replicates:
    """Replicates on x and y, whose arrays are filled up to `pad_to` rows."""
    options |= {"pad_to": pad_to, "past": None if pad_to is None else len(x)}
    return Replicates(model, *with_copies(x, y, pad_to), recording, seed, **options)


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
    sample = Sample(
        rows, weights, plan.temper, plan.x, plan.y, begun.held, numbers.start, plan.sampled
    )
    return train(
        plan.model, sample, double(begun.theta)(numbers), plan.optimizer, prior=plan.prior,
        seed=plan.seed, chunk=chunk, advance=advance, work=work,
    )  # fmt: skip


def details_of(plan: Replicates, begun: Begun, count: int) -> dict[str, Any]:
    """What draws say of how they were made."""
    past = len(plan.x) if plan.past is None else plan.past
    spread = {"fraction": plan.fraction, "spread": subsample_spread(plan.sampled, past)}
    options = {name: getattr(plan, name) for name in OPTIONS}
    return {
        "scheme": plan.scheme,
        "optimizer": name_of(plan.optimizer),
        **asdict(plan.optimizer),
        "prior": int(plan.prior),
        "temper": plan.temper,
        **begun.details,
        **({"block_length": plan.block_length} if plan.scheme == "block" else {}),
        **(spread if plan.scheme == "subsample" else {}),
        **recorded(replicates=count, **options),
    }


def check_trained(failed: int, count: int, work: Work) -> None:
    """Stop where more than half of the replicates failed."""
    check_lost("bootstrap: expected a finite loss", failed, count, "replicates", work=work)


def fit_of(plan: Replicates, optima: Optimum, details: dict[str, Any], first: int = 0) -> Fit:
    """Replicates with a finite loss, and the numbers of the others."""
    theta, loss = np.asarray(optima.theta), np.asarray(optima.loss)
    good = np.isfinite(loss) & np.isfinite(theta).all(axis=1)
    stats = {
        "replicate": first + np.flatnonzero(good),
        "loss": loss[good],
        "grad_norm": np.asarray(optima.grad_norm)[good],
        "converged": np.asarray(optima.converged)[good],
        "steps": np.asarray(optima.steps)[good],
    }
    return Fit(
        theta[good][None],
        {name: values[None] for name, values in stats.items()},
        {**details, "failed": [first + int(r) for r in np.flatnonzero(~good)]},
        independent=True,
        start=Start(plan.start if isinstance(plan.start, str) else "given"),
    )


def _begin(plan: Replicates) -> Begun:
    data = jnp.asarray(plan.x), jnp.asarray(plan.y)
    options: dict[str, Any] = {"starts": 25, "seed": plan.seed, "temper": plan.powers}
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
