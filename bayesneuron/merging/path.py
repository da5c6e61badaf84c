"""In what order neurons are kept, from one to all.

Keep the set S and let it take over the rest (see `takeover`): what is lost of the sums that the
next layer forms is tr(Vᵀ V R_S), R_S = C - C_S C_SS⁻¹ C_Sᵀ the residual covariance of the activations.
Neurons are added one by one, each the one that lowers the loss most, on average over draws and
relative to each draw's total. This is orthogonal least squares, or column subset selection,
with the next layer's weights as the metric.

References
----------
Chen, Billings, Luo, "Orthogonal least squares methods", Int. J. Control 1989; Altschuler et al.,
"Greedy column subset selection", ICML 2016.
"""

import numpy as np

from bayesneuron.layout import Layout


def keep_order(
    activations: np.ndarray, outgoing: np.ndarray, *, constant: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Neurons in the order in which to keep them, and the share of variance still lost.

    Parameters
    ----------
    activations : ndarray, shape (draw, point, neuron)
    outgoing : ndarray, shape (draw, neuron, m)
        What each neuron sends, see `outgoing_weights`.
    constant : bool
        Whether a bias takes up means.

    Returns
    -------
    order : ndarray of int, shape (neuron,)
    lost : ndarray, shape (neuron,)
        Share lost when the first k + 1 are kept, mean over draws.

    Examples
    --------
    >>> a = np.random.default_rng(0).normal(size=(1, 50, 3))
    >>> a[:, :, 2] = -a[:, :, 0]  # a duplicate, flipped
    >>> order, lost = keep_order(a, np.ones((1, 3, 1)) * [[[1.0], [2.0], [3.0]]], constant=True)
    >>> bool(lost[1] < 1e-12)
    True
    """
    a = activations - activations.mean(axis=1, keepdims=True) if constant else activations
    residual = np.swapaxes(a, 1, 2) @ a / a.shape[1]
    start = np.einsum("sii->si", residual).copy()
    metric = outgoing @ np.swapaxes(outgoing, 1, 2)  # Vᵀ V, (draw, neuron, neuron)
    total = np.einsum("sij,sij->s", metric, residual)
    total = np.where(total > 0, total, 1.0)
    n = a.shape[2]
    kept, lost = np.zeros(n, bool), []
    order = np.empty(n, int)
    read = np.swapaxes(outgoing, 1, 2) @ residual  # V R, (draw, m, neuron)
    for k in range(n):
        variance = np.einsum("sii->si", residual)
        alive = variance > 1e-10 * start  # what is left of the others is rounding
        gain = (read**2).sum(axis=1) / np.where(alive, variance, 1.0) * alive / total[:, None]
        score = np.where(kept, -1.0, gain.mean(axis=0))
        best = order[k] = int(score.argmax())
        kept[best] = True
        pivot = np.where(alive[:, best], variance[:, best], np.inf)[:, None]
        column = residual[:, :, best] / np.sqrt(pivot)
        read -= np.einsum("sm,sn->smn", read[:, :, best] / np.sqrt(pivot), column)
        residual -= column[:, :, None] * column[:, None, :]
        left = np.einsum("sij,sij->s", metric, residual) / total if k + 1 < n else 0.0
        lost.append(float(np.mean(np.maximum(left, 0.0))))
    return order, np.array(lost)


def groups_at(order: np.ndarray, size: int, similarity: np.ndarray) -> np.ndarray:
    """Partition of the neurons: every one goes to the kept one that it resembles most.

    Parameters
    ----------
    order : ndarray of int, shape (neuron,)
    size : int
    similarity : ndarray, shape (neuron, neuron)
        Correlation of activations.

    Returns
    -------
    ndarray of int, shape (neuron,)
        Group of each; group g is that of ``order[g]``.

    Examples
    --------
    >>> c = np.array([[1, 0.1, -0.9], [0.1, 1, 0.2], [-0.9, 0.2, 1]])
    >>> groups_at(np.array([0, 1, 2]), 2, c).tolist()
    [0, 1, 0]
    """
    first = order[:size]
    owner = np.abs(similarity[:, first]).argmax(axis=1)
    owner[first] = np.arange(size)
    return owner


def outgoing_weights(layout: Layout, sites: dict[str, np.ndarray], layer: str) -> np.ndarray:
    """All that every neuron of `layer` sends, (draw, neuron, m)."""
    parts = []
    for axis in layout.axes(layer):
        if axis.role == "outgoing" and axis.site not in layout.auxiliary:
            rows = np.moveaxis(sites[axis.site], axis.axis + 1, 1)
            parts.append(rows.reshape(*rows.shape[:2], -1))
    return np.concatenate(parts, axis=2)
