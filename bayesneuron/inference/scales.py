"""How scales are estimated, of the noise and of a learnt prior: the choice, and the search.

See `bayesneuron.inference.evidence`.
"""

from typing import Any

import jax
import numpy as np
import xarray as xr
from threadpoolctl import threadpool_limits

from bayesneuron.inference.dense_layers import has_dense_layers
from bayesneuron.inference.evidence import EvidenceOptimum, climb_evidence, hyperparameters
from bayesneuron.inference.starts import prior_starts, starts_from
from bayesneuron.inference.wide_evidence import climb_wide
from bayesneuron.network.density import Density
from bayesneuron.network.tracing import needed_of, sites_of
from bayesneuron.numerics.blocks import run_blocks
from bayesneuron.numerics.checks import check_choice, check_memory
from bayesneuron.numerics.progress import progress
from bayesneuron.numerics.warn import warn_once

SCALES = ("joint", "evidence")
CLIMBS = 4  # of the evidence at most: from most starts it ends within a nat of its highest
LARGEST = 2500  # free numbers with a full determinant: its time grows as their cube
KRONECKER = 500  # free numbers above which dense layers have a Kronecker determinant


def check_scales(scales: str | None) -> None:
    """Raise ValueError if `scales` is no way to estimate them."""
    if scales is not None:
        check_choice("scales", scales, SCALES)


def way_of(dens: Density, scales: str | None, x: jax.Array, *, method: str) -> str:
    """How scales are estimated: as asked for, or by the evidence where the prior learns some.

    A large network that is not of dense layers has them at the joint mode, with a warning.

    Raises
    ------
    ValueError
        If the evidence is asked for and there is no scale, of the noise or of the prior.
    """
    some = len(hyperparameters(dens)) > 0
    if scales == "evidence" and not some:
        raise ValueError(
            f"scales: expected a model with a scale to estimate for 'evidence', got {dens.model}"
        )
    if scales is not None or not (some and dens.scaled):
        return scales or "joint"
    if dens.size <= LARGEST or has_dense_layers(dens, x):
        return "evidence"
    warn_once(
        f"{method}: scales are those of the joint mode, which may fit the noise; the time of "
        f"scales='evidence' grows as the cube of the {dens.size} free numbers, as not all are "
        "weights of dense layers"
    )
    return "joint"


def is_wide(dens: Density, x: jax.Array) -> bool:
    """Whether the evidence has the determinant of the Kronecker structure."""
    return dens.size > KRONECKER and has_dense_layers(dens, x)


def highest_evidence(dens: Density, x: jax.Array, y: jax.Array, **search: Any) -> EvidenceOptimum:
    """The scales of highest evidence, and the weights that go with them; see `evidence_optima`."""
    return max(evidence_optima(dens, x, y, **search), key=lambda top: top.log_evidence)


def evidence_optima(
    dens: Density,
    x: jax.Array,
    y: jax.Array,
    *,
    starts: int,
    seed: int,
    temper: float | np.ndarray,
    label: str,
    draws: xr.DataTree | None = None,
) -> list[EvidenceOptimum]:
    """Optima of the evidence from several prior draws, copies included; one where it is wide.

    They are sought from the likeliest of the `draws` where there are some.
    """
    wide = is_wide(dens, x)
    if not wide:
        _check_jacobian(dens, x, y)
    climb_from: Any = climb_wide if wide else climb_evidence
    count = 1 if wide else min(starts, CLIMBS)
    if draws is None:
        first = prior_starts(dens, x, jax.random.fold_in(jax.random.key(seed), 3), count)
    else:
        first = starts_from(dens, draws, count)
    if wide and np.ndim(temper):  # one power for all rows that count
        counted = np.flatnonzero(temper)
        x, y, temper = x[counted], y[counted], float(np.max(temper))

    def climb(k: int) -> EvidenceOptimum:
        top = climb_from(dens, first[k], x, y, temper)
        advance(1)
        return top

    # the threads of BLAS and of XLA would crowd each other
    with progress(label, count) as advance, threadpool_limits(1, user_api="blas"):
        return run_blocks(climb, range(count))


def _check_jacobian(dens: Density, x: jax.Array, y: jax.Array) -> None:
    """Raise ValueError if the derivatives of all outputs by all weights do not fit into memory.

    The gradient of the determinant holds about three of them.
    """
    outputs = y[0].size if y.ndim > 1 else 1
    remedy = "scales='joint' needs none of them, where the estimator has it; or take fewer rows"
    check_memory("x, scales by the evidence: rows", len(x), 3 * outputs * dens.size, remedy=remedy)


def starts_at_evidence(dens: Density, x: jax.Array, *, method: str) -> bool:
    """Whether draws around the joint mode of weights and scales would miss the posterior.

    Where each neuron has a scale, a joint mode switches none off. Where the noise has a scale
    beside a prior that learns its width, it follows the weights to zero at the joint mode.
    """
    layout = dens.model.layout
    others = needed_of(sites_of(dens.model, x.shape)) - set(layout.sites)
    scaled = bool(layout.scales or (dens.scaled and others))
    return scaled and way_of(dens, None, x, method=method) == "evidence"
