"""Our own way to reduce a layer: leaders chosen for the function, communities around them."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from bayesneuron.merging.centre import answers, centres
from bayesneuron.merging.path import Sums, exchange, groups_at, keep_order, sums
from bayesneuron.merging.rebuild import thinned
from bayesneuron.merging.takeover import RIDGE, merged_sites, take_over
from bayesneuron.merging.task import Task, Weights, check_sizes, in_blocks


def merging(
    task: Task,
    sizes: Sequence[int],
    *,
    seed: int = 0,
    ridge: float = RIDGE,
    most: int = 50,
) -> dict[int, Weights]:
    """Merge the layer into each number of neurons, its function kept as well as it can be.

    Leaders are the subset that best reproduces the next layer's sums (`path`), every other
    neuron joins the leader that its activation resembles most, and each community becomes one
    neuron. Each draw takes, of the leaders and the centres of the communities, what loses less.

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
    found = communities_at(task, wanted, most=most)
    return {k: in_blocks(task, partial(_best, found[k], ridge)) for k in wanted}


def communities_at(
    task: Task, sizes: Sequence[int], *, most: int = 50
) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """For each size the leaders and the community of every neuron, the same for all draws."""
    few = thinned(task, most)
    moments = sums(few.activations, few.outgoing, constant=few.constant)
    order = keep_order(moments, max(sizes))
    alike = _similarity(moments)
    found = {}
    for k in sizes:
        leaders = exchange(moments, order[:k]) if k < task.width else order[:k]
        found[k] = leaders, groups_at(leaders, alike)
    return found


def _similarity(moments: Sums) -> np.ndarray:
    sd = np.sqrt(np.einsum("sii->si", moments.gram))
    scale = np.where(sd > 0, 1 / np.where(sd > 0, sd, 1.0), 0.0)
    return np.abs(moments.gram * scale[:, :, None] * scale[:, None, :]).mean(axis=0)


def _best(partition: tuple[np.ndarray, np.ndarray], ridge: float, task: Task) -> Weights:
    leaders, owner = partition
    led = np.broadcast_to(np.eye(task.width)[leaders], (task.count, len(leaders), task.width))
    trials = [_read(task, into, owner, ridge) for into in (led, centres(task, owner))]
    better = trials[1][0] < trials[0][0]
    return {
        k: np.where(better.reshape(-1, *(1,) * (v.ndim - 1)), trials[1][1][k], v)
        for k, v in trials[0][1].items()
    }


def _read(
    task: Task, into: np.ndarray, owner: np.ndarray, ridge: float
) -> tuple[np.ndarray, Weights]:
    """What is lost of the next layer's sums, (draw,), and the weights."""
    merged = answers(task, into, owner)
    out, constant = take_over(task.wanted, merged, owner, ridge=ridge, constant=task.constant)
    left = task.wanted - merged @ np.swapaxes(out, 1, 2) - constant[:, None, :]
    loss = ((left @ task.outgoing) ** 2).sum(axis=(1, 2))
    sites = merged_sites(task.layout, task.sites, task.layer, into, out, constant)
    return loss, sites
