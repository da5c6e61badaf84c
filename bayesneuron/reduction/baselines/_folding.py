"""Model folding: k-means over whole neurons, then a repair of the variance.

Folding replaces W by its projection on clusters of rows, U M W with the cluster means M W, and lets
the next layer read the sum over each cluster. The activations of a mean of different
neurons vary less than theirs ("variance collapse"), which REPAIR undoes: every merged unit a
gets back the mean μ and the standard deviation σ of its members, averaged over them,

    a  ↦  μ + σ / sd(a) · (a - mean(a)).

Networks with batch normalisation re-estimate its statistics for this. Here there is none, so the
scale goes into the outgoing weights and the shift into the biases that they feed, where there
are any. As the activations themselves are repaired, not the sums that enter them, no inverse of the
activation function is needed and a recurrent layer is repaired on all its steps.
"""

import numpy as np

from bayesneuron.draws._activations import respond
from bayesneuron.network.width import with_width
from bayesneuron.numerics.checks import check_flag
from bayesneuron.reduction.baselines.clustering import cluster, membership, merge_groups
from bayesneuron.reduction.task import Task, Weights, check_sizes

FLAT = 1e-6  # share of its members' deviation below which a unit is constant: nothing to scale


def folding(
    task: Task, sizes: object, *, seed: int = 0, repair: bool = True, outgoing: bool = True
) -> dict[int, Weights]:
    """Fold each draw by k-means and repair the variance of the merged units.

    Parameters
    ----------
    task : Task
        Its data give the variances.
    sizes : int or sequence of int
        Numbers of neurons to be left.
    seed : int
        Of the first centres.
    repair : bool
        False: folding alone.
    outgoing : bool
        Cluster (incoming, bias, outgoing) as the authors' code does, or without outgoing.
        Weights are not normalised; the authors fold batch normalisation into them first.

    Returns
    -------
    dict of int to (dict of str to ndarray)

    Raises
    ------
    ValueError
        If a size is not valid.

    References
    ----------
    Wang, Šikić, Thiele, Saukh, "Forget the Data and Fine-Tuning! Just Fold the Network to
    Compress", ICLR 2025, arXiv 2502.10216 (variant with data); Jordan et al., "REPAIR:
    REnormalizing Permuted Activations for Interpolation Repair", ICLR 2023.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> model = bn.load("two_layer", inputs=1, hidden=2, outputs=1, noise=0.1)
    >>> sites = {
    ...     "hidden_weight": np.array([[[1.0], [3.0]]]),
    ...     "hidden_bias": np.zeros((1, 2)),
    ...     "output_weight": np.ones((1, 1, 2)),
    ...     "output_bias": np.zeros((1, 1)),
    ... }
    >>> task = Task(model, sites, "hidden", np.linspace(-2, 2, 9)[:, None], np.ones((9, 1)))
    >>> folding(task, 1)[1]["output_weight"].round(3).tolist()
    [[[1.896]]]
    """
    check_flag(repair=repair, outgoing=outgoing)
    chosen = check_sizes(task, sizes, seed)
    parts = [task.incoming, task.outgoing] if outgoing else [task.incoming]
    vectors = np.concatenate(parts, axis=2)
    merged: dict[int, Weights] = {}
    for k in chosen:
        labels = cluster(vectors, k, seed=seed, numbers=task.draw_numbers)
        merged[k] = merge_groups(task, labels, k)
        if repair:
            scale, shift = _repair(task, merged[k], labels, k)
            merged[k] = merge_groups(task, labels, k, scale=scale, shift=shift)
    return merged


def _repair(
    task: Task, folded: Weights, labels: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray]:
    narrow = with_width(task.model, task.layer, size)
    merged = respond(narrow, folded, task.x)[task.layer]
    member = membership(labels, size)
    share = member / np.maximum(member.sum(axis=1, keepdims=True), 1.0)  # a mean over members
    mean, sd = (
        np.einsum("sn,snk->sk", f(task.activations, axis=1), share) for f in (np.mean, np.std)
    )
    own = merged.std(axis=1)
    live = own > FLAT * sd
    scale = np.where(live, sd / np.where(live, own, 1.0), 1.0)
    shift = mean - scale * merged.mean(axis=1) if task.constant else np.zeros_like(scale)
    return scale, shift
