"""Mean and covariance of draws that come block by block, exact but for rounding."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Moments:
    """Of random vectors, each with a mean and a scatter Σ (w - w̄)(w - w̄)ᵀ.

    Attributes
    ----------
    count : int
    mean : ndarray, shape (neuron, k)
    scatter : ndarray, shape (neuron, k, k)
    """

    count: int
    mean: np.ndarray
    scatter: np.ndarray

    @property
    def cov(self) -> np.ndarray:
        """Unbiased, (neuron, k, k); zero of a single draw."""
        return self.scatter / max(self.count - 1, 1)


def moments_of(draws: np.ndarray) -> Moments:
    """The moments of a block, (draw, neuron, k), in two passes."""
    mean = draws.mean(axis=0)
    centred = draws - mean
    return Moments(len(draws), mean, np.einsum("sni,snj->nij", centred, centred))


def merged(one: Moments, other: Moments) -> Moments:
    """The moments of two blocks together.

    References
    ----------
    Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample
    variances", 1979; of one draw at a time: Welford 1962.

    Examples
    --------
    >>> draws = np.random.default_rng(0).normal(1e6, 1.0, (50, 1, 2))
    >>> both = merged(moments_of(draws[:20]), moments_of(draws[20:]))
    >>> bool(np.allclose(both.cov, moments_of(draws).cov, rtol=1e-12))
    True
    """
    count = one.count + other.count
    shift = other.mean - one.mean
    between = np.einsum("ni,nj->nij", shift, shift) * (one.count * other.count / count)
    mean = one.mean + shift * (other.count / count)
    return Moments(count, mean, one.scatter + other.scatter + between)
