"""Random pruning: the reference that any rule for choosing neurons must beat."""

import numpy as np

from bayesneuron.reduction.baselines.removal import Sized, keep_best
from bayesneuron.reduction.task import Task, check_sizes


def random(task: Task, sizes: object, *, seed: int = 0) -> Sized:
    """Keep random neurons, as they are; each draw has its own order, the sizes nested in it.

    Parameters
    ----------
    task : Task
    sizes : int or sequence of int
    seed : int

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
    >>> x = np.zeros((3, 1))
    >>> sites = bn.prior(model, x, samples=5)["posterior"].data_vars.items()
    >>> task = Task(model, {k: v.values[0] for k, v in sites}, "hidden", x, x)
    >>> random(task, 2, seed=1)[2]["hidden_bias"].shape
    (5, 2)
    """
    counts, numbers = check_sizes(task, sizes, seed), task.draw_numbers
    relevance = np.random.default_rng(seed).random((numbers.max() + 1, task.width))[numbers]
    return keep_best(task, counts, relevance)
