"""BMRS: neurons leave by Bayesian model reduction.

References
----------
Wright, Igel, Selvan, "BMRS: Bayesian model reduction for structured pruning", NeurIPS 2024,
arXiv 2406.01345.
"""

import numpy as np

from bayesneuron.draws.prior_units import in_prior_units
from bayesneuron.numerics.checks import check_positive_real
from bayesneuron.numerics.model_reduction import log_reduction
from bayesneuron.numerics.precision import double
from bayesneuron.reduction.baselines.removal import Sized, keep_best
from bayesneuron.reduction.task import Task, check_sizes, deciders

SPIKE = 1e-3  # of the prior's standard deviation: next to zero beside any posterior of a weight


@double
def bmrs(task: Task, sizes: object, *, seed: int = 0, spike: float = SPIKE) -> Sized:
    """Keep the neurons whose outgoing weights a reduced prior around zero explains worst.

    A neuron's score is the change of the log evidence when the prior of its outgoing weights is
    replaced by a normal distribution next to zero, in closed form from a normal posterior. One
    ranking serves all draws, which must be aligned.

    Parameters
    ----------
    task : Task
        Of several draws of one posterior.
    sizes : int or sequence of int
    seed : int
        Not used.
    spike : float
        Standard deviation of the reduced prior, in units of the prior's.

    Returns
    -------
    dict of int to dict of str to ndarray
        Sites, (draw, ...), by size.

    Raises
    ------
    ValueError
        If a size is not between 1 and the width of the layer, or the prior of the outgoing weights
        is not a normal one of mean 0.

    Notes
    -----
    The published method trains multiplicative noise on every neuron by variational inference, and
    reduces its log-uniform prior. Here the neuron's outgoing weights take the place of the
    noise, and draws that of the variational posterior.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = (np.asarray(v) for v in bn.windows(bn.datasets.noisy_sine(length=40), history=3))
    >>> model = bn.load("two_layer", inputs=3, hidden=4, outputs=1)
    >>> sites = bn.prior(model, x, samples=20)["posterior"].data_vars.items()
    >>> task = Task(model, {k: v.values[0] for k, v in sites}, "hidden", x, y)
    >>> bmrs(task, [3, 1])[1]["hidden_weight"].shape
    (20, 1, 3)
    """
    check_positive_real(spike=spike)
    counts, layout = check_sizes(task, sizes, seed), task.layout
    few = deciders(task)
    names = tuple(dict.fromkeys(a.site for a in layout.weight_axes(task.layer, "outgoing")))
    units = in_prior_units(task.model, few.sites, names, task.x.shape[1])
    outgoing = layout.rows({**few.sites, **units}, task.layer, "outgoing")
    score = -log_reduction(outgoing, spike)
    return keep_best(task, counts, np.tile(score, (task.count, 1)))
