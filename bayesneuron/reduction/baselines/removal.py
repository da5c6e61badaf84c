"""What pruning methods share: dropping by rank, and working through blocks of draws."""

from collections.abc import Callable

import numpy as np

from bayesneuron.reduction.task import Task, Weights, joined, rows_of, select

Sized = dict[int, Weights]

_BLOCK = 64  # draws at once: a square matrix over the neurons of each


def keep_best(task: Task, sizes: list[int], relevance: np.ndarray) -> Sized:
    """Networks with the most relevant neurons only, their weights as they were.

    Parameters
    ----------
    relevance : ndarray, shape (draw, neuron)
        Larger is kept longer; of equal ones the first.
    """
    order = np.argsort(-relevance, axis=1, kind="stable")
    return {size: select(task, np.sort(order[:, :size], axis=1)) for size in sizes}


def in_blocks(task: Task, run: Callable[[Task], Sized]) -> Sized:
    """`run` over blocks of draws, one after another, to bound memory."""
    starts = range(0, task.count, _BLOCK)
    parts = [run(rows_of(task, slice(i, i + _BLOCK))) for i in starts]
    return {size: joined([part[size] for part in parts]) for size in parts[0]}
