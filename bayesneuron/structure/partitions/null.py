"""Similarities without communities, to hold modularity against."""

import numpy as np

from bayesneuron.draws._activations import spread
from bayesneuron.geometry.similarity.activation import unit_columns
from bayesneuron.numerics.checks import check_choice

SHUFFLES = ("shift", "permute")
DRAWS, POINTS = 10, 500  # of the activations that the test uses, evenly spaced


def permuted_weights(similarity: np.ndarray, count: int, *, seed: int) -> np.ndarray:
    """The same similarities dealt out to pairs at random, (count, n, n).

    Keeps their distribution and nothing else: not the strength of single neurons, and not that
    neurons similar to a third are similar to each other, which correlations always are to a
    degree. A small p-value therefore says that there is *some* structure.
    """
    n = len(similarity)
    i, j = np.triu_indices(n, 1)
    rng = np.random.default_rng(seed)
    dealt = rng.permuted(np.tile(similarity[i, j], (count, 1)), axis=1)
    found = np.zeros((count, n, n))
    found[:, i, j] = found[:, j, i] = dealt
    return found


def shuffled_activations(
    activations: np.ndarray, count: int, *, shuffle: str, absolute: bool, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Mean similarity over draws, and the same with neurons moved apart along the points.

    Each neuron's activations keep their values (and, shifted in a circle, their
    autocorrelation); all draws of a neuron move alike. Only what neurons have in common goes.

    Parameters
    ----------
    activations : ndarray, shape (draw, point, n)
        At most 10 draws and 500 points of it are used, evenly spaced, here and there alike.
    count : int
    shuffle : {"shift", "permute"}
        ``shift`` for series, ``permute`` for observations in no order.
    absolute : bool
        |correlation| or the correlation itself.
    seed : int

    Returns
    -------
    observed : ndarray, shape (n, n)
    nulls : ndarray, shape (count, n, n)
    """
    check_choice("shuffle", shuffle, SHUFFLES)
    draws, points, n = activations.shape
    few = np.asarray(activations[spread(draws, DRAWS)][:, spread(points, POINTS)], float)
    unit = unit_columns(few, centred=True)
    z = np.ascontiguousarray(np.moveaxis(unit, 2, 0), np.float32)  # neuron first
    size = z.shape[2]
    rng = np.random.default_rng(seed)
    found = np.empty((count + 1, n, n))
    for b in range(count + 1):
        at = np.tile(np.arange(size), (n, 1))
        if b and shuffle == "shift":
            at = (at + rng.integers(size, size=(n, 1))) % size
        elif b:
            at = rng.permuted(at, axis=1)
        moved = np.swapaxes(np.take_along_axis(z, at[:, None], axis=2), 0, 1)
        s = moved @ np.swapaxes(moved, 1, 2)
        found[b] = (np.abs(s) if absolute else s).mean(axis=0)
    found *= 1 - np.eye(n)
    return found[0], found[1:]
