"""A network run on inputs, for every draw of its weights."""

import inspect
from collections.abc import Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from bayesneuron.draws.free_vectors import BATCH
from bayesneuron.draws.network import check_widths
from bayesneuron.draws.tree import sites_of_draws
from bayesneuron.network.model import Model
from bayesneuron.network.tracing import latent_of, needed_of, run, sites_of
from bayesneuron.network.width import at_once
from bayesneuron.numerics.checks import check_memory
from bayesneuron.numerics.lanes import map_lanes
from bayesneuron.numerics.precision import double
from bayesneuron.numerics.progress import progress

LARGE = 2**22  # draws times rows, from which the memory is looked at
COPIES = 2  # of all values: by block, and joined


@double
def evaluate(
    model: Model,
    sites: Mapping[str, np.ndarray],
    x: Any,
    y: Any = None,
    *,
    keep: tuple[str, ...] = ("mean", "y"),
    seed: int = 0,
    numbers: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """Values of some sites of the model's trace, each with a leading axis of draws.

    Parameters
    ----------
    model : Model
    sites : mapping of str to ndarray, shape (draw, ...)
        Every latent site.
    x, y : array_like
        Checked data; with `y` also ``log_likelihood``, (draw, observation): the density of each
        observation, without any scale that the model gives its likelihood.
    keep : tuple of str
        Names of deterministic sites, and ``y``, a new observation.
    seed : int
        Of the new observations.
    numbers : ndarray of int, shape (draw,), optional
        Number of each draw, from which its new observations follow; by default its place.
    """
    number = np.arange(len(next(iter(sites.values())))) if numbers is None else numbers
    key, lanes = observation_key(seed), min(BATCH, len(number))
    return run_draws(model, sites, x, y, keep=keep, key=key, number=number, lanes=lanes)


def observation_key(seed: int) -> jax.Array:
    """The key of the new observations that are drawn with this seed."""
    return jax.random.fold_in(jax.random.key(seed), 5)


def run_draws(
    model: Model,
    sites: Mapping[str, np.ndarray],
    x: Any,
    y: Any = None,
    *,
    keep: tuple[str, ...],
    key: jax.Array,
    number: np.ndarray,
    lanes: int = BATCH,
) -> dict[str, np.ndarray]:
    """The same, draw s with the random key of number ``number[s]``."""
    arrays = {name: np.asarray(values) for name, values in sites.items()}
    shared = (key, jnp.asarray(x), *(() if y is None else (jnp.asarray(y),)))
    lanes = at_once(model, shared[1], lanes)
    if len(number) * len(x) > LARGE:
        one = {name: values[:1] for name, values in arrays.items()}
        of_one = jax.eval_shape(partial(_evaluate, model, keep), one, number[:1], *shared)
        numbers_each = sum(leaf.size for leaf in jax.tree.leaves(of_one))
        remedy = "thin the draws, or ask for fewer rows at once"
        check_memory("draws", len(number), COPIES * numbers_each, remedy=remedy)
        with progress("draws evaluated", len(number)) as advance:
            return map_lanes(
                partial(_evaluate, model, keep), arrays, number, shared=shared, lanes=lanes,
                advance=advance,
            )  # fmt: skip
    return map_lanes(partial(_evaluate, model, keep), arrays, number, shared=shared, lanes=lanes)


def likelihood_scale(
    model: Model, sites: Mapping[str, np.ndarray], x: np.ndarray, y: np.ndarray
) -> np.ndarray:
    """The scale that the model gives each observation's log likelihood, (observation,).

    Parameters
    ----------
    sites : mapping of str to ndarray
        Of one network.

    Raises
    ------
    ValueError
        If parts of one observation have different scales.
    """
    count = len(x)
    if not sites_of(model, np.shape(x))["y"].scaled:
        return np.ones(count)
    site = run(model, {k: jnp.asarray(v) for k, v in sites.items()}, jnp.asarray(x))["y"]
    shape = site["fn"].log_prob(jnp.asarray(y)).shape
    scale = np.broadcast_to(np.asarray(site["scale"], float), shape).reshape(count, -1)
    if np.ptp(scale, axis=1).any():
        raise ValueError(f"{model.name}: expected one scale for each observation, got several")
    return scale[:, 0]


def latent_sites(draws: xr.DataTree, model: Model, x: np.ndarray) -> dict[str, np.ndarray]:
    """The model's latent sites from `draws`, chains one after another, (draw, ...).

    Scales of the prior may be missing: draws of a network from elsewhere have none, and what it
    predicts does not depend on them.

    Raises
    ------
    ValueError
        If one is missing (weights without a noise scale), or has another shape in the model.
    """
    names = check_latent(draws, model, x.shape[1])
    check_widths(draws, model, x.shape[1])
    values = sites_of_draws(draws)
    return {k: values[k] for k in names}


def check_latent(draws: xr.DataTree, model: Model, inputs: int) -> list[str]:
    """Names of the model's latent sites in `draws`, which must hold all that are needed.

    Raises
    ------
    ValueError
        If one is missing. An option of its name gives a known value, such as ``noise=``.
    """
    sites = sites_of(model, (1, inputs))
    needed, there = needed_of(sites), {str(name) for name in draws["posterior"].data_vars}
    missing = sorted(needed - there)
    if missing:
        options = set(inspect.signature(model.body).parameters) & set(missing)
        known = ", ".join(f"{name}=" for name in sorted(options))
        hint = f": give {known} to load where it is known, and the model as model=" if known else ""
        raise ValueError(f"draws: expected sites {sorted(needed)}, missing {missing}{hint}")
    return sorted(set(latent_of(sites)) & there)


@partial(jax.jit, static_argnums=(0, 1))
def _evaluate(
    model: Model,
    keep: tuple[str, ...],
    sites: dict[str, jax.Array],
    number: jax.Array,
    key: jax.Array,
    x: jax.Array,
    y: jax.Array | None = None,
) -> dict[str, jax.Array]:
    def one(values: dict[str, jax.Array], number: jax.Array) -> dict[str, jax.Array]:
        trace = run(model, values, x, key=jax.random.fold_in(key, number))
        outputs = {name: trace[name]["value"] for name in keep}
        if y is not None:
            log_prob = trace["y"]["fn"].log_prob(y)
            outputs["log_likelihood"] = log_prob.reshape(len(x), -1).sum(-1)
        return outputs

    return jax.vmap(one)(sites, number)
