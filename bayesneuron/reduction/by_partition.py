"""Our own way to reduce a layer: leaders chosen for the function, communities around them."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from scipy.special import softmax

from bayesneuron.numerics.blocks import joined
from bayesneuron.reduction._merge import read_through
from bayesneuron.reduction.centre import centres
from bayesneuron.reduction.path import Sums, exchange, groups_at, keep_order, sums
from bayesneuron.reduction.rebuild import thinned
from bayesneuron.reduction.takeover import RIDGE
from bayesneuron.reduction.task import Task, Weights, check_sizes, over_blocks

_EQUAL = 1e-6  # nats a point, or of squared sums: nothing that a better centre could win
_DOUBT = 1e-3  # least weight of a point, however sure the network is of its class


def merging(
    task: Task,
    sizes: Sequence[int],
    *,
    seed: int = 0,
    ridge: float = RIDGE,
    most: int = 20,
) -> dict[int, Weights]:
    """Merge the layer into each number of neurons, its function kept as well as it can be.

    Leaders are the subset that best reproduces the next layer's sums (`path`), every other
    neuron joins the leader that its activation resembles most, and each community becomes one
    neuron. Each draw takes, of the leaders and the centres of the communities, what loses less.
    Where the sums are logits, a second choice of leaders weighs points by how much their class
    is in doubt, Σ_c p_c (1 - p_c), and the better of the two is taken.

    Parameters
    ----------
    task : Task
        Its draws aligned: all take the same partition.
    sizes : sequence of int
    seed : int
        Not used: nothing here is random.
    ridge : float
        As in `bayesneuron.merge`.
    most : int
        Draws on which the leaders are chosen.

    Returns
    -------
    dict of int to sites

    Raises
    ------
    ValueError
        If a size is not between 1 and the width of the layer.
    """
    wanted = check_sizes(task, sizes)
    few = thinned(task, most)
    every = {k: [] for k in wanted}
    for moments in _moments(few):
        order, alike = keep_order(moments, max(wanted)), _similarity(moments)
        for k in wanted:
            leaders = exchange(moments, order[:k]) if k < task.width else order
            every[k].append((leaders, groups_at(leaders, alike)))
    chosen = {k: _least(few, trials, ridge) for k, trials in every.items()}

    def every_size(block: Task) -> list[Weights]:
        return [_best(block, *chosen[k], ridge)[1] for k in wanted]

    parts = over_blocks(task, every_size)
    return {k: joined([part[i] for part in parts]) for i, k in enumerate(wanted)}


def _moments(task: Task) -> list[Sums]:
    build = partial(sums, task.activations, task.outgoing, constant=task.constant)
    if task.logits is None:
        return [build()]
    p = softmax(task.logits, axis=-1)
    return [build(), build(weights=(p * (1 - p)).sum(axis=-1) + _DOUBT)]


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
    better = second < first

    def pick(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.where(better.reshape(-1, *(1,) * (a.ndim - 1)), b, a)

    return np.minimum(first, second), {k: pick(v, other[k]) for k, v in kept.items()}
