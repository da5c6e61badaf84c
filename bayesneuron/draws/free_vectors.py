"""Draws as sites and as free flat vectors θ: the one map between the two.

See `bayesneuron.network.density`.
"""

from collections.abc import Mapping
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from bayesneuron.network.density import Density
from bayesneuron.numerics.lanes import map_lanes

BATCH = 64  # draws evaluated at once: bounds memory, and compiles once for any number of draws


def sites_of_theta(dens: Density, theta: np.ndarray, x: np.ndarray) -> dict[str, np.ndarray]:
    """Every site of the networks with free flat vectors θ, by name, (chain, draw, ...).

    Parameters
    ----------
    dens : Density
    theta : ndarray, shape (chain, draw, size)
    x : ndarray, shape (observation, input)
        Only its width matters.
    """
    flat = np.asarray(theta, float).reshape(-1, dens.size)
    sites = map_lanes(partial(_sites, dens), flat, shared=(jnp.asarray(x[:1]),), lanes=BATCH)
    return {k: np.asarray(v).reshape(*theta.shape[:2], *v.shape[1:]) for k, v in sites.items()}


def flatten_sites(dens: Density, sites: Mapping[str, np.ndarray]) -> np.ndarray:
    """Values of the latent sites, (draw, ...), as free flat vectors θ, (draw, size).

    Raises
    ------
    ValueError
        If a latent site is missing or a shape differs.
    """
    count = len(next(iter(sites.values())))
    missing = [name for name in dens.shapes if name not in sites]
    if missing:
        raise ValueError(f"draws: expected site {missing[0]!r}, got {list(sites)}")
    theta, scales = np.zeros((count, dens.size)), _scales(dens, sites)
    for name, shape in dens.shapes.items():
        free = np.asarray(dens.transforms[name].inv(jnp.asarray(sites[name])))
        free = free / scales[name] if name in scales else free
        if free.shape[1:] != shape:
            raise ValueError(f"draws, {name}: expected shape {shape}, got {free.shape[1:]}")
        theta[:, dens.places[name].ravel()] = free.reshape(len(theta), -1)
    return theta


def _scales(dens: Density, sites: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Scales of the weights that are in θ in units of one, (draw, ...)."""
    if not dens.scaled:
        return {}
    values = {k: np.asarray(sites[k]) for k in dens.shapes}
    return map_lanes(partial(_scales_of, dens), values, lanes=BATCH)


@partial(jax.jit, static_argnums=0)
def _scales_of(dens: Density, values: dict[str, jax.Array]) -> dict[str, jax.Array]:
    return jax.vmap(dens.scales)(values)


@partial(jax.jit, static_argnums=0)
def _sites(dens: Density, theta: jax.Array, x: jax.Array) -> dict[str, jax.Array]:
    return jax.vmap(lambda one: dens.sites(one, x))(theta)
