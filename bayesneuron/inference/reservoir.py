"""A bootstrap within a budget of memory: some of its replicates, and the moments of all of them."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from bayesneuron.alignment import align
from bayesneuron.alignment.by_part import moments_by_part, with_moments
from bayesneuron.draws.tree import COPIES, Fit, build_tree, numbers_of
from bayesneuron.inference.replicates import (
    Replicates,
    begin,
    check_trained,
    details_of,
    fit_of,
    train_span,
)
from bayesneuron.numerics.lanes import LANES
from bayesneuron.numerics.progress import progress
from bayesneuron.numerics.warn import warn_once
from bayesneuron.numerics.work import Work

STREAM = 8  # of the seed, by which replicates are kept
RESERVOIR = "reservoir_of"  # detail of draws: replicates that they are a sample of
UNFINISHED = "unfinished"  # and those of them that did not converge


def room_of(plan: Replicates, budget: int) -> int:
    """Replicates whose draws fit into so many bytes, by the estimate of `check_room`."""
    return budget // (8 * COPIES * numbers_of(plan.model, plan.x))


def within(plan: Replicates, budget: int) -> Replicates:
    """The same replicates, so many trained together as fit into half of the budget.

    Raises
    ------
    ValueError
        If one block of them does not.
    """
    each = 8 * (3 * len(plan.x) + COPIES * numbers_of(plan.model, plan.x))
    if (least := 2 * LANES * each) > budget:
        raise ValueError(
            f"memory: expected at least {least:,} bytes, of which {LANES} replicates take half, "
            f"got {budget:,}"
        )
    return replace(plan, most=budget // 2 // each)


class Reservoir:
    """So many replicates of all, a uniform sample: those with the least of random numbers.

    A number depends on the seed and on that of the replicate alone, so that it does not matter in
    what parts replicates come.
    """

    def __init__(self, room: int, seed: int) -> None:
        self.room = room
        self.rng = np.random.default_rng([seed, STREAM])
        self.ranks = np.empty(0)
        self.failed: list[int] = []
        self.unfinished = 0
        self.fit: Fit | None = None

    def add(self, fit: Fit, numbers: range) -> None:
        """The replicates of these numbers, those that did not fail, in their order."""
        ranks = self.rng.random(len(numbers))
        self.failed += fit.details["failed"]
        self.unfinished += int((~fit.stats["converged"]).sum())
        ranks = np.append(self.ranks, ranks[fit.stats["replicate"][0] - numbers.start])
        kept = np.sort(np.argsort(ranks, kind="stable")[: self.room])
        before = self.fit or Fit(fit.theta[:, :0], {k: v[:, :0] for k, v in fit.stats.items()})
        both = lambda old, new: np.concatenate([old, new], axis=1)[:, kept]
        stats = {name: both(before.stats[name], new) for name, new in fit.stats.items()}
        self.ranks = ranks[kept]
        self.fit = replace(fit, theta=both(before.theta, fit.theta), stats=stats)


def bootstrap_within(
    plan: Replicates, count: int, data: tuple[Any, Any], *, room: int, chunk: int | None, work: Work
) -> xr.DataTree:
    """Replicates 0, …, `count - 1`: `room` of them, aligned, with the moments of all."""
    began = time.perf_counter()
    begun = begin(plan)
    details, reservoir = details_of(plan, begun, count), Reservoir(room, plan.seed)

    def parts() -> Iterator[xr.DataTree]:
        with progress("bootstrap", count) as advance:
            for numbers in plan.spans(0, count):
                optima = train_span(plan, begun, numbers, chunk=chunk, advance=advance, work=work)
                fit = fit_of(plan, optima, details, numbers.start)
                reservoir.add(fit, numbers)
                if fit.theta.size:
                    yield build_tree(plan.model, fit, *data, method="bootstrap", seed=plan.seed)
        check_trained(len(reservoir.failed), count, work)

    by_part, good = moments_by_part(parts(), alike=True), count - len(reservoir.failed)
    assert reservoir.fit is not None
    details |= {"failed": reservoir.failed, RESERVOIR: good, UNFINISHED: reservoir.unfinished}
    fit = replace(reservoir.fit, details=details | {"seconds": time.perf_counter() - began})
    tree = build_tree(plan.model, fit, *data, method="bootstrap", seed=plan.seed)
    warn_once(
        f"bootstrap: {len(reservoir.ranks):,} of {good:,} replicates are kept, a uniform sample "
        "that memory= has room for; means and covariances of neurons are of all"
    )
    return with_moments(align(tree, reference=by_part.first), by_part)
