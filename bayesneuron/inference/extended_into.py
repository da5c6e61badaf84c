"""Draws of a file with more of them, in a file: memory does not grow with their number."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jax
import numpy as np
import xarray as xr

from bayesneuron.data.recordings import recording_of
from bayesneuron.draws.appended import Growing, growing, open_lazily
from bayesneuron.draws.provenance import Provenance, provenance_of, with_provenance
from bayesneuron.draws.tree import build_tree, theta_of
from bayesneuron.inference._bootstrap import warn_of
from bayesneuron.inference.longer import longer_ensemble, longer_nuts
from bayesneuron.inference.nuts_fit import warn_of_divergences, with_depth
from bayesneuron.inference.recorded import CALL, recorded
from bayesneuron.inference.replicates import begin, details_of, fit_of, replicates_of, train_span
from bayesneuron.inference.streamed_chains import Chains, bytes_of
from bayesneuron.network.density import density
from bayesneuron.network.model import Model
from bayesneuron.numerics.lanes import LANES
from bayesneuron.numerics.precision import double
from bayesneuron.numerics.progress import progress
from bayesneuron.numerics.warn import warn_once
from bayesneuron.numerics.work import Work

LONGER = {"nuts": longer_nuts, "ensemble": longer_ensemble}
CLOSE = 1e-6  # relative difference of draws that are made again: other processors round differently
OVERLAP = LANES  # replicates that are made again, to see that they are the same


@dataclass(frozen=True)
class Old:
    """Draws that are there, and the call that made so many of them.

    `data` is x and y with their labels, `arrays` without.
    """

    draws: xr.DataTree
    provenance: Provenance
    call: Mapping[str, Any]
    there: int
    model: Model
    data: tuple[Any, Any]
    arrays: tuple[np.ndarray, np.ndarray]

    @property
    def seed(self) -> int:
        """Of the call."""
        return self.provenance.seed or 0


def extended_into(path: str | Path, old: Old, more: int, work: Work) -> xr.DataTree:
    """The old draws and `more` of each chain in a file; see `bayesneuron.extend`."""
    size = old.draws["posterior"].sizes
    draws = size["chain"] * (size["draw"] + more)
    with growing(path, bytes_of(old.model, old.arrays[0], draws)) as file:
        file.copy(old.draws)
        if old.provenance.method in LONGER:
            _chains(file, old, more, work)
        else:
            _replicates(file, old, more, work)
    tree = open_lazily(path)
    if old.provenance.method == "bootstrap":
        warn_of(provenance_of(tree).details, tree["sample_stats"]["converged"].to_numpy())
    return tree


def check_same(draws: xr.DataTree, again: xr.DataTree) -> None:
    """Raise ValueError unless draws are those that were made again."""
    made = again["posterior"].dataset
    for name, values in draws["posterior"].data_vars.items():
        old, new = values.to_numpy(), made[name].to_numpy()
        if not np.allclose(old, new, rtol=CLOSE, atol=CLOSE):
            raise ValueError(
                f"draws: expected those that this call makes, got others in {name!r}: they were "
                "changed, or made by other versions"
            )


def _replicates(file: Growing, old: Old, more: int, work: Work) -> None:
    began, there = time.perf_counter(), old.there
    recording = recording_of(*reversed(old.data))
    plan = replicates_of(old.model, *old.arrays, recording, old.seed, **old.call)
    begun, first, failed = begin(plan), max(0, there - OVERLAP), []
    details = details_of(plan, begun, there + more)
    numbered = old.draws["sample_stats"]["replicate"].to_numpy()[0]
    with progress("bootstrap", there + more - first) as advance:
        for numbers in plan.spans(first, there + more):
            optima = train_span(plan, begun, numbers, advance=advance, work=work)
            fit = fit_of(plan, optima, details, numbers.start)
            failed += [r for r in fit.details["failed"] if r >= there]
            if not fit.theta.size:
                continue
            made = build_tree(old.model, fit, *old.data, method="bootstrap", seed=old.seed)
            replicate = made["sample_stats"]["replicate"].to_numpy()[0]
            again = np.isin(replicate, numbered)
            places = np.flatnonzero(np.isin(numbered, replicate[again]))
            check_same(old.draws.isel(draw=places), made.isel(draw=again))
            if (replicate >= there).any():
                file.append(made.isel(draw=replicate >= there))
    failed = [int(r) for r in np.atleast_1d(old.provenance.details["failed"])] + failed
    _finish(file, old, details | {"failed": failed}, time.perf_counter() - began)


def _chains(file: Growing, old: Old, more: int, work: Work) -> None:
    provenance, there = old.provenance, old.there
    stats = old.draws["sample_stats"]
    first = dict(enumerate(double(_first)(old)))
    moved = set(first) if there > 1 else set()
    diverging = stats["diverging"].sum("draw").to_numpy()
    own = Chains(
        file, old.model, old.data, provenance.method, old.seed, _more_of(old), first, moved,
        diverged={k: int(count) for k, count in enumerate(diverging)},
    )  # fmt: skip
    call = {**old.call, "samples": there}
    longer = LONGER[provenance.method]
    fit = longer(old.draws, call, old.model, old.arrays, old.seed, more, work, write=own.write)
    calls = recorded(**json.loads(old.draws.attrs[CALL]) | {"samples": there + more})
    details, state = {**provenance.details, **fit.details, **calls}, dict(fit.state or {})
    if provenance.method == "ensemble":
        lost = own.failed(None, rows=len(old.arrays[0]))
        if lost.all():
            raise ValueError("draws: expected finite draws that move, got none any more")
        if lost.any():
            members, kept = stats["member"].to_numpy()[:, 0], np.flatnonzero(~lost)
            own.keep(kept)
            state = {name: leaf[kept] for name, leaf in state.items()}
            failed = [*np.atleast_1d(details["failed"]), *members[lost]]
            details["failed"] = sorted(int(m) for m in failed)
            details["epochs"] = np.atleast_1d(details["epochs"])[kept].tolist()
            warn_once(f"ensemble: members {members[lost].tolist()} failed and are left out")
    details["divergences"] = sum(own.diverged.values())
    warn_of_divergences(provenance.method, details["divergences"], len(own.first) * file.count)
    size = 8 * file.count * sum(row.size for row in own.first.values())
    details["seconds"] = provenance.details["seconds"] + fit.details["seconds"]
    own.finish_as(_attrs(old, details), state, size)


def _first(old: Old) -> np.ndarray:
    """θ of the first draw of every chain, as single precision has it."""
    dens = density(old.model, *(jax.numpy.asarray(v) for v in old.arrays))
    theta = theta_of(dens, old.draws.isel(draw=slice(1)))
    return theta.astype(np.float32) if old.provenance.method == "ensemble" else theta


def _more_of(old: Old) -> Any:
    if old.provenance.method == "nuts":
        most = old.call["max_tree_depth"]
        return lambda chain, stats: with_depth(stats, most)
    members = old.draws["sample_stats"]["member"].to_numpy()[:, 0]
    return lambda chain, stats: {**stats, "member": np.full(len(stats["lp"]), members[chain])}


def _finish(file: Growing, old: Old, details: Mapping[str, Any], seconds: float) -> None:
    seconds += old.provenance.details["seconds"]
    file.finish(_attrs(old, {**details, "seconds": seconds}))


def _attrs(old: Old, details: Mapping[str, Any]) -> dict[str, Any]:
    provenance = replace(old.provenance, details=dict(details))
    attrs = with_provenance(xr.DataTree(), provenance).attrs
    return {str(name): value for name, value in attrs.items()}
