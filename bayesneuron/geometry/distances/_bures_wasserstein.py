"""The optimal-transport distance of two normal distributions."""

import numpy as np

from bayesneuron.geometry.distances.by_posterior import by_posterior
from bayesneuron.geometry.distances.stacked import stacked_roots


@by_posterior("mean", "cov")
def bures_wasserstein(m1: np.ndarray, s1: np.ndarray, m2: np.ndarray, s2: np.ndarray) -> np.ndarray:
    """2-Wasserstein distance of N(m₁, S₁) and N(m₂, S₂).

    d² = ‖m₁ - m₂‖² + tr(S₁ + S₂ - 2 (S₁^½ S₂ S₁^½)^½)

    Takes two `NeuronPosterior` as well, and compares them neuron by neuron.

    Parameters
    ----------
    m1, m2 : ndarray, shape (..., k)
    s1, s2 : ndarray, shape (..., k, k)
        May be singular. Leading axes broadcast: ``m[:, None], s[:, None], m, s`` gives all pairs.

    Returns
    -------
    ndarray, shape (...)

    References
    ----------
    Gelbrich 1990; Bhatia, Jain, Lim, "On the Bures–Wasserstein distance", 2019.

    Examples
    --------
    >>> zero, eye = np.zeros((1, 2)), np.eye(2)[None]
    >>> bures_wasserstein(zero, eye, zero, 4 * eye).round(6)
    array([1.414214])
    """
    return np.sqrt(squared(m1, s1, stacked_roots(s1)[0], m2, s2, stacked_roots(s2)[0]))


def squared(
    m1: np.ndarray, s1: np.ndarray, a1: np.ndarray, m2: np.ndarray, s2: np.ndarray, a2: np.ndarray
) -> np.ndarray:
    """Squared distances where the factors S = A Aᵀ of `stacked_roots` are known."""
    total = np.trace(s1, axis1=-2, axis2=-1) + np.trace(s2, axis1=-2, axis2=-1)
    spread = total - 2 * _overlap(a1, a2)
    return ((m1 - m2) ** 2).sum(axis=-1) + np.maximum(spread, 0.0)


@by_posterior("cov")
def fidelity(s1: np.ndarray, s2: np.ndarray) -> np.ndarray:
    """Tr (S₁^½ S₂ S₁^½)^½: the largest E⟨u, v⟩ of u ~ N(0, S₁) and v ~ N(0, S₂), however coupled.

    Examples
    --------
    >>> float(fidelity(np.eye(2), 4 * np.eye(2)))
    4.0
    """
    return _overlap(stacked_roots(s1)[0], stacked_roots(s2)[0])


def _overlap(a1: np.ndarray, a2: np.ndarray) -> np.ndarray:
    # With S = A Aᵀ the fidelity is the sum of singular values of A₁ᵀ A₂. Roots of eigenvalues would
    # lose half of the digits where a covariance is nearly singular.
    return np.linalg.svd(np.swapaxes(a1, -1, -2) @ a2, compute_uv=False).sum(axis=-1)
