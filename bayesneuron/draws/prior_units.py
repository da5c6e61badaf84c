"""Weights in units of their prior standard deviation, draw by draw.

Under a learnt scale the unit is that of the draw. In these units zero stays zero and the prior is
one N(0, 1) whatever the scale, so that "this weight is absent" is a point of one density.
"""

from collections.abc import Mapping
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from numpyro import distributions as dist

from bayesneuron.network.model import Model
from bayesneuron.network.tracing import run, single, sites_of
from bayesneuron.numerics.lanes import map_lanes


def in_prior_units(
    model: Model, sites: Mapping[str, np.ndarray], names: tuple[str, ...], inputs: int
) -> dict[str, np.ndarray]:
    """The sites `names` over their prior standard deviation, (draw, ...).

    Parameters
    ----------
    model : Model
    sites : mapping of str to ndarray, shape (draw, ...)
        Every latent site.
    names : tuple of str
        Sites of independent normal weights of mean 0.
    inputs : int
        Width of the inputs.

    Raises
    ------
    ValueError
        If a site has another prior.
    """
    known = sites_of(model, (1, inputs))
    for name in names:
        support = known[name].support
        if support is None or single(support) is not dist.constraints.real:
            raise ValueError(f"{model.name}, {name!r}: expected a normal prior, got another")
    values = {k: np.asarray(v) for k, v in sites.items()}
    row = jnp.zeros((1, inputs))
    mean, sd = map_lanes(partial(_moments, model, names), values, shared=(row,))
    for name in names:
        if not np.isfinite(sd[name]).all() or np.abs(mean[name]).max() > 1e-9:
            raise ValueError(f"{model.name}, {name!r}: expected a normal prior of mean 0")
    return {name: values[name] / sd[name] for name in names}


@partial(jax.jit, static_argnums=(0, 1))
def _moments(
    model: Model, names: tuple[str, ...], sites: dict[str, jax.Array], row: jax.Array
) -> tuple[dict[str, jax.Array], dict[str, jax.Array]]:
    def one(values: dict[str, jax.Array]) -> tuple[dict[str, jax.Array], dict[str, jax.Array]]:
        trace = run(model, values, row)
        mean, sd = {}, {}
        for name in names:
            prior, shape = trace[name]["fn"], jnp.shape(trace[name]["value"])
            normal = _is_normal(prior)
            mean[name] = jnp.broadcast_to(prior.mean if normal else jnp.nan, shape)
            sd[name] = jnp.broadcast_to(prior.variance**0.5 if normal else jnp.nan, shape)
        return mean, sd

    return jax.vmap(one)(sites)


def _is_normal(prior: dist.Distribution) -> bool:
    """Whether it is made of independent normal numbers."""
    while isinstance(prior, dist.Independent | dist.ExpandedDistribution):
        prior = prior.base_dist
    return isinstance(prior, dist.Normal)
