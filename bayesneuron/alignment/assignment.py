"""Batched linear assignment of neurons to places."""

import jax
import jax.numpy as jnp
import numpy as np
from scipy.optimize import linear_sum_assignment

from bayesneuron.numerics.lanes import map_lanes

_SMALL = 16  # neurons up to which neither solver needs help
_LANES = 32  # most draws that the compiled program sees at once


def assign(
    scores: np.ndarray,
    *,
    signed: bool,
    price: np.ndarray | None = None,
    fixed: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """For each draw the (signed) permutation of largest total score.

    Parameters
    ----------
    scores : ndarray, shape (draw, place, neuron)
        Gain of putting the neuron in the place as it is; its negative for it flipped.
    signed : bool
        Whether neurons may be flipped.
    price : ndarray, shape (place,), optional
        Subtracted from the scores of each place: it changes no optimum, only how soon it is found.
        Half the squared norm of the place makes the dearest place the nearest one.
    fixed : ndarray, shape (draw, place, neuron), optional
        Gain of putting the neuron in the place either way, of a signed layer.

    Returns
    -------
    order : ndarray of int, shape (draw, place)
        The neuron put in each place.
    sign : ndarray of ±1, shape (draw, place)

    Notes
    -----
    Where every neuron prefers a different place, that is the optimum, found for all draws at
    once. Only the other draws go to SciPy's solver one by one, which at this size is several
    times faster than a batched Hungarian method.

    Examples
    --------
    >>> order, sign = assign(np.array([[[0.1, -2.0], [1.0, 0.3]]]), signed=True)
    >>> order.tolist(), sign.tolist()
    ([[1, 0]], [[-1.0, 1.0]])
    """
    gain = _gain(scores, fixed, signed=signed)
    if price is not None:
        gain = gain - price[:, None]
    place = gain.argmax(axis=1)
    order = place.argsort(axis=1, kind="stable")
    hard = np.flatnonzero((np.diff(np.sort(place, axis=1), axis=1) == 0).any(axis=1))
    if len(hard):
        rest = gain[hard]
        if gain.shape[1] > _SMALL:
            rest -= rest.max(axis=1, keepdims=True)  # a price of each neuron
        for s, table in zip(hard, rest, strict=True):
            order[s] = linear_sum_assignment(table, maximize=True)[1]
    if not signed:
        return order, np.ones(order.shape)
    picked = np.take_along_axis(scores, order[:, :, None], axis=2)[:, :, 0]
    return order, np.where(picked < 0, -1.0, 1.0)


def _gain(scores: np.ndarray, fixed: np.ndarray | None, *, signed: bool) -> np.ndarray:
    """Of each neuron in each place under the better of its signs."""
    gain = np.abs(scores) if signed else scores
    return gain if fixed is None else gain + fixed


def _potential(cost: np.ndarray) -> np.ndarray:
    """Of places, (draw, n): p[i] <= cost[i, j] + p[j]. Bellman and Ford: no cycle is negative."""
    price = np.zeros(cost.shape[:2])
    for _ in range(cost.shape[1]):
        lower = np.minimum(price, (cost + price[:, None, :]).min(axis=2))
        if np.array_equal(lower, price):
            break
        price = lower
    return price


def margins(scores: np.ndarray, *, signed: bool, fixed: np.ndarray | None = None) -> np.ndarray:
    """How much score is lost when each neuron must leave its place, shape (draw, neuron).

    Parameters
    ----------
    scores : ndarray, shape (draw, place, neuron)
        Scores of aligned draws: neuron i is in place i, and that is the best assignment.
    fixed : ndarray, shape (draw, place, neuron), optional
        As in `assign`.

    Notes
    -----
    The second-best assignment that moves neuron i exchanges it round a cycle of places; the
    cheapest cycle through i is a shortest path (Floyd and Warshall), O(n³) per draw. A flip
    in place costs 2 scores[i, i].

    Examples
    --------
    >>> margins(np.array([[[3.0, 1.0], [0.5, 2.0]]]), signed=False).tolist()
    [[3.5, 3.5]]
    """
    count, n = scores.shape[:2]
    own = np.einsum("sii->si", scores)
    here = own if fixed is None else own + np.einsum("sii->si", fixed)
    gain = _gain(scores, fixed, signed=signed)
    cost = here[:, :, None] - gain  # of moving neuron j into place i
    cost[:, np.arange(n), np.arange(n)] = np.inf
    if n > _SMALL:
        cycle = _compiled_cycles(cost)
    else:
        for k in range(n):
            np.minimum(cost, cost[:, :, k : k + 1] + cost[:, k : k + 1, :], out=cost)
        cycle = np.einsum("sii->si", cost)
    margin = np.minimum(cycle, 2 * own) if signed else cycle
    return np.maximum(margin, 0.0).reshape(count, n)


def _compiled_cycles(cost: np.ndarray) -> np.ndarray:
    """The same in one pass over memory per step and in single precision: a tenth of the time.

    Costs that are negative are made positive first by a potential of the places, which changes
    no cycle (Johnson 1977): rounding could else make a negative cycle out of an exact tie.
    """
    if not len(cost):
        return np.zeros(cost.shape[:2])
    price = _potential(cost)
    reduced = cost + price[:, None, :] - price[:, :, None]
    cost = np.maximum(reduced, 0.0).astype(np.float32)
    lanes = min(_LANES, 1 << (len(cost) - 1).bit_length())  # wide layers come two at a time
    return map_lanes(_cycles, cost, lanes=lanes, chunk=lanes).astype(float)


@jax.jit
def _cycles(cost: jax.Array) -> jax.Array:
    def through(k: int, c: jax.Array) -> jax.Array:
        return jnp.minimum(c, c[:, k][:, None] + c[k, :][None, :])

    n = cost.shape[-1]
    return jax.lax.map(lambda c: jnp.diag(jax.lax.fori_loop(0, n, through, c)), cost)
