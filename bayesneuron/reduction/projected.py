"""Draws of a Laplace approximation as networks that predict as they do.

Draw θ predicts through the network linearised at the mode, η(x, θ) = η* + J(x) (θ - θ*). Of the
networks that differ from the mode in the weights u into layers that are not hidden, in which η is
linear, the one that is closest at the rows of the data has

    u - u* = argmin_v ‖J (θ - θ*) - J_u v‖²,

with a small ridge. Weights into hidden neurons are those of the mode, without spread; predictions
keep as much of theirs as the readout can carry.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import scipy.linalg
import xarray as xr

from bayesneuron.alignment._align import reference_of
from bayesneuron.alignment.match import match
from bayesneuron.draws._activations import spread
from bayesneuron.draws.free_vectors import BATCH, sites_of_theta
from bayesneuron.draws.linearised import observed_at
from bayesneuron.draws.tree import LINEARISED
from bayesneuron.inference.structures import output_weights
from bayesneuron.network.density import Density, density
from bayesneuron.network.model import Model
from bayesneuron.network.symmetry import act, canonicalise
from bayesneuron.network.width import at_once
from bayesneuron.numerics.lanes import map_lanes
from bayesneuron.numerics.precision import double
from bayesneuron.reduction.task import Weights

RIDGE = 1e-4  # relative to the mean square of a column of J_u
MOST = 4000  # unknowns of the readout
CELLS = 20_000_000  # numbers in J_u


@double
def projected(draws: xr.DataTree, model: Model, x: np.ndarray, y: np.ndarray) -> Weights | None:
    """Sites of the projections of aligned draws, (draw, ...), neurons numbered as in these.

    None where the output weights are not free, are more than `MOST`, or hidden layers are linear.
    """
    layout = model.layout
    if any(layout.symmetry(layer) == "linear" for layer in layout.hidden):
        return None
    dens = density(model, jnp.asarray(x[:1]), jnp.asarray(y[:1]))
    centre = np.asarray(draws[LINEARISED]["centre"])
    try:
        readout = np.union1d(output_weights(dens), _noise(dens, centre))
    except ValueError:  # they derive from other weights
        return None
    if len(readout) > MOST:
        return None
    theta = np.asarray(draws[LINEARISED]["theta"]).reshape(-1, dens.size)
    moved = np.tile(centre, (len(theta), 1))
    moved[:, readout] += _steps(dens, centre, theta - centre, readout, x)
    sites = {k: v[0] for k, v in sites_of_theta(dens, moved[None], x).items()}
    mode = {k: v[0] for k, v in sites_of_theta(dens, centre[None, None], x).items()}
    numbered, at_mode = (
        canonicalise(layout, {k: values[k] for k in layout.sites}) for values in (sites, mode)
    )
    moves = match(layout, at_mode, reference_of(draws, layout), search=True)[1]
    for layer, move in moves.items():
        order, sign = (np.repeat(part, len(theta), axis=0) for part in move)
        numbered = act(layout, numbered, layer, order, sign)
    return sites | numbered


def _steps(
    dens: Density, centre: np.ndarray, steps: np.ndarray, readout: np.ndarray, x: np.ndarray
) -> np.ndarray:
    """Moves of the readout, (draw, unknown), that predict as `steps`, (draw, size), do."""
    at = jnp.asarray(centre)
    outputs = jax.eval_shape(partial(_column, dens), readout[:1], at, jnp.asarray(x[:1])).size
    rows = jnp.asarray(x[spread(len(x), max(1, CELLS // (outputs * len(readout))))])
    lanes = at_once(dens.model, rows, BATCH)
    columns = map_lanes(partial(_column, dens), readout, shared=(at, rows), lanes=lanes)
    wanted = map_lanes(partial(_pushed, dens), steps, shared=(at, rows), lanes=lanes)
    square = columns @ columns.T
    square += RIDGE * np.trace(square) / len(square) * np.eye(len(square))
    return scipy.linalg.solve(square, columns @ wanted.T, assume_a="pos").T


@partial(jax.jit, static_argnums=0)
def _pushed(dens: Density, steps: jax.Array, centre: jax.Array, x: jax.Array) -> jax.Array:
    """J of every step, (step, row and parameter of y)."""

    def natural(at: jax.Array) -> jax.Array:
        parts = observed_at(dens, at, x).natural
        return jnp.concatenate([jnp.ravel(part) for part in parts.values()])

    return jax.vmap(jax.linearize(natural, centre)[1])(steps)


@partial(jax.jit, static_argnums=0)
def _column(dens: Density, place: jax.Array, centre: jax.Array, x: jax.Array) -> jax.Array:
    """Columns of J at some places in θ."""
    return _pushed(dens, jax.nn.one_hot(place, dens.size, dtype=centre.dtype), centre, x)


def _noise(dens: Density, centre: np.ndarray) -> np.ndarray:
    """Places in θ of numbers that are no weights and move none, such as a noise scale."""
    layout, before = dens.model.layout, np.asarray(dens.units(jnp.asarray(centre)))
    places = [np.empty(0, int)]
    for name in set(dens.places) - set(layout.sites):
        at = np.array(centre)
        at[dens.places[name]] += 0.5
        if np.array_equal(np.asarray(dens.units(jnp.asarray(at))), before):
            places.append(dens.places[name].ravel())
    return np.concatenate(places)
