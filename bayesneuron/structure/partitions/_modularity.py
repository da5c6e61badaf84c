"""Modularity of a partition, with and without signs."""

import numpy as np

from bayesneuron.numerics.checks import check_flag, check_not_negative
from bayesneuron.structure.partitions.arguments import as_labels, symmetric


def modularity_matrix(similarity: np.ndarray, *, resolution: float = 1.0) -> np.ndarray:
    """What each pair adds to the signed modularity when it shares a community.

        Bᵢⱼ = [wᵢⱼ - γ (s⁺ᵢ s⁺ⱼ / 2w⁺ - s⁻ᵢ s⁻ⱼ / 2w⁻)] / (2w⁺ + 2w⁻)

    with s± the node strengths and 2w± the totals of the positive and of the negative part.
    Without negative similarities this is Newman's modularity.

    Parameters
    ----------
    similarity : ndarray, shape (..., n, n)
        Symmetric; the diagonal does not count.
    resolution : float
        γ; larger means smaller communities.

    Returns
    -------
    ndarray, shape (..., n, n)
        Zeros where nothing is similar to anything.

    References
    ----------
    Gómez, Jensen, Arenas, "Analysis of community structure in networks of correlated data",
    Phys. Rev. E 80, 016114, 2009, equation 12.
    """
    w = similarity * (1 - np.eye(similarity.shape[-1]))
    signed = bool((w < 0).any())
    positive = np.maximum(w, 0.0) if signed else w
    total = np.abs(w).sum(axis=(-1, -2), keepdims=True)
    expected = _null_term(positive)
    if signed:
        expected -= _null_term(positive - w)
    w -= resolution * expected
    return _divide(w, total)


def modularity(
    similarity: np.ndarray, labels: np.ndarray, *, signed: bool = False, resolution: float = 1.0
) -> np.ndarray:
    """Modularity of a partition.

    Negative similarities are a trap. networkx puts signed weights into strengths and totals as
    they are: the null term loses its meaning, and a total near zero makes the result explode.
    python-louvain only stops at a negative strength. bctpy and leidenalg have signed objectives
    (``negative_sym``, ``negative_asym``; two layers with weights 1 and -1), but they must be
    asked for. Here the choice is explicit.

    Parameters
    ----------
    similarity : ndarray, shape (..., n, n)
    labels : ndarray of int, shape (..., n)
    signed : bool
        False: Newman's modularity of |similarity|, for which a neuron and its negative belong
        together, as they do for merging. True: positive similarities count within communities
        and negative ones between them, Q = [2w⁺ Q⁺ - 2w⁻ Q⁻] / (2w⁺ + 2w⁻), each part against
        its own null; see `modularity_matrix`.
    resolution : float

    Returns
    -------
    ndarray, shape (...)

    Examples
    --------
    >>> two = np.kron(np.eye(2), np.ones((3, 3)))
    >>> round(float(modularity(two, np.array([0, 0, 0, 1, 1, 1]))), 6)
    0.5
    >>> s = np.array([[0, 1, -1, -1], [1, 0, -1, -1], [-1, -1, 0, 1], [-1, -1, 1, 0]])
    >>> float(modularity(s, np.array([0, 0, 1, 1]), signed=True).round(6))  # 1/6 + 2/3 · 1/2
    0.5
    """
    check_flag(signed=signed)
    check_not_negative(resolution=resolution)
    values = symmetric("similarity", similarity, stacked=True)
    labels = as_labels("labels", labels, *["draw"] * (np.ndim(labels) - 1), "n")
    if labels.shape[-1] != values.shape[-1]:
        raise ValueError(
            f"labels: expected {values.shape[-1]}, one per neuron, got shape {labels.shape}"
        )
    values = values if signed else np.abs(values)
    return quality(modularity_matrix(values, resolution=resolution), labels)


def quality(b: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Sum of Bᵢⱼ over pairs that share a label."""
    labels = np.asarray(labels)
    return np.where(labels[..., :, None] == labels[..., None, :], b, 0.0).sum(axis=(-1, -2))


def _null_term(part: np.ndarray) -> np.ndarray:
    strength = part.sum(axis=-1)
    product = strength[..., :, None] * strength[..., None, :]
    return _divide(product, strength.sum(axis=-1)[..., None, None])


def _divide(a: np.ndarray, by: np.ndarray) -> np.ndarray:
    return np.where(by > 0, a / np.where(by > 0, by, 1.0), 0.0)
