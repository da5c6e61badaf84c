"""What pruning methods share: dropping by rank, and working through blocks of draws."""

from collections.abc import Callable

import numpy as np

from bayesneuron.numerics.blocks import joined
from bayesneuron.reduction.task import Task, Weights, over_blocks, select

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
    parts = over_blocks(task, run, size=_BLOCK, workers=1)
    return {size: joined([part[size] for part in parts]) for size in parts[0]}
