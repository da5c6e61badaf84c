"""The best of all subsets: no selection with least squares loses less of the next layer's sums.

Keep the set S and let it take over the rest. Of the variance of the sums, with weights V and
covariance C of the activations, it explains

    tr(C_SS⁻¹ N_SS),    N = C Vᵀ V C.

All subsets of a size are tried.

References
----------
Miller, "Subset selection in regression", 2002, chapter 3.
"""

from itertools import chain, combinations, islice
from math import comb

import numpy as np

from bayesneuron.reduction.baselines.ridge import compensated
from bayesneuron.reduction.path import sums
from bayesneuron.reduction.takeover import RIDGE
from bayesneuron.reduction.task import Task, Weights, check_sizes, deciders

MOST = 50_000  # subsets of one size
_CHUNK = 2048  # subsets at once


def best_subset(
    task: Task, sizes: object, *, seed: int = 0, ridge: float = RIDGE
) -> dict[int, Weights]:
    """Keep the subset that explains most of the next layer's sums, with least squares after.

    Parameters
    ----------
    task : Task
        Of aligned draws: all keep the same subset, by the mean share of the variance explained.
    sizes : int or sequence of int
    seed : int
        Not used: nothing is drawn.
    ridge : float
        As in `compensated`.

    Returns
    -------
    dict of int to (dict of str to ndarray)

    Raises
    ------
    ValueError
        If a size is not valid, or has more than 50,000 subsets.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> model = bn.load("two_layer", inputs=1, hidden=3, outputs=1, noise=0.1)
    >>> sites = {
    ...     "hidden_weight": np.array([[[0.1], [1.0], [-1.0]]]),
    ...     "hidden_bias": np.zeros((1, 3)),
    ...     "output_weight": np.array([[[5.0, 1.0, 2.0]]]),
    ...     "output_bias": np.zeros((1, 1)),
    ... }
    >>> task = Task(model, sites, "hidden", np.linspace(-2, 2, 9)[:, None], np.ones((9, 1)))
    >>> np.abs(best_subset(task, 2)[2]["hidden_weight"]).tolist()
    [[[0.1], [1.0]]]
    """
    del seed
    counts = check_sizes(task, sizes)
    for k in counts:
        if comb(task.width, k) > MOST:
            raise ValueError(
                f"sizes: expected at most {MOST:,} subsets of {task.width} neurons, "
                f"got {comb(task.width, k):,} of size {k}"
            )
    few = deciders(task)
    moments = sums(few.activations, few.outgoing, constant=few.constant)
    read = moments.sent @ moments.gram
    explained = np.swapaxes(read, 1, 2) @ read  # N, (draw, neuron, neuron)
    return {
        k: compensated(task, _best(moments.gram, explained, k), ridge=ridge)
        for k in dict.fromkeys(counts)
    }


def _best(gram: np.ndarray, explained: np.ndarray, size: int) -> np.ndarray:
    width = gram.shape[1]
    level = np.einsum("sii->s", gram) / width
    jitter = 1e-10 * np.where(level > 0, level, 1.0)[:, None, None] * np.eye(size)
    every, top, value = combinations(range(width), size), np.arange(size), -np.inf
    while chunk := list(islice(every, _CHUNK)):
        subsets = np.fromiter(chain.from_iterable(chunk), int).reshape(-1, size)
        rows, columns = subsets[:, :, None], subsets[:, None, :]
        share = np.zeros(len(subsets))
        for c, n, pull in zip(gram, explained, jitter, strict=True):
            share += np.einsum("pii->p", np.linalg.solve(c[rows, columns] + pull, n[rows, columns]))
        if share.max() > value:
            value, top = share.max(), subsets[share.argmax()]
    return top
