"""What observations say of a network: its outputs in units of their noise.

Near the weights θ of a draw, moving them by δ moves the distribution of the observations y. To
second order its Kullback–Leibler divergence from where it was is ½ δᵀ A δ nats, with the Fisher
information A = Jᵀ F J: J is the Jacobian of the parameters η of that distribution, F the
information of one observation in η. `in_noise_units` writes the outputs such that their
Jacobian R at θ has RᵀR = A.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpyro import distributions as dist

from bayesneuron.draws.linearised import unwrapped
from bayesneuron.network.model import Model
from bayesneuron.network.tracing import run

hold = jax.lax.stop_gradient


def in_noise_units(site: Mapping[str, Any], at: Mapping[str, Any] | None = None) -> jax.Array:
    """The outputs of a traced site ``y``, flat, scaled such that RᵀR is the Fisher information.

    The unit is the noise of the site `at`, by default the same one, held: it has no derivative.

    Exact for normal, Student t (its degrees of freedom as known) and categorical observations.
    Of other families it is the information in the mean, (∂ mean)² / variance. That too is exact
    for Poisson, Bernoulli and others with one parameter of the exponential family. Elsewhere it
    is a lower bound (Cramér and Rao). A scale that a handler gives the likelihood counts.

    Raises
    ------
    ValueError
        If an observation is not one number or one class, or its family has no mean and variance.
    """
    family: Any = unwrapped(site["fn"])[0]
    unit: Any = jax.tree.map(hold, family) if at is None else unwrapped(at["fn"])[0]
    kind = type(family)
    if family.event_shape:
        raise ValueError(
            "y: expected observations of one number or one class each, got "
            f"{kind.__name__} of event shape {family.event_shape}"
        )
    shape = jnp.shape(site["value"])
    log_scale = lambda scale: jnp.broadcast_to(jnp.log(scale), shape)
    if issubclass(kind, dist.Normal):
        outputs = [family.loc / unit.scale, np.sqrt(2.0) * log_scale(family.scale)]
    elif issubclass(kind, dist.StudentT):
        dof = unit.df
        root = jnp.sqrt((dof + 1) / (dof + 3)) / unit.scale
        outputs = [family.loc * root, jnp.sqrt(2 * dof / (dof + 3)) * log_scale(family.scale)]
    elif issubclass(kind, dist.CategoricalLogits | dist.CategoricalProbs):
        # F = diag p - p pᵀ is AᵀA for A = diag(p)^½ (I - 1 pᵀ)
        logits = jax.nn.log_softmax(jnp.asarray(family.logits))
        log_p = jax.nn.log_softmax(jnp.asarray(unit.logits))
        p = jnp.exp(log_p)
        outputs = [jnp.exp(log_p / 2) * (logits - (p * logits).sum(axis=-1, keepdims=True))]
        shape = (*shape, p.shape[-1])
    elif issubclass(kind, dist.BernoulliLogits):  # stable where a probability rounds to one
        logits = jnp.asarray(unit.logits)
        log_variance = jax.nn.log_sigmoid(logits) + jax.nn.log_sigmoid(-logits)
        outputs = [family.logits * jnp.exp(log_variance / 2)]
    else:
        outputs = [_mean_in_units_of_sd(family, unit)]
    power, batch = site.get("scale"), site["fn"].batch_shape
    root = jnp.sqrt(hold(jnp.asarray(1.0 if power is None else power)))
    root = jnp.broadcast_to(root, batch).reshape(*batch, *(1,) * (len(shape) - len(batch)))
    return jnp.concatenate([jnp.ravel(jnp.broadcast_to(part, shape) * root) for part in outputs])


def _mean_in_units_of_sd(family: Any, unit: Any) -> jax.Array:
    try:
        mean, variance = jnp.asarray(family.mean), jnp.asarray(unit.variance)
    except (AttributeError, NotImplementedError) as error:
        raise ValueError(
            f"y: expected a distribution with mean and variance, got {type(family).__name__}"
        ) from error
    known = jnp.isfinite(variance) & (variance > 0)
    return mean * jnp.where(known, 1 / jnp.sqrt(jnp.where(known, variance, 1.0)), 0.0)


def prior_sd(
    model: Model, sites: Mapping[str, np.ndarray], names: tuple[str, ...], x: np.ndarray
) -> dict[str, np.ndarray]:
    """Prior standard deviation of every weight of the sites `names`, in each site's shape.

    Given the scales of each draw, root mean square over draws. Of weights without a prior
    variance of their own (orthonormal, or Cauchy) it is the root mean square of their site.

    Parameters
    ----------
    model : Model
    sites : mapping of str to ndarray, shape (draw, ...)
        Every latent site, and those that derive from them.
    names : tuple of str
    x : ndarray, shape (observation, input)
        Only its width matters.
    """
    variances = prior_variances(model, names, sites, x)
    scales = {}
    for name in names:
        variance = variances[name].mean(axis=0)
        size = float(np.mean(np.square(sites[name]))) or 1.0
        known = np.isfinite(variance) & (variance > 0)
        scales[name] = np.sqrt(np.where(known, variance, size))
    return scales


def prior_variances(
    model: Model, names: tuple[str, ...], sites: Mapping[str, np.ndarray], x: np.ndarray
) -> dict[str, np.ndarray]:
    """Prior variance of every weight of some sites given the scales of each draw, (draw, ...).

    NaN where a weight has none of its own; parameters as for `prior_sd`.
    """
    arrays = {k: jnp.asarray(v) for k, v in sites.items()}
    return {
        k: np.asarray(v) for k, v in _variances(model, names, arrays, jnp.asarray(x[:1])).items()
    }


@partial(jax.jit, static_argnums=(0, 1))
def _variances(
    model: Model, names: tuple[str, ...], sites: dict[str, jax.Array], row: jax.Array
) -> dict[str, jax.Array]:
    def one(values: dict[str, jax.Array]) -> dict[str, jax.Array]:
        trace = run(model, values, row)
        return {name: _variance(trace[name]) for name in names}

    return jax.lax.map(one, sites, batch_size=32)


def _variance(site: Mapping[str, Any]) -> jax.Array:
    unknown = jnp.full(jnp.shape(site["value"]), jnp.nan)
    if site["type"] != "sample":
        return unknown
    try:
        variance = jnp.asarray(site["fn"].variance)
    except (AttributeError, NotImplementedError):
        return unknown
    power = site.get("scale")
    return jnp.broadcast_to(variance, unknown.shape) / (1.0 if power is None else power)
