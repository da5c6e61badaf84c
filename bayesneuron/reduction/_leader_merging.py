"""Our own method of reduction: leaders chosen for the function, communities around them."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from scipy.special import softmax

from bayesneuron.numerics.blocks import joined
from bayesneuron.numerics.checks import check_not_negative, check_positive
from bayesneuron.reduction._merge import read_through
from bayesneuron.reduction.centre import centres
from bayesneuron.reduction.path import Sums, groups_at, improved, keep_order, sums
from bayesneuron.reduction.rebuild import thinned
from bayesneuron.reduction.takeover import RIDGE
from bayesneuron.reduction.task import Task, Weights, check_sizes, deciders, over_blocks

_EQUAL = 1e-6  # nats per point, or squared sums: nothing that a better centre could win
_DOUBT = 1e-3  # least weight of a point, however sure the network is of its class


def leader_merging(
    task: Task,
    sizes: int | Sequence[int],
    *,
    seed: int = 0,
    ridge: float = RIDGE,
    most: int = 20,
) -> dict[int, Weights]:
    """Merge communities around leaders, chosen so that the layer keeps its function.

    Leaders are the subset that best reproduces the next layer's sums (`path`), every other
    neuron joins the leader whose activation is most correlated with its own, and each community
    becomes one neuron. Each draw takes either the leaders or the centres of the communities,
    whichever lose less. Where the sums are logits, squared changes of the sums are not what
    matters, and four choices of leaders are compared by the divergence that they end with: points
    weigh the same or by how much their class is in doubt, Σ_c p_c (1 - p_c), and changes are
    measured as they are or in the curvature of the divergence, the mean of diag p - p pᵀ.

    Parameters
    ----------
    task : Task
        Of aligned draws: all take the same partition.
    sizes : int or sequence of int
    seed : int
        Not used: nothing here is random.
    ridge : float
        As in `bayesneuron.merge`.
    most : int
        Draws on which the leaders are chosen, at most.

    Returns
    -------
    dict of int to (dict of str to ndarray)
        Sites, (draw, ...), by size.

    Raises
    ------
    ValueError
        If a size is not between 1 and the width of the layer, the ridge is negative or `most`
        is not positive.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> model = bn.load("two_layer", inputs=1, hidden=2, outputs=1, noise=0.1)
    >>> sites = {
    ...     "hidden_weight": np.array([[[1.0], [-1.0]]]),  # a neuron and its negative
    ...     "hidden_bias": np.zeros((1, 2)),
    ...     "output_weight": np.array([[[3.0, 1.0]]]),
    ...     "output_bias": np.zeros((1, 1)),
    ... }
    >>> task = Task(model, sites, "hidden", np.linspace(-2, 2, 9)[:, None], np.ones((9, 1)))
    >>> np.abs(leader_merging(task, 1)[1]["output_weight"]).round(6).tolist()
    [[[2.0]]]
    """
    check_not_negative(ridge=ridge)
    check_positive(most=most)
    wanted = check_sizes(task, sizes, seed)
    few = thinned(deciders(task), most)
    trials = {k: [] for k in wanted}
    for moments in _moments(few):
        order, correlation = keep_order(moments, max(wanted)), _similarity(moments)
        for k in wanted:
            leaders = improved(moments, order[:k])
            if all(set(leaders) != set(other) for other, _ in trials[k]):
                trials[k].append((leaders, groups_at(leaders, correlation)))
    chosen = {k: _least(few, pairs, ridge) for k, pairs in trials.items()}

    def every_size(block: Task) -> list[Weights]:
        return [_best(block, *chosen[k], ridge)[1] for k in wanted]

    parts = over_blocks(task, every_size)
    return {k: joined([part[i] for part in parts]) for i, k in enumerate(wanted)}


def _moments(task: Task) -> list[Sums]:
    build = partial(sums, task.activations, constant=task.constant)
    if task.logits is None:
        return [build(task.outgoing)]
    p = softmax(task.logits, axis=-1)
    doubt = (p * (1 - p)).sum(axis=-1) + _DOUBT
    sent = (task.outgoing, task.outgoing @ _root_of_curvature(p))
    return [build(v, weights=w) for v in sent for w in (None, doubt)]


def _root_of_curvature(p: np.ndarray) -> np.ndarray:
    """Square root of the mean of diag p - p pᵀ over points, (draw, class, class)."""
    mean = p.mean(axis=1)[:, :, None] * np.eye(p.shape[2]) - np.swapaxes(p, 1, 2) @ p / p.shape[1]
    values, vectors = np.linalg.eigh(mean)
    return vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]


def _similarity(moments: Sums) -> np.ndarray:
    sd = np.sqrt(np.einsum("sii->si", moments.gram))
    scale = np.where(sd > 0, 1 / np.where(sd > 0, sd, 1.0), 0.0)
    return np.abs(moments.gram * scale[:, :, None] * scale[:, None, :]).mean(axis=0)


def _least(
    task: Task, trials: list[tuple[np.ndarray, np.ndarray]], ridge: float
) -> tuple[np.ndarray, np.ndarray]:
    if len(trials) == 1:
        return trials[0]
    losses = [_best(task, *trial, ridge)[0].mean() for trial in trials]
    return trials[int(np.argmin(losses))]


def _best(
    task: Task, leaders: np.ndarray, owner: np.ndarray, ridge: float
) -> tuple[np.ndarray, Weights]:
    led = np.broadcast_to(np.eye(task.width)[leaders], (task.count, len(leaders), task.width))
    first, kept = read_through(task, led, owner, ridge=ridge)
    if first.max() < _EQUAL:
        return first, kept
    second, other = read_through(task, centres(task, owner), owner, ridge=ridge)
    better = (second < first) & (first >= _EQUAL)

    def pick(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.where(better.reshape(-1, *(1,) * (a.ndim - 1)), b, a)

    return np.minimum(first, second), {k: pick(v, other[k]) for k, v in kept.items()}
