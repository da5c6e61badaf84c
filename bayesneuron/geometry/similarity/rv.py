"""Escoufier's RV coefficient: one correlation between two neurons of many weights each."""

from typing import Any

import numpy as np

from bayesneuron.geometry.posterior import NeuronPosterior
from bayesneuron.geometry.similarity.blocks import Blocks, blocks_of, draws_of, squares_of
from bayesneuron.numerics.arrays import as_numbers


def rv_coefficient(
    draws: np.ndarray | NeuronPosterior,
    *,
    adjusted: bool = True,
    effective: np.ndarray | float | None = None,
) -> np.ndarray:
    """RV coefficient of every two neurons' weights across draws.

    RV_ij = ‖R_ij‖² / (‖R_ii‖ ‖R_jj‖), R the joint correlation matrix, in blocks

    The square of Pearson's correlation where a neuron is one weight. With few draws every ‖R‖²
    is too large by chance, and RV near 1 whatever the neurons; ``adjusted`` takes off what
    chance adds, k_i k_j / ν for ν degrees of freedom, so that independent neurons are near 0.

    Parameters
    ----------
    draws : NeuronPosterior, or ndarray, shape (draw, neuron, k)
        Aligned. Weights are standardised, or the widest would decide.
    adjusted : bool
    effective : ndarray, shape (neuron, neuron), or float, optional
        Number of independent draws where they are autocorrelated (`effective_counts`).

    Returns
    -------
    ndarray, shape (neuron, neuron)
        In [0, 1]. 0, also on the diagonal, for a neuron that never moves.

    Raises
    ------
    ValueError
        If there are fewer than four draws.

    References
    ----------
    Robert and Escoufier 1976; Mayer, Lorent, Horgan, "Exploratory analysis of multiple omics
    datasets using the adjusted RV coefficient", 2011.

    Examples
    --------
    >>> z = np.random.default_rng(0).normal(size=(50, 2, 20))
    >>> rv_coefficient(z, adjusted=False)[0, 1].round(1), rv_coefficient(z)[0, 1].round(1)
    (np.float64(0.3), np.float64(0.0))
    """
    blocks = blocks_of(draws_of(draws))
    _check_effective(effective, blocks.z.shape[1])
    freedom = degrees(blocks, effective) if adjusted else None
    return rv_of(squares_of(blocks), blocks.live, freedom)


def _check_effective(effective: Any, n: int) -> None:
    if effective is None:
        return
    counts = as_numbers("effective", effective)
    if counts.shape not in ((), (n, n)) or not (counts > 0).all():
        raise ValueError(
            f"effective: expected a positive number, or an array ({n}, {n}) of them, "
            f"got {effective!r}"
        )


def degrees(blocks: Blocks, effective: np.ndarray | float | None) -> np.ndarray:
    """ν = number of independent draws - 1, for every two neurons."""
    count, n, _ = blocks.z.shape
    return np.maximum(np.broadcast_to(count if effective is None else effective, (n, n)) - 1.0, 2.0)


def rv_of(squares: np.ndarray, live: np.ndarray, freedom: np.ndarray | None) -> np.ndarray:
    """RV of the squared norms ‖R_ij‖², adjusted if there are degrees of freedom."""
    size = own_norms(squares, live, freedom)
    above = squares
    if freedom is not None:
        # Mayer et al.: r² becomes r² - (1 - r²)/(ν - 1); as a sum, up to a factor that cancels
        above = np.maximum(squares - np.outer(live, live) / freedom, 0.0)
    below = np.outer(size, size)
    rv = np.minimum(above / np.where(below > 0, below, 1.0), 1.0)
    np.fill_diagonal(rv, live > 0)
    return rv


def own_norms(squares: np.ndarray, live: np.ndarray, freedom: np.ndarray | None) -> np.ndarray:
    """‖R_ii‖, adjusted likewise; a correlation matrix of trace k has at least √k."""
    own = np.diag(squares).copy()
    if freedom is not None:
        own -= live**2 / np.diag(freedom)
        own = np.clip(own, live * (1 - 1 / np.diag(freedom)), None)
    return np.sqrt(own)
