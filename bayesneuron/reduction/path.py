"""Which neurons lead the smaller network: subsets that reproduce the next layer's sums.

Keep the set S and let it take over the rest (see `takeover`). Of the sums that the next layer
forms, with weights V, the variance lost is tr(V R_S Vᵀ), R_S = C - C_S C_SS⁻¹ C_Sᵀ the residual
covariance of the activations. Neurons are added one by one, each the one that lowers the loss
most, on average over draws and relative to each draw's total: orthogonal least squares, or column
subset selection, with the next layer's weights as the metric. For one size the subset is then
improved by exchanges: the least important member is replaced by the best of the others, as long as
that lowers the loss.

References
----------
Chen, Billings, Luo, "Orthogonal least squares methods", Int. J. Control 1989; Altschuler et al.,
"Greedy column subset selection", ICML 2016; Miller, "Subset Selection in
Regression", 2002 (exchanges).
"""

from dataclasses import dataclass

import numpy as np

NOTHING = 1e-5  # share of the variance below which there is nothing to gain
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


def exchange(moments: Sums, chosen: np.ndarray, *, rounds: int = 10) -> np.ndarray:
    """Improve a subset by exchanges until none helps.

    Examples
    --------
    >>> a = np.random.default_rng(0).normal(size=(1, 50, 3))
    >>> a[:, :, 0] = a[:, :, 1] + a[:, :, 2]  # best alone, needless beside the two
    >>> m = sums(a[:, :, [0, 1, 2]], np.array([[[1.0], [1.0], [1.3]]]), constant=True)
    >>> lost(m, exchange(m, np.array([0, 1]))) < 1e-9
    True
    """
    if len(chosen) == 1:  # greedy selection's first is the best
        return chosen
    best, value = chosen, lost(moments, chosen)
    for _ in range(rounds):
        if value < NOTHING:
            break
        cost = _cost_of_leaving(moments, best)
        rest = np.delete(best, int(cost.argmin()))
        gain = _gain_of_coming(moments, rest)
        trial = np.append(rest, int(gain.argmax()))
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


def _cost_of_leaving(moments: Sums, chosen: np.ndarray) -> np.ndarray:
    """Rise of the loss if a member leaves: ‖V b_i‖² / [C_SS⁻¹]_ii, b = C_S C_SS⁻¹."""
    inverse = _inverse(moments, chosen)
    carried = moments.sent @ (moments.gram[:, :, chosen] @ inverse)
    diagonal = np.einsum("sii->si", inverse)
    return ((carried**2).sum(1) / np.where(diagonal > 0, diagonal, np.inf)).mean(axis=0)


def _gain_of_coming(moments: Sums, chosen: np.ndarray) -> np.ndarray:
    """Fall of the loss if another comes: ‖V r_j‖² / r_jj; -1 for members."""
    residual = _residual(moments, chosen)
    variance = np.einsum("sii->si", residual)
    alive = variance > _TINY * np.einsum("sii->si", moments.gram)
    read = moments.sent @ residual
    gain = (read**2).sum(axis=1) / np.where(alive, variance, 1.0) * alive
    gain[:, chosen] = -1.0
    return gain.mean(axis=0)
