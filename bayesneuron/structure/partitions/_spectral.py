"""Spectral communities, by scikit-learn."""

import warnings

import numpy as np

from bayesneuron.numerics.checks import check_seed, check_within, sklearn_seed
from bayesneuron.structure.partitions._search import canonical
from bayesneuron.structure.partitions.arguments import symmetric


def spectral(similarity: np.ndarray, k: int | None = None, *, seed: int = 0) -> np.ndarray:
    """Spectral clustering with |similarity| as affinity.

    Parameters
    ----------
    similarity : ndarray, shape (n, n)
    k : int, optional
        Number of communities; by default that of the largest eigengap, see `eigengap`.
    seed : int

    Returns
    -------
    ndarray of int, shape (n,)
        Numbered by first appearance.

    References
    ----------
    von Luxburg, "A tutorial on spectral clustering", Stat. Comput. 17, 2007.

    Examples
    --------
    >>> spectral(np.kron(np.eye(2), np.ones((3, 3))) + 0.1, seed=0)
    array([0, 0, 0, 1, 1, 1])
    """
    similarity = symmetric("similarity", similarity)
    check_seed(seed)
    n = len(similarity)
    affinity = np.abs(similarity) * (1 - np.eye(n))
    k = eigengap(affinity) if k is None else k
    check_within("k", k, 1, n)
    if k in (1, n):
        return np.zeros(n, int) if k == 1 else np.arange(n)
    from sklearn.cluster import SpectralClustering

    with warnings.catch_warnings():  # unconnected parts are communities
        warnings.filterwarnings("ignore", "Graph is not fully connected")
        model = SpectralClustering(
            k, affinity="precomputed", assign_labels="cluster_qr", random_state=sklearn_seed(seed)
        )
        return canonical(model.fit_predict(affinity))


def eigengap(affinity: np.ndarray) -> int:
    """The k from 2 to n / 2 with the largest gap between eigenvalues k and k + 1.

    Of the normalised Laplacian I - D^(-½) W D^(-½), in ascending order. One community is not
    considered: in a dense matrix the first gap is nearly always the largest, and whether there
    are any communities is a question for the null.
    """
    n = len(affinity)
    if n < 4:
        return 1
    strength = affinity.sum(axis=1)
    scale = np.divide(1.0, np.sqrt(strength), out=np.zeros(n), where=strength > 0)
    values = np.linalg.eigvalsh(np.eye(n) - scale[:, None] * affinity * scale)
    gaps = np.diff(values)[1 : n // 2]  # after the second, ..., after the n/2-th
    return int(gaps.argmax()) + 2
