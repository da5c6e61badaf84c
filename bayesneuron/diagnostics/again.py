"""An estimate made anew from the first rows, by the program that made it from all of them.

The arrays keep their length, and the likelihood of later rows gets the power zero. XLA compiles a
program for each length, which takes longer than most fits of a small network. Options are those
that the draws recorded; samplers take fewer draws.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from bayesneuron.data.recordings import recording_of
from bayesneuron.draws.provenance import MEMBERS, Start, provenance_of
from bayesneuron.draws.tree import LINEARISED, Fit, build_tree, sites_of_draws
from bayesneuron.inference._bootstrap import bootstrap_fit
from bayesneuron.inference._laplace import laplace_fit
from bayesneuron.inference._svi import Plan as Family
from bayesneuron.inference._svi import svi_fit
from bayesneuron.inference.evidence import hyperparameter_sites
from bayesneuron.inference.failures import failed_members
from bayesneuron.inference.members import Counted, Training, held_out_rows
from bayesneuron.inference.microcanonical import Plan
from bayesneuron.inference.past import past_powers
from bayesneuron.inference.recorded import call_of
from bayesneuron.inference.replicates import Replicates
from bayesneuron.inference.run_members import member_starts, run_members
from bayesneuron.inference.scales import KRONECKER
from bayesneuron.inference.starts import starts_from
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
NEAR = 2  # members that stand for a mode
FEWEST_REFITS = 2  # refits, where each takes as long as the fit

Again = Callable[..., xr.DataTree]


def way_to_make(draws: xr.DataTree) -> Again | None:
    """What makes an estimate anew: ``again(model, draws, x, y, rows)``; None where nothing does."""
    return None if why_not_again(draws) else WAYS[provenance_of(draws).method]


def why_not_again(draws: xr.DataTree) -> str | None:
    """Why an estimate is not made anew from what its draws have recorded."""
    provenance = provenance_of(draws)
    method = provenance.method
    if provenance.pooled or method not in WAYS:
        return "give refit="
    small = _numbers(draws) <= LARGEST
    if method in ("laplace", "nuts") and not small:
        return f"more than {LARGEST} numbers: give refit="
    try:
        call = {} if method == "nuts" else call_of(draws)
    except ValueError:
        return "options not recorded: give refit="
    full = (call.get("structure"), call.get("covariance")) == ("full", "hessian")
    if method == "laplace" and not full:
        return "not the full Hessian: give refit="
    return "batches: give refit=" if call.get("batch") is not None else None


def most_refits(draws: xr.DataTree) -> int:
    """Refits that take at most about twice the work of the fit; at least two."""
    provenance, size = provenance_of(draws), draws["posterior"].sizes
    if provenance.method == "nuts":
        details = provenance.details
        kept = size["draw"] * int(details.get("thinning", 1))
        moves = size["chain"] * (kept + int(details.get("warmup", 0)))
        return max(FEWEST_REFITS, int(WORK * moves / (CHAINS * 2 * SAMPLES)))
    if provenance.method == "ensemble":
        call = call_of(draws)
        (warmup, samples), thinning = _shorter(call), call["thinning"]
        steps = call["warmup"] + call["samples"] * thinning
        return max(FEWEST_REFITS, int(WORK * steps / (warmup + samples * thinning)))
    return QUICK if _numbers(draws) <= LARGEST else FEWEST_REFITS


def _numbers(draws: xr.DataTree) -> int:
    return sum(v[0].size for v in sites_of_draws(draws).values())


def near_again(model: Model, draws: xr.DataTree, x: Any, y: Any, rows: int) -> xr.DataTree:
    """Draws of the past near `draws`, such as those of a mode, by the sampler that made them."""
    members = provenance_of(draws).method == "ensemble" and not why_not_again(draws)
    if members:
        return _members(model, draws, x, y, rows, near=True)
    return chains_again(model, draws, x, y, rows)


def chains_again(model: Model, draws: xr.DataTree, x: Any, y: Any, rows: int) -> xr.DataTree:
    """Chains of the posterior of the first rows, from optima near `draws`."""
    seed = provenance_of(draws).seed or 0
    return own_posterior(model, draws, x, y, samples=SAMPLES, seed=seed, rows=rows)


@double
def _normal(model: Model, draws: xr.DataTree, x: Any, y: Any, rows: int) -> xr.DataTree:
    inputs, targets = (jnp.asarray(v) for v in as_arrays(model, x, y))
    call, seed = call_of(draws), provenance_of(draws).seed or 0
    call.pop("pad_to", None)
    linearise = call.pop("linearise") and LINEARISED in draws.children
    powers = past_powers(call.pop("temper"), inputs, rows)
    dens = density(model, inputs, targets)
    fit = laplace_fit(dens, inputs, targets, seed=seed, temper=powers, **call)
    return _tree(model, fit if linearise else replace(fit, centre=None), draws, x, y)


@double
def _family(model: Model, draws: xr.DataTree, x: Any, y: Any, rows: int) -> xr.DataTree:
    inputs, targets = (jnp.asarray(v) for v in as_arrays(model, x, y))
    call, seed = call_of(draws), provenance_of(draws).seed or 0
    family = {name: call[name] for name in ("family", "rank", "steps", "particles")}
    plan = Family(density(model, inputs, targets), **family, learning_rate=call["learning_rate"])
    fit, _ = svi_fit(
        plan, inputs, targets, samples=call["samples"], seed=seed, starts=call["starts"],
        temper=past_powers(call["temper"], inputs, rows),
    )  # fmt: skip
    return _tree(model, fit, draws, x, y)


def _replicates(model: Model, draws: xr.DataTree, x: Any, y: Any, rows: int) -> xr.DataTree:
    inputs, targets = as_arrays(model, x, y)
    call, seed = call_of(draws), provenance_of(draws).seed or 0
    call.pop("pad_to", None)
    count = min(REPLICATES, call.pop("replicates"))
    plan = Replicates(model, inputs, targets, recording_of(y, x), seed, **call, past=rows)
    return _tree(model, bootstrap_fit(plan, count), draws, x, y)


def _members(
    model: Model, draws: xr.DataTree, x: Any, y: Any, rows: int, *, near: bool = False
) -> xr.DataTree:
    """As many members as there were; `near`: two, trained from the likeliest of `draws`."""
    inputs, targets = as_arrays(model, x, y)
    call, seed = call_of(draws), provenance_of(draws).seed or 0
    warmup, samples = _shorter(call)
    held_out = held_out_rows(call["held_out"], rows)
    training = Training(call["optimizer"], call["patience"], held_out)
    counted = Counted(rows, held_out)
    powers = past_powers(call["temper"], inputs, rows)
    if near:
        theta, held = _near(model, draws, inputs, targets)
    else:
        theta, held = double(member_starts)(model, inputs, targets, call["members"], seed, powers)
    with jax.enable_x64(False):
        data = jnp.asarray(inputs), jnp.asarray(targets)
        plan = Plan(
            density(model, *data), call["sampler"], warmup, samples, call["thinning"],
            call["energy_variance"],
        )  # fmt: skip
        _, chains = run_members(
            plan, training, theta, *data, held=held, temper=powers, seed=seed, counted=counted
        )
    kept = ~failed_members(chains, rows=rows)
    if not kept.any():
        raise ValueError(f"ensemble: expected draws of {rows} rows that move, got none")
    return _tree(model, Fit(chains.theta[kept], {}, {}, start=Start(MEMBERS)), draws, x, y)


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


def _near(
    model: Model, draws: xr.DataTree, inputs: np.ndarray, targets: np.ndarray
) -> tuple[np.ndarray, tuple[str, ...]]:
    """θ of two of the draws, and the scales that their training held, as `member_starts` has it."""
    dens = density(model, jnp.asarray(inputs), jnp.asarray(targets))
    by_evidence = draws.attrs.get("training_scales") == "evidence"
    held = hyperparameter_sites(dens) if by_evidence else ()
    return double(starts_from)(dens, draws, NEAR), held


def _shorter(call: Mapping[str, Any]) -> tuple[int, int]:
    """Warm-up and draws of members of the past."""
    return max(1, call["warmup"] // SHORTER), min(SAMPLES, call["samples"])
