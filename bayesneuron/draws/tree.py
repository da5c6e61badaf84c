"""Draws of a network's weights as an ArviZ DataTree, whichever way they came about.

Groups: ``posterior`` (the sites, chain × draw × …), ``sample_stats``, ``observed_data`` and
``constant_data``. `bayesneuron.complete` adds those that follow from them: ``log_likelihood``,
``posterior_predictive`` and ``prior``. What is needed to go on from a file (layout, model, method,
scaling of the data, …) travels as their `bayesneuron.draws.provenance.Provenance`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from arviz_base import from_dict

from bayesneuron.data.input_names import NAMES, input_names
from bayesneuron.draws.fingerprint import fingerprint_of
from bayesneuron.draws.free_vectors import flatten_sites, sites_of_theta
from bayesneuron.draws.provenance import (
    Provenance,
    Start,
    provenance_for,
    provenance_of,
    scaling_of_targets,
    with_provenance,
)
from bayesneuron.draws.sampler_state import STATE_GROUP, keeps_state, state_group
from bayesneuron.network.arrays import as_arrays
from bayesneuron.network.density import Density, density
from bayesneuron.network.layout import Layout
from bayesneuron.network.model import Model
from bayesneuron.network.tracing import sites_of
from bayesneuron.numerics.checks import check_memory
from bayesneuron.numerics.precision import double

PRIOR_DRAWS = 1000
COPIES = 4  # of all draws while their tree is built
LINEARISED = "linearised"  # group of the free vectors and the mode that predictions are linear at


@dataclass(frozen=True)
class Fit:
    """The result of an estimator, as arrays.

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
    centre : ndarray, shape (size,), optional
        The mode at which the network is linearised for predictions; by default it is not.
    state : mapping of str to ndarray, shape (chain, ...), optional
        Of the sampler after the last draw, by which `bayesneuron.extend` goes on. It is kept where
        it is no larger than the draws, or a MiB.
    """

    theta: np.ndarray
    stats: Mapping[str, np.ndarray] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    independent: bool = False
    pooled: bool = False
    whitened: bool = False
    start: Start = field(default_factory=Start)
    centre: np.ndarray | None = None
    state: Mapping[str, np.ndarray] | None = None


@double
def build_tree(model: Model, fit: Fit, x: Any, y: Any, *, method: str, seed: int) -> xr.DataTree:
    """Turn the arrays of an estimator into a tree of draws with their provenance.

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
    sites = sites_of_theta(dens, fit.theta, inputs)
    tree = from_dict(
        {
            "posterior": sites,
            **({"sample_stats": dict(fit.stats)} if fit.stats else {}),
            "observed_data": {"y": targets},
            "constant_data": {"x": inputs},
        },
        dims=site_dims(model.layout, sites)
        | {"y": ["observation", "output"][: targets.ndim], "x": ["observation", "input"]},
    )
    for group in ("observed_data", "constant_data"):
        data = tree[group].to_dataset()
        labels = {k: v for k, v in labels_of(x, y).items() if v[0] in data.dims}
        tree[group] = xr.DataTree(data.assign_coords(labels))
    if fit.centre is not None:
        free = {"theta": (("chain", "draw", "free"), fit.theta), "centre": ("free", fit.centre)}
        tree[LINEARISED] = xr.DataTree(numbered_like(tree, xr.Dataset(free)))
    if fit.state is not None and keeps_state(fit.state, fit.theta.nbytes):
        tree[STATE_GROUP] = xr.DataTree(numbered_like(tree, state_group(fit.state)))
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
        details=dict(fit.details),
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


def check_room(
    model: Model, x: np.ndarray | jax.Array, remedy: str = "ask for fewer", **counts: int
) -> None:
    """Raise ValueError if so many draws of the sites of `model` do not fit into memory.

    `counts` are by the name of the argument that asks for them; `remedy` says what to do.
    """
    for name, count in counts.items():
        check_memory(name, count, COPIES * numbers_of(model, x), remedy=remedy)


def numbers_of(model: Model, x: np.ndarray | jax.Array) -> int:
    """Numbers in one draw of the sites of `model`."""
    sites = sites_of(model, (1, x.shape[1]))
    return sum(math.prod(s.shape) for s in sites.values() if s.kind == "latent")


def prior_key(seed: int) -> jax.Array:
    """The key of the prior draws that go with an estimate of this seed."""
    return jax.random.fold_in(jax.random.key(seed), 2)


def activation_site(layer: str) -> str:
    """Name of the deterministic site where a model publishes the activations of `layer`."""
    return f"{layer}_activation"


def tree_of_sites(sites: Mapping[str, np.ndarray], provenance: Provenance) -> xr.DataTree:
    """Draws of sites, shape (chain, draw, ...), with nothing else in the tree."""
    tree = from_dict({"posterior": dict(sites)}, dims=site_dims(provenance.layout, sites))
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


def data_of(draws: xr.DataTree, x: Any = None, y: Any = None) -> tuple[Any, Any]:
    """The same x and y or, without them, the data that the draws carry.

    Raises
    ------
    ValueError
        If only one of x and y is there, or neither and the draws carry none.
    """
    x, y = inputs_of(draws, x, y)
    if y is None:
        raise ValueError("y: expected the targets observed at x, got x alone")
    return x, y


def inputs_of(draws: xr.DataTree, x: Any = None, y: Any = None) -> tuple[Any, Any]:
    """The same x, with or without y, or else both as the draws carry them.

    Raises
    ------
    ValueError
        If y comes without x, or neither is there and the draws carry no inputs.
    """
    if x is not None:
        return x, y
    if y is not None:
        raise ValueError("x: expected the inputs that y was observed at, got y alone")
    if "constant_data" not in draws.children or "x" not in draws["constant_data"]:
        raise ValueError("x: expected data, since these draws carry none")
    observed = draws.children.get("observed_data")
    return draws["constant_data"]["x"], None if observed is None else observed["y"]


def has_data(draws: xr.DataTree) -> bool:
    """Whether draws carry the data that they were made with."""
    return "constant_data" in draws.children and "observed_data" in draws.children


def labels_of(x: Any, y: Any = None) -> dict[str, tuple[str, np.ndarray]]:
    """Coordinates that x and y carry along their axes (time, recording, channel), by name.

    Only those of types that netCDF can hold.
    """
    labels: dict[str, tuple[str, np.ndarray]] = {}
    for data, dims in ((x, ("observation", "input")), (y, ("observation", "output"))):
        if not isinstance(data, xr.DataArray):
            continue
        named = dict(zip(data.dims, dims, strict=False))
        for name, values in data.coords.items():
            if len(values.dims) == 1 and values.dtype.kind in "biufMmU":
                dim = named[values.dims[0]]
                label = dim if name == values.dims[0] else str(name)
                labels.setdefault(label, (dim, values.values))
    if names := input_names(x):
        labels[NAMES] = ("input", np.array(names))
    return labels


def numbered_like(draws: xr.DataTree, data: xr.Dataset) -> xr.Dataset:
    """Data of the same chains and draws, by the same numbers."""
    posterior = draws["posterior"].to_dataset()
    same = {
        name: posterior[name]
        for name in ("chain", "draw")
        if name in posterior.coords and posterior.sizes[name] == data.sizes.get(name)
    }
    return data.assign_coords(same)


def names_of_inputs(draws: xr.DataTree) -> tuple[str, ...]:
    """Names of the inputs of the data that draws carry; empty where there are none."""
    if "constant_data" not in draws.children:
        return ()
    data = draws["constant_data"].to_dataset()
    return input_names(data["x"]) if "x" in data else ()
