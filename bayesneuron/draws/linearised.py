"""Predictions through the network linearised at a mode.

A normal approximation at θ* is one of small steps. Put through the network, its wide steps along
poorly determined directions give predictions that neither the data nor the mode know. To first
order in θ - θ*, the parameters η of the observations are

    η(x, θ) ≈ η(x, θ*) + J(x) (θ - θ*),    J = ∂η / ∂θ at θ*,

which is the model that the normal approximation is exact for (Immer, Korzepa and Bauer, "Improving
predictions of Bayesian neural nets via local linearization", AISTATS 2021). η are those of the
distribution of y on their unconstrained scale: means, log standard deviations, logits, log rates.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from numpyro import distributions as dist

from bayesneuron.draws.evaluate import latent_sites, run_draws
from bayesneuron.draws.free_vectors import BATCH
from bayesneuron.draws.tree import LINEARISED
from bayesneuron.network.density import Density, density
from bayesneuron.network.model import Model
from bayesneuron.network.tracing import run
from bayesneuron.network.width import at_once
from bayesneuron.numerics.lanes import map_lanes
from bayesneuron.numerics.precision import double


class Observed(NamedTuple):
    """A distribution of y: its family, event dimensions, and unconstrained parameters."""

    family: type[dist.Distribution]
    events: int
    natural: dict[str, jax.Array]

    def distribution(self) -> dist.Distribution:
        """The distribution itself."""
        constraints = self.family.arg_constraints
        values = {k: dist.transforms.biject_to(constraints[k])(v) for k, v in self.natural.items()}
        return self.family(**values).to_event(self.events)


def observed(site: Any) -> Observed:
    """The distribution of a site in its parts."""
    base, events = unwrapped(site["fn"])
    natural = {
        name: dist.transforms.biject_to(constraint).inv(getattr(base, name))
        for name, constraint in base.arg_constraints.items()
    }
    return Observed(type(base), events, natural)


def observed_at(dens: Density, theta: jax.Array, x: jax.Array) -> Observed:
    """The distribution of y at θ."""
    return observed(run(dens.model, dens.constrain(theta), x)["y"])


def unwrapped(distribution: Any) -> tuple[Any, int]:
    """The family within independent and expanded distributions, and its event dimensions."""
    events = 0
    while isinstance(distribution, dist.Independent | dist.ExpandedDistribution):
        if isinstance(distribution, dist.Independent):
            events += distribution.reinterpreted_batch_ndims
        distribution = distribution.base_dist
    return distribution, events


def can_linearise(model: Model, x: np.ndarray) -> bool:
    """Whether the distribution of y is of one family with continuous parameters, and `mean` its."""

    @jax.jit  # operation by operation it would take seconds
    def means(row: jax.Array) -> tuple[jax.Array, jax.Array]:
        trace = run(model, {}, row)
        return mean_of(observed(trace["y"]).distribution()), trace["mean"]["value"]

    try:
        rebuilt, own = means(jnp.asarray(x[:1]))
    except (AttributeError, NotImplementedError, TypeError, ValueError):
        return False
    return rebuilt.shape == own.shape and np.allclose(rebuilt, own, rtol=1e-4, atol=1e-6)


def mean_of(distribution: dist.Distribution) -> jax.Array:
    """Means; of classes, their probabilities."""
    base, _ = unwrapped(distribution)
    if isinstance(base, dist.CategoricalProbs | dist.CategoricalLogits):
        return jnp.asarray(base.probs)
    return jnp.asarray(distribution.mean)


def is_linearised(draws: xr.DataTree) -> bool:
    """Whether predictions of these draws are those of the linearised network.

    Raises
    ------
    ValueError
        If there are not as many free vectors as draws.
    """
    if LINEARISED not in draws.children:
        return False
    sizes = [tuple(draws[g].sizes[d] for d in ("chain", "draw")) for g in (LINEARISED, "posterior")]
    if sizes[0] != sizes[1]:
        raise ValueError(
            f"draws: expected as many free vectors as draws, got {sizes[0]} and {sizes[1]}: take "
            "draws of the whole tree (draws.isel), not of its posterior alone"
        )
    return True


@double
def predictions_of(
    draws: xr.DataTree,
    model: Model,
    x: Any,
    y: Any = None,
    *,
    keep: tuple[str, ...],
    key: jax.Array,
    number: np.ndarray,
    lanes: int = BATCH,
) -> dict[str, np.ndarray]:
    """`run_draws` of some of the draws: of the linearised network where they carry it.

    Parameters
    ----------
    draws : DataTree
    model, x, y, key, lanes
        As for `bayesneuron.draws.evaluate.run_draws`.
    keep : tuple of str
        Of ``mean`` and ``y``.
    number : ndarray of int, shape (draw,)
        Which of the draws, chains one after another.

    Returns
    -------
    dict of str to ndarray, shape (draw, observation, ...)
        Those kept and, with `y`, ``log_likelihood``.
    """
    sites = latent_sites(draws, model, np.asarray(x))
    if not is_linearised(draws):
        few = {name: site[number] for name, site in sites.items()}
        return run_draws(model, few, x, y, keep=keep, key=key, number=number, lanes=lanes)
    group = draws[LINEARISED]
    inputs = jnp.asarray(x)
    targets = np.asarray(draws["observed_data"]["y"]) if y is None else np.asarray(y)
    dens = density(model, inputs[:1], jnp.asarray(targets[:1]))
    centre = jnp.asarray(np.asarray(group["centre"]))
    theta = np.asarray(group["theta"]).reshape(-1, dens.size)[number]
    shared = (centre, key, inputs, *(() if y is None else (jnp.asarray(y),)))
    return map_lanes(
        partial(_evaluate, dens, keep),
        theta,
        number,
        shared=shared,
        lanes=at_once(model, inputs, lanes),
    )


@partial(jax.jit, static_argnums=(0, 1))
def _evaluate(
    dens: Density,
    keep: tuple[str, ...],
    theta: jax.Array,
    number: jax.Array,
    centre: jax.Array,
    key: jax.Array,
    x: jax.Array,
    y: jax.Array | None = None,
) -> dict[str, jax.Array]:
    family = observed_at(dens, centre, x)
    values, push = jax.linearize(lambda at: observed_at(dens, at, x).natural, centre)

    def one(at: jax.Array, number: jax.Array) -> dict[str, jax.Array]:
        moved = jax.tree.map(jnp.add, values, push(at - centre))
        fn = family._replace(natural=moved).distribution()
        both = {"mean": mean_of(fn), "y": fn.sample(jax.random.fold_in(key, number))}
        outputs = {name: both[name] for name in keep}
        if y is not None:
            outputs["log_likelihood"] = jnp.reshape(fn.log_prob(y), (len(x), -1)).sum(-1)
        return outputs

    return jax.vmap(one)(theta, number)
