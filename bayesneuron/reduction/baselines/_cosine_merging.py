"""Neuron merging by cosine: a kept neuron of similar direction stands for a pruned one.

The neurons with the largest incoming weights are kept. A pruned neuron i, w_i = (incoming, bias),
goes to the kept neuron j of the largest cos(w_i, w_j); if that is at least the threshold, then
w_i ≈ s w_j with s = ‖w_i‖ / ‖w_j‖, and its outgoing weights are added to those of j, s times.
Otherwise it vanishes as in pruning.

This is exact for w_i = s w_j, s > 0 and a positively homogeneous activation (ReLU), which the
authors assume. For tanh and the like it holds as far as the units are near-linear. It is
applied here as published to all of them, without regard to sign symmetry: a flipped copy has
cosine -1 and is not merged.
"""

import numpy as np

from bayesneuron.numerics.checks import check_choice, check_finite
from bayesneuron.reduction.takeover import merged_sites
from bayesneuron.reduction.task import Task, Weights, check_sizes

CRITERIA = ("l1", "l2", "gm")


def cosine_merging(
    task: Task,
    sizes: object,
    *,
    seed: int = 0,
    criterion: str = "l1",
    threshold: float = 0.45,
) -> dict[int, Weights]:
    """Prune by norm and compensate along the most similar kept neuron, draw by draw.

    Parameters
    ----------
    task : Task
    sizes : int or sequence of int
        Numbers of neurons to be left.
    seed : int
        Not used: nothing is drawn.
    criterion : {"l1", "l2", "gm"}
        Which neurons are kept: largest l1 or l2 norm of the incoming weights and bias, or
        largest sum of distances to all others (farthest from their geometric median).
    threshold : float
        Least cosine for a merge; 0 merges always. The authors take 0.45 in fully connected
        networks.

    Returns
    -------
    dict of int to (dict of str to ndarray)

    Raises
    ------
    ValueError
        If a size, the criterion or the threshold is not valid.

    References
    ----------
    Kim, Kim, Park, Jeon, "Neuron Merging: Compensating for Pruned Neurons", NeurIPS 2020,
    algorithm 1 for layers without batch normalisation.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> model = bn.load("two_layer", inputs=1, hidden=2, outputs=1, activation="relu", noise=0.1)
    >>> sites = {
    ...     "hidden_weight": np.array([[[1.0], [2.0]]]),
    ...     "hidden_bias": np.array([[0.5, 1.0]]),
    ...     "output_weight": np.array([[[4.0, 1.0]]]),
    ...     "output_bias": np.zeros((1, 1)),
    ... }
    >>> task = Task(model, sites, "hidden", np.ones((5, 1)), np.ones((5, 1)))
    >>> cosine_merging(task, 1)[1]["output_weight"].tolist()
    [[[3.0]]]
    """
    chosen = check_sizes(task, sizes, seed)
    check_choice("criterion", criterion, CRITERIA)
    check_finite(threshold=threshold)
    if not -1 <= threshold <= 1:
        raise ValueError(f"threshold: expected a cosine in [-1, 1], got {threshold}")
    w = task.incoming
    order = np.argsort(-_score(w, criterion), axis=1, kind="stable")
    none = np.zeros(w.shape[:2])
    merged: dict[int, Weights] = {}
    for k in chosen:
        keep = np.sort(order[:, :k], axis=1)
        into, out = np.eye(task.width)[keep], _decompose(w, keep, threshold)
        merged[k] = merged_sites(task.layout, task.sites, task.layer, into, out, none)
    return merged


def _score(w: np.ndarray, criterion: str) -> np.ndarray:
    if criterion == "l1":
        return np.abs(w).sum(axis=2)
    if criterion == "l2":
        return np.linalg.norm(w, axis=2)
    inner = w @ np.swapaxes(w, 1, 2)
    square = np.einsum("sii->si", inner)
    apart = square[:, :, None] + square[:, None, :] - 2 * inner
    return np.sqrt(np.maximum(apart, 0.0)).sum(axis=2)


def _decompose(w: np.ndarray, keep: np.ndarray, threshold: float) -> np.ndarray:
    """Z with w ≈ Z w[keep], (draw, neuron, kept): one entry a row, the identity for the kept."""
    norm = np.linalg.norm(w, axis=2)
    unit = w / np.where(norm > 0, norm, 1.0)[:, :, None]
    rows = np.take_along_axis(unit, keep[:, :, None], axis=1)
    cosine = unit @ np.swapaxes(rows, 1, 2)  # (draw, neuron, kept)
    best = cosine.argmax(axis=2)
    like = np.take_along_axis(cosine, best[:, :, None], axis=2)[:, :, 0]
    base = np.take_along_axis(norm, np.take_along_axis(keep, best, axis=1), axis=1)
    carried = (base > 0) & ((like >= threshold) if threshold else True)
    scale = np.where(carried, norm / np.where(base > 0, base, 1.0), 0.0)
    z = np.eye(keep.shape[1])[best] * scale[:, :, None]
    np.put_along_axis(z, keep[:, :, None], np.eye(keep.shape[1])[None], axis=1)
    return z
