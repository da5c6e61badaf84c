"""An estimate made anew from the first rows, by the program that made it from all of them.

The arrays keep their length, and the likelihood of later rows gets the power zero. XLA compiles a
program for each length, which takes longer than most fits of a small network.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax.numpy as jnp
import numpy as np
import xarray as xr

from bayesneuron.draws.provenance import provenance_of
from bayesneuron.draws.tree import LINEARISED, build_tree, sites_of_draws
from bayesneuron.inference._laplace import STARTS, laplace_fit
from bayesneuron.inference.scales import KRONECKER
from bayesneuron.network.arrays import as_arrays
from bayesneuron.network.density import density
from bayesneuron.network.model import Model
from bayesneuron.numerics.precision import double
from bayesneuron.reduction.own import CHAINS, own_posterior

SAMPLES = 300  # draws of every chain of a posterior of the past
LARGEST = KRONECKER  # free numbers: beyond them no dense Hessian for every refit
WORK = 2.0  # work of all refits, in units of that of the fit
LAPLACE = 20  # refits of Laplace, each of which takes a tenth of what compiling it does

Again = Callable[..., xr.DataTree]


def way_to_make(draws: xr.DataTree) -> Again | None:
    """What makes an estimate anew: ``again(model, draws, x, y, rows)``; None where there is none.

    Chains of NUTS, and normals of Laplace with a full Hessian of at most 500 numbers.
    """
    provenance = provenance_of(draws)
    if provenance.pooled:
        return None
    if provenance.method == "nuts":
        return _chains
    details = provenance.details
    full = (details.get("structure"), details.get("covariance")) == ("full", "hessian")
    small = sum(v[0].size for v in sites_of_draws(draws).values()) <= LARGEST
    return _normal if provenance.method == "laplace" and full and small else None


def most_refits(draws: xr.DataTree) -> int:
    """Refits that take at most twice the work of the fit, for one made by `way_to_make`."""
    provenance, size = provenance_of(draws), draws["posterior"].sizes
    if provenance.method == "laplace":
        return LAPLACE
    details = provenance.details
    moves = size["draw"] * int(details.get("thinning", 1)) + int(details.get("warmup", 0))
    return int(WORK * size["chain"] * moves / (CHAINS * 2 * SAMPLES))


def _chains(model: Model, draws: xr.DataTree, x: Any, y: Any, rows: int) -> xr.DataTree:
    seed = provenance_of(draws).seed or 0
    return own_posterior(model, draws, x, y, samples=SAMPLES, seed=seed, rows=rows)


@double
def _normal(model: Model, draws: xr.DataTree, x: Any, y: Any, rows: int) -> xr.DataTree:
    inputs, targets = (jnp.asarray(v) for v in as_arrays(model, x, y))
    dens, provenance = density(model, inputs, targets), provenance_of(draws)
    details, seed = provenance.details, provenance.seed or 0
    temper = float(details.get("temper", 1.0))
    fit = laplace_fit(
        dens, inputs, targets, samples=draws["posterior"].sizes["draw"], seed=seed,
        structure="full", covariance="hessian", bandwidth=None, starts=STARTS,
        temper=temper * (np.arange(len(inputs)) < rows), scales=details.get("scales"),
    )  # fmt: skip
    centre = fit.centre if LINEARISED in draws.children else None  # as linearised as the draws were
    fit = replace(fit, centre=centre, details={**fit.details, "temper": temper})
    return build_tree(model, fit, x, y, method="laplace", seed=seed)
