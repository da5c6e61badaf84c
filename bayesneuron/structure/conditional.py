"""The conditional posterior density of every neuron's outgoing weights at zero, draw by draw.

Given all other weights, a neuron's outgoing weights u, in units of their prior standard deviation,
have the posterior N(u₀ + Λ⁻¹ g, Λ⁻¹) with Λ = I + RᵀR and g the gradient of the log posterior at
the draw u₀: exact where the outputs are linear in u and the noise is normal, one Gauss–Newton step
elsewhere. R is the Jacobian in `bayesneuron.draws.information`. The mean of the density at zero
over draws is the marginal density at zero (Gelfand and Smith 1990), whatever its shape.
"""

from collections.abc import Mapping
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from bayesneuron.draws.information import in_noise_units
from bayesneuron.network.model import Model
from bayesneuron.network.tracing import log_prob, run
from bayesneuron.network.width import at_once
from bayesneuron.numerics.checks import check_memory
from bayesneuron.numerics.progress import progress

_ROWS = 32  # most of the Jacobian at once
LARGE = 2**28  # numbers in the Jacobians of all draws, from which progress is shown

Sites = Mapping[str, np.ndarray]


def check_at_zero(model: Model, one: Sites, count: int, outgoing: int, x: np.ndarray) -> None:
    """Raise ValueError if the Jacobian of a layer's outgoing weights does not fit into memory.

    `one` are the latent sites of one draw, `count` the neurons, `outgoing` the weights of each.
    """
    data = jnp.asarray(x)
    outputs = lambda values: in_noise_units(run(model, values, data)["y"])
    rows = jax.eval_shape(outputs, {k: jnp.asarray(v) for k, v in one.items()}).size
    remedy = "ask for fewer rows, or a layer that sends less"
    check_memory("outgoing weights", count * outgoing, 2 * rows + 2 * outgoing, remedy=remedy)


def log_ratios_at_zero(
    model: Model,
    sites: Sites,
    units: Sites,
    places: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    *,
    temper: float = 1.0,
) -> np.ndarray:
    """Log of the conditional posterior over the prior density at zero, (draw, neuron).

    Parameters
    ----------
    model : Model
    sites : mapping of str to ndarray, shape (draw, ...)
        Every latent site.
    units : mapping of str to ndarray, shape (draw, ...)
        The outgoing sites in units of their prior standard deviation.
    places : ndarray of int, shape (neuron, m)
        Positions of each neuron's outgoing weights in these sites, flat, one after another.
    x, y : ndarray
    temper : float
        Power of the likelihood.
    """
    names, count = tuple(units), len(next(iter(sites.values())))
    scales = {k: _ratio(sites[k], units[k]) for k in names}
    of_draw = lambda values, s: {k: jnp.asarray(v[s]) for k, v in values.items()}
    data = jnp.asarray(x), jnp.asarray(y), jnp.asarray(places), jnp.asarray(temper)
    together = at_once(model, x, _ROWS)
    ratios = []
    long = count * places.size * len(x) > LARGE
    with progress("neurons at zero, draws", count, long=long) as advance:
        for s in range(count):
            one = _at_zero(model, names, together, of_draw(sites, s), of_draw(scales, s), *data)
            ratios.append(np.asarray(one))
            advance(1)
    return np.stack(ratios)


def _ratio(values: np.ndarray, units: np.ndarray) -> np.ndarray:
    """The unit itself; 1 where the weight is zero."""
    return np.divide(values, units, out=np.ones_like(units), where=units != 0)


@partial(jax.jit, static_argnums=(0, 1, 2))
def _at_zero(
    model: Model,
    names: tuple[str, ...],
    together: int,
    values: dict[str, jax.Array],
    scales: dict[str, jax.Array],
    x: jax.Array,
    y: jax.Array,
    places: jax.Array,
    temper: jax.Array,
) -> jax.Array:
    start = jnp.concatenate([(values[k] / scales[k]).ravel() for k in names])

    def moved(u: jax.Array) -> dict[str, jax.Array]:
        changed, at = dict(values), 0
        for k in names:
            part = u[at : at + values[k].size].reshape(values[k].shape)
            changed[k], at = part * scales[k], at + values[k].size
        return changed

    def outputs(u: jax.Array) -> jax.Array:
        return jnp.sqrt(temper) * in_noise_units(run(model, moved(u), x)["y"])

    def log_posterior(u: jax.Array) -> jax.Array:
        fit = jnp.sum(log_prob(run(model, moved(u), x, y)["y"]))
        return temper * fit - 0.5 * jnp.sum(u**2)

    size, rows = len(start), jax.eval_shape(outputs, start).size
    if size <= rows:
        push = lambda unit: jax.jvp(outputs, (start,), (unit,))[1]
        jacobian = jax.lax.map(push, jnp.eye(size), batch_size=together)
    else:
        pull = jax.vjp(outputs, start)[1]
        jacobian = jax.lax.map(lambda unit: pull(unit)[0], jnp.eye(rows), batch_size=together).T
    mine = jacobian[places]  # (neuron, m, row)
    precision = mine @ jnp.swapaxes(mine, 1, 2) + jnp.eye(places.shape[1])
    here, slope = start[places], jax.grad(log_posterior)(start)[places]
    weighted = jnp.einsum("nij,nj->ni", precision, here) + slope  # Λ times the mean
    square = jnp.einsum(
        "ni,ni->n", weighted, jnp.linalg.solve(precision, weighted[..., None])[..., 0]
    )
    return 0.5 * jnp.linalg.slogdet(precision)[1] - 0.5 * square
