"""An estimate made anew from the first rows, by the program that made it from all of them.

The arrays keep their length, and the likelihood of later rows gets the power zero. XLA compiles a
program for each length, which takes longer than most fits of a small network. Options are those
that the draws recorded; samplers take fewer draws.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from bayesneuron.data.recordings import recording_of
from bayesneuron.draws.provenance import Provenance, provenance_of
from bayesneuron.draws.tree import LINEARISED, Fit, build_tree, sites_of_draws
from bayesneuron.inference._bootstrap import fit_of, replicate_starts
from bayesneuron.inference._ensemble import member_starts, run_members
from bayesneuron.inference._laplace import STARTS, laplace_fit
from bayesneuron.inference._svi import Plan as Family
from bayesneuron.inference._svi import svi_fit
from bayesneuron.inference.failures import failed_members
from bayesneuron.inference.members import Training, held_out_rows
from bayesneuron.inference.microcanonical import Plan
from bayesneuron.inference.optimizers import Adam, Newton
from bayesneuron.inference.resampling import resample
from bayesneuron.inference.scales import KRONECKER
from bayesneuron.inference.training import Sample, train
from bayesneuron.network.arrays import as_arrays
from bayesneuron.network.density import density
from bayesneuron.network.model import Model
from bayesneuron.numerics.precision import double
from bayesneuron.reduction.own import CHAINS, own_posterior

SAMPLES = 300  # draws of every chain of a posterior of the past
REPLICATES = 100
SHORTER = 5  # times the warm-up of the fit
LARGEST = KRONECKER  # free numbers: beyond them no dense Hessian for every refit
WORK = 2.0  # work of all refits, in units of that of the fit
QUICK = 20  # refits of small networks that take a tenth of what compiling the first takes
FEWEST_REFITS = 2  # refits, where each takes as long as the fit

Again = Callable[..., xr.DataTree]

RECORDED = {"svi": "starts", "bootstrap": "scales", "ensemble": "patience"}  # by newer versions


def way_to_make(draws: xr.DataTree) -> Again | None:
    """What makes an estimate anew: ``again(model, draws, x, y, rows)``; None where nothing does."""
    return None if why_not_again(draws) else WAYS[provenance_of(draws).method]


def why_not_again(draws: xr.DataTree) -> str | None:
    """Why an estimate is not made anew from what its draws have recorded."""
    provenance = provenance_of(draws)
    details, method = provenance.details, provenance.method
    if provenance.pooled or method not in WAYS:
        return "give refit="
    small = _numbers(draws) <= LARGEST
    full = (details.get("structure"), details.get("covariance")) == ("full", "hessian")
    wanting = {
        "options not recorded": RECORDED.get(method, "temper") not in details and method != "nuts",
        f"more than {LARGEST} numbers": method in ("laplace", "nuts") and not small,
        "not the full Hessian": method == "laplace" and not full,
        "started at draws": method == "bootstrap" and provenance.start.kind == "given",
        "batches": method == "ensemble" and "batch" in details,
    }
    return next((f"{reason}: give refit=" for reason, holds in wanting.items() if holds), None)


def most_refits(draws: xr.DataTree) -> int:
    """Refits that take at most about twice the work of the fit; at least two."""
    provenance, size = provenance_of(draws), draws["posterior"].sizes
    details = provenance.details
    kept = size["draw"] * int(details.get("thinning", 1))
    if provenance.method == "nuts":
        moves = size["chain"] * (kept + int(details.get("warmup", 0)))
        return max(FEWEST_REFITS, int(WORK * moves / (CHAINS * 2 * SAMPLES)))
    if provenance.method == "ensemble":
        warmup, samples, thinning = _shorter(draws)
        return max(
            FEWEST_REFITS, int(WORK * (kept + details["warmup"]) / (warmup + samples * thinning))
        )
    return QUICK if _numbers(draws) <= LARGEST else FEWEST_REFITS


def _numbers(draws: xr.DataTree) -> int:
    return sum(v[0].size for v in sites_of_draws(draws).values())


def chains_again(model: Model, draws: xr.DataTree, x: Any, y: Any, rows: int) -> xr.DataTree:
    """Chains of the posterior of the first rows, from optima near `draws`."""
    seed = provenance_of(draws).seed or 0
    return own_posterior(model, draws, x, y, samples=SAMPLES, seed=seed, rows=rows)


@double
def _normal(model: Model, draws: xr.DataTree, x: Any, y: Any, rows: int) -> xr.DataTree:
    inputs, targets = (jnp.asarray(v) for v in as_arrays(model, x, y))
    provenance = provenance_of(draws)
    fit = laplace_fit(
        density(model, inputs, targets), inputs, targets,
        samples=draws["posterior"].sizes["draw"], seed=provenance.seed or 0,
        structure="full", covariance="hessian", bandwidth=None, starts=STARTS,
        temper=_powers(provenance, len(inputs), rows), scales=provenance.details.get("scales"),
    )  # fmt: skip
    centre = fit.centre if LINEARISED in draws.children else None  # as linearised as the draws were
    return _tree(model, replace(fit, centre=centre), draws, x, y)


@double
def _family(model: Model, draws: xr.DataTree, x: Any, y: Any, rows: int) -> xr.DataTree:
    inputs, targets = (jnp.asarray(v) for v in as_arrays(model, x, y))
    provenance = provenance_of(draws)
    details = provenance.details
    options = {name: int(details[name]) for name in ("rank", "steps", "particles")}
    plan = Family(
        density(model, inputs, targets), str(details["family"]), **options,
        learning_rate=float(details["learning_rate"]),
    )  # fmt: skip
    fit, _ = svi_fit(
        plan, inputs, targets, samples=draws["posterior"].sizes["draw"],
        seed=provenance.seed or 0, starts=int(details["starts"]),
        temper=_powers(provenance, len(inputs), rows),
    )  # fmt: skip
    return _tree(model, fit, draws, x, y)


def _replicates(model: Model, draws: xr.DataTree, x: Any, y: Any, rows: int) -> xr.DataTree:
    inputs, targets = as_arrays(model, x, y)
    provenance = provenance_of(draws)
    details, seed = provenance.details, provenance.seed or 0
    count, scheme = min(REPLICATES, draws["posterior"].sizes["draw"]), str(details["scheme"])
    fraction, recording = float(details.get("fraction", 1.0)), recording_of(y, x)
    length = details.get("block_length")
    places, weights = resample(
        scheme, rows, count, seed=seed, fraction=fraction,
        block_length=None if length is None else min(int(length), rows),
        recording=None if recording is None else recording[:rows],
    )  # fmt: skip
    full = round(fraction * len(inputs)) if scheme == "subsample" else len(inputs)
    spare = ((0, 0), (0, full - places.shape[1]))  # of weight zero
    powers, temper = _powers(provenance, len(inputs), rows), float(details["temper"])
    start = provenance.start.kind
    begin = double(replicate_starts)(
        model, inputs, targets, count, seed, start, powers, str(details["scales"])
    )
    sample = Sample(
        np.pad(places, spare), np.pad(weights, spare), temper, inputs, targets, begin.held
    )
    optimizer = _optimizer(Newton if details["optimizer"] == "newton" else Adam, details)
    optima = train(model, sample, begin.theta, optimizer, prior=bool(details["prior"]), seed=seed)
    return _tree(model, fit_of(optima, {}, provenance.start), draws, x, y)


def _members(model: Model, draws: xr.DataTree, x: Any, y: Any, rows: int) -> xr.DataTree:
    inputs, targets = as_arrays(model, x, y)
    provenance = provenance_of(draws)
    details, seed = provenance.details, provenance.seed or 0
    members = draws["posterior"].sizes["chain"] + np.size(details["failed"])
    warmup, samples, thinning = _shorter(draws)
    adam = _optimizer(Adam, details, "training_")
    held_out = held_out_rows(float(details["held_out"]), rows)
    training = Training(adam, int(details["patience"]), held_out)
    powers = _powers(provenance, len(inputs), rows)
    theta, held = double(member_starts)(model, inputs, targets, members, seed, powers)
    variance = float(details.get("energy_variance", 0.0))
    with jax.enable_x64(False):
        data = jnp.asarray(inputs), jnp.asarray(targets)
        plan = Plan(
            density(model, *data), str(details["sampler"]), warmup, samples, thinning, variance
        )
        _, chains = run_members(plan, training, theta, *data, held=held, temper=powers, seed=seed)
    kept = ~failed_members(chains, rows=rows)
    if not kept.any():
        raise ValueError(f"ensemble: expected draws of {rows} rows that move, got none")
    return _tree(model, Fit(chains.theta[kept], {}, {}, start=provenance.start), draws, x, y)


WAYS: dict[str, Again] = {
    "nuts": chains_again,
    "laplace": _normal,
    "svi": _family,
    "bootstrap": _replicates,
    "ensemble": _members,
}


def _tree(model: Model, fit: Fit, draws: xr.DataTree, x: Any, y: Any) -> xr.DataTree:
    provenance = provenance_of(draws)
    temper = float(provenance.details.get("temper", 1.0))
    fit = replace(fit, details={**fit.details, "temper": temper})
    method, seed = provenance.method, provenance.seed or 0
    return build_tree(model, fit, x, y, method=method, seed=seed)


def _powers(provenance: Provenance, count: int, rows: int) -> np.ndarray:
    """Power of the likelihood of each observation, shape (count,)."""
    return float(provenance.details.get("temper", 1.0)) * (np.arange(count) < rows)


def _shorter(draws: xr.DataTree) -> tuple[int, int, int]:
    """Warm-up, draws and thinning of members of the past."""
    details = provenance_of(draws).details
    samples = min(SAMPLES, draws["posterior"].sizes["draw"])
    return max(1, int(details["warmup"]) // SHORTER), samples, int(details["thinning"])


def _optimizer(kind: Any, details: Mapping[str, Any], prefix: str = "") -> Any:
    """An optimizer of the options that were recorded."""
    return kind(**{f.name: type(f.default)(details[prefix + f.name]) for f in fields(kind)})
