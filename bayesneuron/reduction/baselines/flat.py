"""All weights of a network as one vector, the data loss over it, and its curvature.

The loss is the negative log likelihood -Σ_t log p(y_t | x_t, w) of the training data as a function
of the weights that the layout names, as they enter the network (of an orthonormal site the
orthonormal matrix, not the free one behind it). Every other site, such as the noise, is held.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from bayesneuron.network.model import Model
from bayesneuron.network.rows import rows_of
from bayesneuron.network.tracing import run
from bayesneuron.reduction.task import Task, Weights

_ROWS = 32  # rows of a Hessian computed at once

Shapes = tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True)
class Flat:
    """The weights of every draw of a task as one vector.

    Attributes
    ----------
    shapes : tuple of (str, tuple of int)
        Name and shape of each site, in the order of the vector.
    values : ndarray, shape (draw, size)
    held : mapping of str to ndarray, shape (draw, ...)
        The sites that are not weights.
    reads, sends : ndarray of bool, shape (neuron, size)
        The weights that each neuron of the task's layer reads (its bias among them) and sends.
        A weight from a neuron to itself is both.
    slots : ndarray of int, shape (neuron, m)
        Places in the vector of what each neuron sends, in the order of `Task.outgoing`.
    biases : ndarray of int, shape (m,)
        Place of the bias that is added to the same sum; empty where there is none
        (`Task.constant` is false).
    """

    shapes: Shapes
    values: np.ndarray
    held: Weights
    reads: np.ndarray
    sends: np.ndarray
    slots: np.ndarray
    biases: np.ndarray


def flatten(task: Task) -> Flat:
    """Lay out the weights of `task` as vectors."""
    layout, count, width = task.layout, task.count, task.width
    names = [s for s in layout.sites if s not in layout.auxiliary]
    sites = {k: np.asarray(task.sites[k], float) for k in names}
    shapes = tuple((k, v.shape[1:]) for k, v in sites.items())
    values = np.concatenate([v.reshape(count, -1) for v in sites.values()], axis=1)
    places = split(shapes, np.arange(values.shape[1]))
    reads, slots = (layout.rows(places, task.layer, r, lead=0) for r in ("incoming", "outgoing"))
    biases = []
    for axis in layout.weight_axes(task.layer, "outgoing") if task.constant else ():
        bias = places[layout.bias(layout.receiver(axis.site)) or ""]
        into = layout.into.get(axis.site, 0)
        shape = [-1 if a == into else 1 for a in range(places[axis.site].ndim)]
        spread = np.broadcast_to(bias.reshape(shape), places[axis.site].shape)
        biases.append(rows_of(spread, axis.axis, lead=0)[0])
    return Flat(
        shapes=shapes,
        values=values,
        held={k: np.asarray(v) for k, v in task.sites.items() if k not in sites},
        reads=_mask(reads, (width, values.shape[1])),
        sends=_mask(slots, (width, values.shape[1])),
        slots=slots,
        biases=np.concatenate(biases) if biases else np.zeros(0, int),
    )


def _mask(index: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    mask = np.zeros(shape, bool)
    np.put_along_axis(mask, index, True, axis=1)
    return mask


def split[A: (np.ndarray, jax.Array)](shapes: Shapes, values: A) -> dict[str, A]:
    """Vectors, shape (..., size), back to sites."""
    sites, start = {}, 0
    for name, shape in shapes:
        size = int(np.prod(shape))
        sites[name] = values[..., start : start + size].reshape(*values.shape[:-1], *shape)
        start += size
    return sites


Held = Mapping[str, np.ndarray] | Mapping[str, jax.Array]


def losses(
    model: Model, shapes: Shapes, values: jax.Array, held: Held, x: jax.Array, y: jax.Array
) -> jax.Array:
    """Negative log likelihood of each observation of one network, shape (observation,)."""
    site = _observed(model, shapes, values, held, x, y)
    return -site["fn"].log_prob(site["value"]).reshape(x.shape[0], -1).sum(-1)


def expected_loss(
    model: Model, shapes: Shapes, values: jax.Array, own: jax.Array, held: Held, x: jax.Array
) -> jax.Array:
    """-Σ_t E log p(y | x_t, values) over the y that the network with weights `own` predicts.

    Its Hessian at ``values = own`` is the Fisher information, the Gauss–Newton matrix of squared
    errors; its gradient is zero there. Classes are summed over; for a density the expectation is
    taken at its mean, which for a normal density changes only a constant.
    """
    trial = _observed(model, shapes, values, held, x, None)["fn"]
    observed = _observed(model, shapes, own, held, x, None)["fn"]
    if observed.has_enumerate_support and not observed.event_shape:
        classes = observed.enumerate_support()
        return -jnp.sum(jnp.exp(observed.log_prob(classes)) * trial.log_prob(classes))
    return -jnp.sum(trial.log_prob(observed.mean))


def _observed(
    model: Model, shapes: Shapes, values: jax.Array, held: Held, x: jax.Array, y: jax.Array | None
) -> dict[str, Any]:
    return run(model, {**held, **split(shapes, values)}, x, y)["y"]


@partial(jax.jit, static_argnums=(0, 1))
def hessian_rows(
    model: Model,
    shapes: Shapes,
    values: jax.Array,
    held: Held,
    x: jax.Array,
    y: jax.Array | None,
    which: jax.Array,
) -> jax.Array:
    """Rows `which` of the Hessian of one network's loss, or without y of its Fisher information.

    Returns
    -------
    array, shape (row, size)
    """

    def loss(v: jax.Array) -> jax.Array:
        if y is None:
            return expected_loss(model, shapes, v, values, held, x)
        return losses(model, shapes, v, held, x, y).sum()

    def row(index: jax.Array) -> jax.Array:
        direction = jnp.zeros_like(values).at[index].set(1.0)
        return jax.jvp(jax.grad(loss), (values,), (direction,))[1]

    return jax.lax.map(row, which, batch_size=_ROWS)


@partial(jax.jit, static_argnums=(0, 1))
def hessian_diagonals(
    model: Model, shapes: Shapes, values: jax.Array, held: Held, x: jax.Array, y: jax.Array
) -> jax.Array:
    """Exact diagonal of the Hessian of the loss of every draw, shape (draw, size)."""

    def one(draw: tuple[jax.Array, Held]) -> jax.Array:
        v, fixed = draw

        def second(index: jax.Array) -> jax.Array:
            unit = jnp.zeros_like(v).at[index].set(1.0)

            def slope(u: jax.Array) -> jax.Array:
                loss = lambda w: losses(model, shapes, w, fixed, x, y).sum()
                return jax.jvp(loss, (u,), (unit,))[1]

            return jax.jvp(slope, (v,), (unit,))[1]

        return jax.lax.map(second, jnp.arange(v.size), batch_size=_ROWS)

    return jax.lax.map(one, (values, held))


@partial(jax.jit, static_argnums=(0, 1))
def gradient_moments(
    model: Model, shapes: Shapes, values: jax.Array, held: Held, x: jax.Array, y: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Mean over observations of the loss's gradient and of its square, each (draw, size).

    Parameters
    ----------
    y : array, shape (draw, observation, ...)
        Targets of each draw: the data, or targets simulated from the network itself.
    """

    def one(draw: tuple[jax.Array, Held, jax.Array]) -> tuple[jax.Array, jax.Array]:
        v, fixed, targets = draw

        def gradient(row: tuple[jax.Array, jax.Array]) -> jax.Array:
            single = row[0][None], row[1][None]
            return jax.grad(lambda u: losses(model, shapes, u, fixed, *single)[0])(v)

        def add(sums: tuple[jax.Array, jax.Array], row: tuple[jax.Array, jax.Array]):
            g = gradient(row)
            return (sums[0] + g, sums[1] + g**2), None

        zero = jnp.zeros_like(v)
        total, square = jax.lax.scan(add, (zero, zero), (x, targets))[0]
        return total / len(x), square / len(x)

    return jax.lax.map(one, (values, held, y))
