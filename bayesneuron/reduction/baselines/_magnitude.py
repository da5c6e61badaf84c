"""Magnitude pruning: the neurons with the smallest weights go."""

from collections.abc import Callable

import numpy as np

from bayesneuron.numerics.checks import check_choice
from bayesneuron.reduction.baselines.removal import Sized, keep_best
from bayesneuron.reduction.task import Task, check_sizes

_Norms = Callable[[np.ndarray, np.ndarray], np.ndarray]

_RULES: dict[str, _Norms] = {
    "whole": lambda into, out: np.hypot(into, out),
    "incoming": lambda into, out: into,
    "outgoing": lambda into, out: out,
    "product": lambda into, out: into * out,
}


def magnitude(task: Task, sizes: object, *, seed: int = 0, norm: str = "whole") -> Sized:
    """Keep the neurons with the largest Euclidean norm of their weights, as they are.

    Parameters
    ----------
    task : Task
    sizes : int or sequence of int
    seed : int
        Not used.
    norm : {"whole", "incoming", "outgoing", "product"}
        Of which weights: all of the neuron's, those it reads (with its bias), those it sends,
        or the product of the last two, which a rescaled ReLU neuron leaves as it is.

    Returns
    -------
    dict of int to dict of str to ndarray
        Sites, (draw, ...), by size.

    Raises
    ------
    ValueError
        If a size is not between 1 and the width of the layer, or `norm` is unknown.

    References
    ----------
    Han, Pool, Tran, Dally, "Learning both weights and connections for efficient neural networks",
    NeurIPS 2015 (weights by magnitude); Li et al., "Pruning filters for efficient ConvNets",
    ICLR 2017 (whole filters, by the norm of what they read).

    Examples
    --------
    >>> import bayesneuron as bn
    >>> model = bn.load("two_layer", inputs=1, hidden=2, outputs=1)
    >>> sites = {
    ...     "hidden_weight": np.array([[[1.0], [3.0]]]), "hidden_bias": np.zeros((1, 2)),
    ...     "output_weight": np.ones((1, 1, 2)), "output_bias": np.zeros((1, 1)),
    ...     "noise": np.ones(1),
    ... }  # fmt: skip
    >>> task = Task(model, sites, "hidden", np.zeros((3, 1)), np.zeros((3, 1)))
    >>> magnitude(task, 1)[1]["hidden_weight"].tolist()
    [[[3.0]]]
    """
    check_choice("norm", norm, tuple(_RULES))
    counts = check_sizes(task, sizes, seed)
    into, out = (np.linalg.norm(w, axis=2) for w in (task.incoming, task.outgoing))
    return keep_best(task, counts, _RULES[norm](into, out))
