"""The best of all subsets: no selection with least squares loses less of the next layer's sums.

References
----------
Miller, "Subset selection in regression", 2002, chapter 3.
"""

from math import comb

from bayesneuron.reduction.baselines.ridge import compensated
from bayesneuron.reduction.path import best_subset_of, sums
from bayesneuron.reduction.takeover import RIDGE
from bayesneuron.reduction.task import Task, Weights, check_sizes, deciders

MOST = 50_000  # subsets of one size


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
    >>> import numpy as np
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
    return {
        k: compensated(task, best_subset_of(moments, k), ridge=ridge) for k in dict.fromkeys(counts)
    }
