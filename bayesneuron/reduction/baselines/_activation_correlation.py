"""Of the two neurons whose activations are most correlated, one is removed.

References
----------
Babaeizadeh, Smaragdis, Campbell, "NoiseOut: a simple way to prune neural networks", 2016
(arXiv:1611.06211): the most correlated pair, and its merge; Ayinde, Inanc, Zurada, "Redundant
feature pruning for accelerated inference in deep neural networks", Neural Networks 2019:
redundant neurons are dropped.
"""

from dataclasses import replace
from functools import partial

import numpy as np

from bayesneuron.numerics.checks import check_flag
from bayesneuron.reduction.baselines.flat import flatten, split
from bayesneuron.reduction.baselines.removal import Sized, in_blocks
from bayesneuron.reduction.task import Task, check_sizes, select


def activation_correlation(
    task: Task, sizes: object, *, seed: int = 0, adjust: bool = False
) -> Sized:
    """Remove one of the pair with the largest |correlation| until so few neurons are left.

    Of a pair, the neuron whose outgoing weights have the smaller norm is removed. Constant neurons
    are removed before all pairs.

    Parameters
    ----------
    task : Task
    sizes : int or sequence of int
    seed : int
        Not used.
    adjust : bool
        As in NoiseOut, the neuron that stays takes over: u ≈ α v + β by least squares, and α times
        the outgoing weights of u are added to those of v, β times to the biases where there are
        any.

    Returns
    -------
    dict of int to dict of str to ndarray
        Sites, (draw, ...), by size.

    Raises
    ------
    ValueError
        If a size is not between 1 and the width of the layer.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> model = bn.load("two_layer", inputs=1, hidden=3, outputs=1)
    >>> sites = {
    ...     "hidden_weight": np.array([[[1.0], [-1.0], [0.0]]]),
    ...     "hidden_bias": np.array([[1.0, -1.0, 2.0]]),
    ...     "output_weight": np.array([[[5.0, 0.5, 1.0]]]), "output_bias": np.zeros((1, 1)),
    ...     "noise": np.ones(1),
    ... }  # fmt: skip
    >>> x = np.linspace(-1, 1, 5)[:, None]
    >>> task = Task(model, sites, "hidden", x, x)
    >>> activation_correlation(task, 1, adjust=True)[1]["output_weight"].round(6).tolist()
    [[[4.5]]]
    """
    check_flag(adjust=adjust)
    return in_blocks(task, partial(_path, sizes=check_sizes(task, sizes, seed), adjust=adjust))


def _path(task: Task, *, sizes: list[int], adjust: bool) -> Sized:
    flat, draws, n = flatten(task), np.arange(task.count), task.width
    values, v = flat.values.copy(), task.outgoing.astype(float)
    mean = task.activations.mean(axis=1)
    a = task.activations - mean[:, None]
    cov = np.swapaxes(a, 1, 2) @ a / a.shape[1]
    variance = np.einsum("snn->sn", cov)
    varies = variance > 1e-20 + 1e-12 * mean**2  # the rest is rounding
    sd = np.sqrt(np.where(varies, variance, 1.0))
    similarity = np.abs(cov) / (sd[:, :, None] * sd[:, None, :])
    similarity = np.where(varies[:, :, None] & varies[:, None, :], similarity, 0.0)
    similarity[:, np.arange(n), np.arange(n)] = np.where(varies, -1.0, 2.0)  # constant: first
    alive = np.ones((task.count, n), bool)
    pruned = {}
    for left in range(n, min(sizes) - 1, -1):
        if left in sizes:
            values[:, flat.slots] = v
            keep = np.nonzero(alive)[1].reshape(task.count, -1)
            moved = {**task.sites, **split(flat.shapes, values.copy())}
            pruned[left] = select(replace(task, sites=moved), keep)
        first, second = np.divmod(similarity.reshape(task.count, -1).argmax(axis=1), n)
        norm = np.linalg.norm(v, axis=2)
        smaller = norm[draws, first] <= norm[draws, second]
        gone, stays = np.where(smaller, [first, second], [second, first])
        if adjust:
            pair = gone != stays
            both = mean[draws, gone], mean[draws, stays]
            across, base = cov[draws, gone, stays], variance[draws, stays]
            if not task.constant:  # through the origin: nothing takes the level
                across, base = across + both[0] * both[1], base + both[1] ** 2
            slope = np.where(pair, across / np.where(base > 0, base, 1.0), 0.0)
            level = both[0] - slope * both[1]
            sent = v[draws, gone].copy()
            v[draws, stays] += slope[:, None] * sent
            if task.constant:
                np.add.at(values.T, flat.biases, (level[:, None] * sent).T)
        v[draws, gone] = np.where(adjust, 0.0, v[draws, gone])
        alive[draws, gone] = False
        similarity[draws, gone] = similarity[draws, :, gone] = -2.0
    return pruned
