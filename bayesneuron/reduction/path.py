"""Which neurons lead the smaller network: subsets that reproduce the next layer's sums.

Keep the set S and let it take over the rest (see `takeover`). Of the sums that the next layer
forms, with weights V, the variance lost is tr(V R_S Vᵀ), R_S = C - C_S C_SS⁻¹ C_Sᵀ the residual
covariance of the activations. Neurons are added one by one, each the one that lowers the loss
most, on average over draws and relative to each draw's total: orthogonal least squares, or column
subset selection, with the next layer's weights as the metric. For one size the subset is then
improved. Where there are few subsets, all are tried. Elsewhere a member is exchanged for another
neuron, the best of all such pairs, as long as that lowers the loss.

References
----------
Chen, Billings, Luo, "Orthogonal least squares methods", Int. J. Control 1989; Altschuler et al.,
"Greedy column subset selection", ICML 2016; Miller, "Subset Selection in
Regression", 2002 (exchanges).
"""

from dataclasses import dataclass
from itertools import combinations, islice
from math import comb

import numpy as np

NOTHING = 1e-5  # share of the variance below which there is nothing to gain
FEW = 1000  # subsets of one size up to which all are tried: every size of 12 neurons
_CHUNK = 2048  # subsets at once
_TINY = 1e-10  # share of a neuron's variance below which a residual is rounding


@dataclass(frozen=True)
class Sums:
    """Second moments that determine the loss, each draw scaled to a total of one.

    Attributes
    ----------
    gram : ndarray, shape (draw, neuron, neuron)
        C, covariance of the activations over data (second moment where no bias takes means).
    sent : ndarray, shape (draw, m, neuron)
        V, so scaled that tr(V C Vᵀ) = 1.
    """

    gram: np.ndarray
    sent: np.ndarray


def sums(
    activations: np.ndarray,
    outgoing: np.ndarray,
    *,
    constant: bool,
    weights: np.ndarray | None = None,
) -> Sums:
    """Moments of the next layer's sums.

    Parameters
    ----------
    activations : ndarray, shape (draw, point, neuron)
    outgoing : ndarray, shape (draw, neuron, m)
    constant : bool
        Whether a bias takes up means.
    weights : ndarray, shape (draw, point), optional
        Of the points, equal by default.
    """
    w = np.ones(activations.shape[:2]) if weights is None else weights
    w = (w / w.sum(axis=1, keepdims=True))[:, :, None]
    a = activations
    if constant:
        a = a - (w * a).sum(axis=1, keepdims=True)
    gram = np.swapaxes(w * a, 1, 2) @ a
    sent = np.swapaxes(outgoing, 1, 2)
    total = ((sent @ gram) * sent).sum(axis=(1, 2))
    return Sums(gram, sent / np.sqrt(np.where(total > 0, total, 1.0))[:, None, None])


def keep_order(moments: Sums, size: int | None = None) -> np.ndarray:
    """Neurons in the order in which greedy selection keeps them, the first `size`.

    Examples
    --------
    >>> a = np.random.default_rng(0).normal(size=(1, 50, 3))
    >>> a[:, :, 2] = -a[:, :, 0]  # a duplicate, flipped
    >>> order = keep_order(sums(a, np.array([[[1.0], [2.0], [3.0]]]), constant=True))
    >>> int(order[2]) in (0, 2)
    True
    """
    residual = moments.gram.copy()
    start = np.einsum("sii->si", residual).copy()
    n = residual.shape[1]
    read = moments.sent @ residual
    kept, order = np.zeros(n, bool), []
    for _ in range(n if size is None else size):
        variance = np.einsum("sii->si", residual)
        alive = variance > _TINY * start
        gain = (read**2).sum(axis=1) / np.where(alive, variance, 1.0) * alive
        best = int(np.where(kept, -1.0, gain.mean(axis=0)).argmax())
        kept[best] = True
        order.append(best)
        pivot = np.where(alive[:, best], variance[:, best], np.inf)[:, None]
        column = residual[:, :, best] / np.sqrt(pivot)
        read -= (read[:, :, best] / np.sqrt(pivot))[:, :, None] * column[:, None, :]
        residual -= column[:, :, None] * column[:, None, :]
    return np.array(order)


def best_subset_of(moments: Sums, size: int) -> np.ndarray:
    """The subset of least loss, by trying all: of the variance it keeps tr(C_SS⁻¹ (C Vᵀ V C)_SS).

    Examples
    --------
    >>> a = np.random.default_rng(0).normal(size=(1, 50, 3))
    >>> m = sums(a, np.array([[[1.0], [2.0], [3.0]]]), constant=True)
    >>> best_subset_of(m, 2).tolist()
    [1, 2]
    """
    width = moments.gram.shape[1]
    read = moments.sent @ moments.gram
    explained = np.swapaxes(read, 1, 2) @ read
    level = np.einsum("sii->s", moments.gram) / width
    jitter = _TINY * np.where(level > 0, level, 1.0)[:, None, None] * np.eye(size)
    every, best, most = combinations(range(width), size), np.arange(size), -np.inf
    while chunk := list(islice(every, _CHUNK)):
        subsets = np.array(chunk)
        at = subsets[:, :, None], subsets[:, None, :]
        kept = np.zeros(len(subsets))
        for c, n, pull in zip(moments.gram, explained, jitter, strict=True):
            kept += np.einsum("pii->p", np.linalg.solve(c[at] + pull, n[at]))
        if kept.max() > most:
            best, most = subsets[kept.argmax()], kept.max()
    return best


def improved(moments: Sums, chosen: np.ndarray) -> np.ndarray:
    """A subset of no larger loss: the best of all if there are few, else after `exchange`."""
    width, size = moments.gram.shape[1], len(chosen)
    if size == width or lost(moments, chosen) < NOTHING:
        return chosen
    if comb(width, size) <= FEW:
        return best_subset_of(moments, size)
    return exchange(moments, chosen)


def exchange(moments: Sums, chosen: np.ndarray, *, rounds: int = 50) -> np.ndarray:
    """Improve a subset by the best of all exchanges of two neurons, until none helps.

    Examples
    --------
    >>> a = np.random.default_rng(0).normal(size=(1, 50, 3))
    >>> a[:, :, 0] = a[:, :, 1] + a[:, :, 2]  # best alone, needless beside the two
    >>> m = sums(a[:, :, [0, 1, 2]], np.array([[[1.0], [1.0], [1.3]]]), constant=True)
    >>> lost(m, exchange(m, np.array([0, 1]))) < 1e-9
    True
    """
    best, value = chosen, lost(moments, chosen)
    for _ in range(rounds):
        if value < NOTHING:
            break
        rise = _rise_by_exchange(moments, best)
        place, other = np.unravel_index(rise.argmin(), rise.shape)
        trial = best.copy()
        trial[place] = other
        new = lost(moments, trial)
        if not new < value * (1 - 1e-9):
            break
        best, value = trial, new
    return best


def lost(moments: Sums, chosen: np.ndarray) -> float:
    """Share of the variance of the next layer's sums that the subset loses, mean over draws."""
    residual = _residual(moments, chosen)
    share = ((moments.sent @ residual) * moments.sent).sum(axis=(1, 2))
    return float(np.maximum(share, 0.0).mean())


def groups_at(leaders: np.ndarray, similarity: np.ndarray) -> np.ndarray:
    """Partition of the neurons: each goes to the leader with which it is most correlated.

    Parameters
    ----------
    leaders : ndarray of int, shape (K,)
    similarity : ndarray, shape (neuron, neuron)
        Correlation of activations.

    Returns
    -------
    ndarray of int, shape (neuron,)
        Group of each; group g is that of ``leaders[g]``.

    Examples
    --------
    >>> c = np.array([[1, 0.1, -0.9], [0.1, 1, 0.2], [-0.9, 0.2, 1]])
    >>> groups_at(np.array([0, 1]), c).tolist()
    [0, 1, 0]
    """
    owner = np.abs(similarity[:, leaders]).argmax(axis=1)
    owner[leaders] = np.arange(len(leaders))
    return owner


def _inverse(moments: Sums, chosen: np.ndarray) -> np.ndarray:
    block = moments.gram[:, chosen[:, None], chosen]
    level = np.einsum("sii->s", block) / len(chosen)
    jitter = _TINY * np.where(level > 0, level, 1.0)  # neurons may outnumber points
    return np.linalg.inv(block + jitter[:, None, None] * np.eye(len(chosen)))


def _residual(moments: Sums, chosen: np.ndarray) -> np.ndarray:
    across = moments.gram[:, :, chosen]
    return moments.gram - across @ _inverse(moments, chosen) @ np.swapaxes(across, 1, 2)


def _rise_by_exchange(moments: Sums, chosen: np.ndarray) -> np.ndarray:
    """Rise of the loss if member i leaves and j comes, (member, neuron), mean over draws.

    With P = C_SS⁻¹ and u the i-th column of C_S P, the residual without i is R + u uᵀ / P_ii.
    The loss rises by ‖V u‖² / P_ii as i leaves, and falls by ‖V r_j‖² / r_jj as j comes, r_j the
    j-th column of the new residual.
    """
    inverse, residual = _inverse(moments, chosen), _residual(moments, chosen)
    u = moments.gram[:, :, chosen] @ inverse  # (draw, neuron, member)
    diagonal = np.einsum("sii->si", inverse)[:, :, None]
    share = 1 / np.where(diagonal > 0, diagonal, np.inf)  # (draw, member, 1)
    sent, read = moments.sent @ u, moments.sent @ residual
    u, alone = np.swapaxes(u, 1, 2), (sent**2).sum(axis=1)[:, :, None]
    variance = np.einsum("sii->si", residual)[:, None, :] + share * u**2
    alive = variance > _TINY * np.einsum("sii->si", moments.gram)[:, None, :]
    both = np.swapaxes(sent, 1, 2) @ read
    square = (read**2).sum(axis=1)[:, None, :] + share * u * (2 * both + share * u * alone)
    rise = share * alone - square / np.where(alive, variance, 1.0) * alive
    rise[:, :, chosen] = np.inf
    return rise.mean(axis=0)
