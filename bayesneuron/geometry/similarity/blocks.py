"""Correlation matrices between the weights of every two neurons."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bayesneuron.geometry.posterior import NeuronPosterior
from bayesneuron.numerics.arrays import as_finite


@dataclass(frozen=True)
class Blocks:
    """Standardised draws of neurons, whose correlations are made a row of blocks at a time.

    All at once would be a matrix of (neuron · k)².

    Attributes
    ----------
    z : ndarray, shape (draw, neuron, k)
        Mean 0 and variance 1 in each coordinate; 0 in one that never moves.
    live : ndarray, shape (neuron,)
        Number of coordinates that move, the trace of R_ii.
    """

    z: np.ndarray
    live: np.ndarray

    def rows(self) -> Iterator[np.ndarray]:
        """R_ij of every j ≥ i, shape (k, j, k), for each neuron i."""
        count, n, k = self.z.shape
        flat = self.z.reshape(count, n * k)
        for i in range(n):
            yield (self.z[:, i].T @ flat[:, i * k :] / count).reshape(k, n - i, k)


def squares_of(blocks: Blocks) -> np.ndarray:
    """‖R_ij‖² of every two neurons, shape (neuron, neuron)."""
    squares = np.zeros((len(blocks.live),) * 2)
    for i, row in enumerate(blocks.rows()):
        squares[i, i:] = (row**2).sum(axis=(0, 2))
    return mirrored(squares)


def mirrored(upper: np.ndarray) -> np.ndarray:
    """The symmetric matrix of which `upper` holds the upper triangle."""
    return np.triu(upper) + np.triu(upper, 1).T


def draws_of(source: np.ndarray | NeuronPosterior) -> np.ndarray:
    """Draws of neurons, (draw, neuron, k), of a posterior or an array."""
    if isinstance(source, NeuronPosterior):
        return source.by_draw
    return as_finite("draws", source, "draw", "neuron", "k")


def blocks_of(draws: np.ndarray) -> Blocks:
    """Standardise the coordinates of neurons, (draw, neuron, k).

    Raises
    ------
    ValueError
        If there are fewer than four draws or the shape does not fit.
    """
    if draws.ndim != 3 or len(draws) < 4:
        raise ValueError(
            f"draws: expected shape (draw, neuron, k) with at least 4 draws, got {draws.shape}"
        )
    centred = draws - draws.mean(axis=0)
    sd = centred.std(axis=0)
    # a constant less its mean may leave rounding
    moves = sd > 1e-12 * np.abs(draws).max(axis=0)
    z = np.where(moves, centred / np.where(moves, sd, 1.0), 0.0)
    return Blocks(z, moves.sum(axis=1))
