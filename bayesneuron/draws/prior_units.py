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

from bayesneuron.draws.information import prior_variances
from bayesneuron.network.model import Model
from bayesneuron.network.tracing import run, single, sites_of


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
    row = np.zeros((1, inputs))
    first = {k: jnp.asarray(v[0]) for k, v in sites.items()}
    for name, mean in _means(model, names, first, jnp.asarray(row)).items():
        if not np.abs(np.asarray(mean)).max() <= 1e-9:
            raise ValueError(f"{model.name}, {name!r}: expected a normal prior of mean 0")
    variances = prior_variances(model, names, sites, row)
    return {name: np.asarray(sites[name]) / np.sqrt(variances[name]) for name in names}


@partial(jax.jit, static_argnums=(0, 1))
def _means(
    model: Model, names: tuple[str, ...], sites: dict[str, jax.Array], row: jax.Array
) -> dict[str, jax.Array]:
    """Prior means of one draw's weights; NaN where the prior is not normal."""
    trace = run(model, sites, row)
    priors = {name: trace[name]["fn"] for name in names}
    return {
        name: jnp.asarray(prior.mean if _is_normal(prior) else jnp.nan)
        for name, prior in priors.items()
    }


def _is_normal(prior: dist.Distribution) -> bool:
    """Whether it is made of independent normal numbers."""
    while isinstance(prior, dist.Independent | dist.ExpandedDistribution):
        prior = prior.base_dist
    return isinstance(prior, dist.Normal)
