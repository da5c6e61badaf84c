"""Variation of information between partitions."""

import numpy as np

from bayesneuron.structure.partitions.arguments import as_labels

BLOCK = 32  # candidates compared at a time: bounds memory


def variation_of_information(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Variation of information of all pairs of partitions, in bits.

    VI(a, b) = H(a) + H(b) - 2 I(a, b) = 1/n Σᵢ [log₂ |aᵢ| + log₂ |bᵢ| - 2 log₂ |aᵢ ∩ bᵢ|]

    where aᵢ is the community of i in a. A metric; 0 for the same partition, at most log₂ n.

    Parameters
    ----------
    a : ndarray of int, shape (r, n)
    b : ndarray of int, shape (s, n)

    Returns
    -------
    ndarray, shape (r, s)

    References
    ----------
    Meilă, "Comparing clusterings", J. Multivariate Anal. 98, 2007; the sum over i as in Wade and
    Ghahramani, Bayesian Analysis 13, 2018.

    Examples
    --------
    >>> one, halves, each = [0, 0, 0, 0], [0, 0, 1, 1], [0, 1, 2, 3]
    >>> variation_of_information(np.array([one, halves]), np.array([halves, each]))
    array([[1., 2.],
           [0., 1.]])
    """
    a, b = as_labels("a", a, "r", "n"), as_labels("b", b, "s", "n")
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"b: expected {a.shape[1]} neurons as in the other, got {b.shape[1]}")
    first, second = together(a), together(b)
    n = first.shape[-1]
    size_a, size_b = (np.log2(s.sum(axis=-1)).sum(axis=1) for s in (first, second))
    right = np.ascontiguousarray(np.moveaxis(second, 0, 2))  # (i, j, s)
    common = np.empty((len(first), len(second)))
    for start in range(0, len(first), BLOCK):
        left = np.moveaxis(first[start : start + BLOCK], 0, 1)  # (i, r, j)
        common[start : start + BLOCK] = np.log2(left @ right).sum(axis=0)
    return np.maximum(size_a[:, None] + size_b - 2 * common, 0.0) / n


def together(labels: np.ndarray) -> np.ndarray:
    """1 where two neurons share a community, (..., n, n), single precision: counts stay exact."""
    labels = np.asarray(labels)
    return (labels[..., :, None] == labels[..., None, :]).astype(np.float32)
