"""A bootstrap whose draws go to a file as they come, so that memory does not grow with them."""

import time
from pathlib import Path
from typing import Any

import xarray as xr

from bayesneuron.draws.appended import growing, open_lazily
from bayesneuron.draws.tree import build_tree, numbers_of
from bayesneuron.inference.replicates import (
    Replicates,
    begin,
    check_trained,
    details_of,
    fit_of,
    train_span,
)
from bayesneuron.numerics.progress import progress
from bayesneuron.numerics.work import Work

STATS = 6  # numbers of a replicate beside its weights


def bootstrap_into(
    path: str | Path,
    plan: Replicates,
    count: int,
    data: tuple[Any, Any],
    *,
    chunk: int | None,
    work: Work,
) -> xr.DataTree:
    """Replicates 0, …, `count - 1` in a file of draws; see `bayesneuron.bootstrap`."""
    began = time.perf_counter()
    failed: list[int] = []
    numbers_each = numbers_of(plan.model, plan.x) + STATS
    with growing(path, 8 * numbers_each * count) as file:
        begun = begin(plan)
        details = details_of(plan, begun, count)
        with progress("bootstrap", count) as advance:
            for numbers in plan.spans(0, count):
                optima = train_span(plan, begun, numbers, chunk=chunk, advance=advance, work=work)
                fit = fit_of(plan, optima, details, numbers.start)
                failed += fit.details["failed"]
                if fit.theta.size:
                    made = build_tree(plan.model, fit, *data, method="bootstrap", seed=plan.seed)
                    file.append(made)
        check_trained(len(failed), count, work)
        file.finish({"failed": failed, "seconds": time.perf_counter() - began})
    return open_lazily(path)
