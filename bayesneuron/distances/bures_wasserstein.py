"""The optimal-transport distance of two normal laws."""

import numpy as np


def bures_wasserstein(m1: np.ndarray, s1: np.ndarray, m2: np.ndarray, s2: np.ndarray) -> np.ndarray:
    """2-Wasserstein distance of N(m₁, S₁) and N(m₂, S₂).

    d² = ‖m₁ - m₂‖² + tr(S₁ + S₂ - 2 (S₁^½ S₂ S₁^½)^½)

    Parameters
    ----------
    m1, m2 : ndarray, shape (neuron, k)
    s1, s2 : ndarray, shape (neuron, k, k)
        May be singular.

    Returns
    -------
    ndarray, shape (neuron,)

    References
    ----------
    Gelbrich 1990; Bhatia, Jain, Lim, "On the Bures–Wasserstein distance", 2019.

    Examples
    --------
    >>> zero, eye = np.zeros((1, 2)), np.eye(2)[None]
    >>> bures_wasserstein(zero, eye, zero, 4 * eye).round(6)
    array([1.414214])
    """
    values, vectors = np.linalg.eigh(s1)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]) @ np.swapaxes(vectors, 1, 2)
    middle = np.linalg.eigvalsh(root @ s2 @ root)
    cross = np.sqrt(np.maximum(middle, 0.0)).sum(axis=1)
    spread = np.einsum("nii->n", s1) + np.einsum("nii->n", s2) - 2 * cross
    return np.sqrt(((m1 - m2) ** 2).sum(axis=1) + np.maximum(spread, 0.0))
