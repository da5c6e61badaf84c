"""Draws of a network's weights as an ArviZ DataTree, whichever way they came about.

Groups: ``posterior`` (the sites, chain × draw × …), ``prior`` (the same sites from the prior,
for the alignment's null), ``sample_stats``, ``log_likelihood``, ``posterior_predictive``
(``mean``: the network's output; ``y``: a new observation), ``observed_data`` and
``constant_data``. What is needed to go on from a file (layout, model, method, scaling of the
data, ...) travels with them as their `bayesneuron.draws.provenance.Provenance`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import arviz as az
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from bayesneuron.draws.provenance import (
    Provenance,
    Start,
    fingerprint_of,
    provenance_for,
    provenance_of,
    scaling_of_targets,
    with_provenance,
)
from bayesneuron.network.arrays import as_arrays
from bayesneuron.network.density import Density, density
from bayesneuron.network.layout import Layout
from bayesneuron.network.model import Model
from bayesneuron.network.trace import sampler
from bayesneuron.numerics.lanes import map_lanes
from bayesneuron.numerics.precision import double

PRIOR_DRAWS = 1000
PREDICTIVE_VALUES = 10_000_000  # above this many, predictions of fewer draws are kept
BATCH = 64  # draws evaluated at once: bounds memory, and compiles once for any number of draws

Groups = dict[str, dict[str, np.ndarray]]


@dataclass(frozen=True)
class Fit:
    """What an estimator finds, as arrays.

    Attributes
    ----------
    theta : ndarray, shape (chain, draw, size)
        Draws as free flat vectors θ, see `bayesneuron.network.density`.
    stats : mapping of str to ndarray, shape (chain, draw, ...)
        The sample_stats.
    details : mapping
        The method's own numbers, of types that netCDF can hold.
    independent, pooled, whitened, start
        As in `bayesneuron.draws.provenance.Provenance`.
    """

    theta: np.ndarray
    stats: Mapping[str, np.ndarray] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    independent: bool = False
    pooled: bool = False
    whitened: bool = False
    start: Start = field(default_factory=Start)


@double
def build_tree(model: Model, fit: Fit, x: Any, y: Any, *, method: str, seed: int) -> xr.DataTree:
    """Turn what an estimator found into draws that know where they come from.

    Parameters
    ----------
    model : Model
    fit : Fit
    x, y : array_like
        The data of the fit; their scaling travels with the draws.
    method : str
    seed : int
    """
    inputs, targets = as_arrays(model, x, y)
    dens = density(model, jnp.asarray(inputs), jnp.asarray(targets))
    shape = fit.theta.shape[:2]
    flat = np.asarray(fit.theta, float).reshape(-1, dens.size)
    key = jax.random.fold_in(jax.random.key(seed), 1)
    out = map_lanes(
        partial(_evaluate, dens), flat, np.arange(len(flat)),
        shared=(key, jnp.asarray(inputs), jnp.asarray(targets)), lanes=BATCH,
    )  # fmt: skip
    groups: Groups = jax.tree.map(lambda v: np.asarray(v).reshape(*shape, *v.shape[1:]), out)
    thin = -(-groups["predictive"]["mean"].size // PREDICTIVE_VALUES)
    predictive = {k: v[:, ::thin] for k, v in groups["predictive"].items()}
    dims = site_dims(model.layout, groups["sites"]) | {
        "y": ["observation", "output"][: targets.ndim],
        "mean": ["observation", "output"],
        "x": ["observation", "input"],
    }
    tree = az.from_dict(
        {
            "posterior": groups["sites"],
            "prior": sample_prior(model, inputs, draws=PRIOR_DRAWS, key=prior_key(seed)),
            **({"sample_stats": dict(fit.stats)} if fit.stats else {}),
            "posterior_predictive": predictive,
            "observed_data": {"y": targets},
            "constant_data": {"x": inputs},
        },
        dims=dims,
    )
    pointwise = az.from_dict(
        {"log_likelihood": groups["log_likelihood"]}, dims={"y": ["observation"]}
    )
    tree["log_likelihood"] = pointwise["log_likelihood"]
    provenance = provenance_for(
        model,
        method,
        seed=seed,
        independent=fit.independent,
        pooled=fit.pooled,
        whitened=fit.whitened,
        start=fit.start,
        scaling=scaling_of_targets(y),
        fingerprint=fingerprint_of(inputs, targets),
        details={**fit.details, "predictive_thin": thin},
    )
    return with_provenance(tree, provenance)


def theta_of(dens: Density, draws: xr.DataTree) -> np.ndarray:
    """Draws as free flat vectors θ, chains one after another, (draw, size).

    Raises
    ------
    ValueError
        If a latent site is missing or a shape differs.
    """
    return flatten_sites(dens, sites_of_draws(draws))


def sites_of_draws(draws: xr.DataTree) -> dict[str, np.ndarray]:
    """Every site of the posterior, chains one after another, (draw, ...)."""
    values = {str(k): np.asarray(v) for k, v in draws["posterior"].data_vars.items()}
    return {k: v.reshape(-1, *v.shape[2:]) for k, v in values.items()}


def flatten_sites(dens: Density, sites: Mapping[str, np.ndarray]) -> np.ndarray:
    """Values of the latent sites, (draw, ...), as free flat vectors θ, (draw, size).

    Raises
    ------
    ValueError
        If a latent site is missing or a shape differs.
    """
    theta = np.zeros((len(next(iter(sites.values()))), dens.size))
    for name, shape in dens.shapes.items():
        if name not in sites:
            raise ValueError(f"draws: expected site {name!r}, got {list(sites)}")
        free = np.asarray(dens.transforms[name].inv(jnp.asarray(sites[name])))
        if free.shape[1:] != shape:
            raise ValueError(f"draws, {name}: expected shape {shape}, got {free.shape[1:]}")
        theta[:, dens.places[name].ravel()] = free.reshape(len(theta), -1)
    return theta


def sample_prior(
    model: Model, x: np.ndarray | jax.Array, *, draws: int, key: jax.Array
) -> dict[str, np.ndarray]:
    """Draw the model's sites from its prior, shape (1, draw, ...)."""
    sites = _sample_prior(model, draws, key, jnp.asarray(x[:1]))
    return {k: np.asarray(v)[None] for k, v in sites.items()}


def prior_key(seed: int) -> jax.Array:
    """The key of the prior draws that go with an estimate of this seed."""
    return jax.random.fold_in(jax.random.key(seed), 2)


@partial(jax.jit, static_argnums=(0, 1))
def _sample_prior(model: Model, draws: int, key: jax.Array, row: jax.Array) -> dict[str, jax.Array]:
    sites = sampler(model, draws)(key, row)
    derived = {"y", "mean", *(activation_site(layer) for layer in model.layout.hidden)}
    return {k: v for k, v in sites.items() if k not in derived}


def activation_site(layer: str) -> str:
    """Name of the deterministic site where a model publishes the activations of `layer`."""
    return f"{layer}_activation"


def tree_of_sites(sites: Mapping[str, np.ndarray], provenance: Provenance) -> xr.DataTree:
    """Draws of sites, shape (chain, draw, ...), with nothing else in the tree."""
    tree = az.from_dict({"posterior": dict(sites)}, dims=site_dims(provenance.layout, sites))
    return with_provenance(tree, provenance)


def site_dims(layout: Layout, sites: Mapping[str, np.ndarray]) -> dict[str, list[str]]:
    """Name the axes of each site after its layers; a recurrent one's second is ``*_from``."""
    named: dict[str, list[str]] = {}
    for site in sites:
        dims = list(layout.sites.get(site, ()))
        named[site] = [d if d not in dims[:i] else f"{d}_from" for i, d in enumerate(dims)]
    return {site: dims for site, dims in named.items() if dims}


def layout_of(draws: xr.DataTree) -> Layout:
    """The layout that travels with `draws`.

    Raises
    ------
    ValueError
        If they carry none.
    """
    return provenance_of(draws).layout


@partial(jax.jit, static_argnums=0)
def _evaluate(
    dens: Density, theta: jax.Array, number: jax.Array, key: jax.Array, x: jax.Array, y: jax.Array
) -> dict[str, dict[str, jax.Array]]:
    def one(theta: jax.Array, number: jax.Array) -> dict[str, dict[str, jax.Array]]:
        out = dens.evaluate(theta, jax.random.fold_in(key, number), x, y)
        # Predictions are the bulk of a tree, and their Monte Carlo error is far above 1e-7.
        out["predictive"] = jax.tree.map(_narrow, out["predictive"])
        return out

    return jax.vmap(one)(theta, number)


def _narrow(values: jax.Array) -> jax.Array:
    return values.astype(jnp.float32) if values.dtype == jnp.float64 else values
