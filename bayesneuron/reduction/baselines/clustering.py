"""The original study's merge: a cluster of neurons becomes its centre.

Neurons are clustered by their incoming weights and bias, (w_i, b_i). A cluster C becomes one neuron
with the mean of its members' incoming weights and the sum of their outgoing ones,

    w_C = Σ_{i ∈ C} w_i / |C|,    v_C = Σ_{i ∈ C} v_i,

which is exactly the network with every neuron replaced by its centre. Equal neurons merge without
loss. Signs are not considered: a neuron and its negative stay apart.
"""

import warnings

import numpy as np

from bayesneuron.numerics.covariance import covariances
from bayesneuron.reduction.takeover import merged_sites
from bayesneuron.reduction.task import Task, Weights, check_sizes, deciders

RESTARTS = 10  # runs of k-means from new centres, of which the best is kept


def kmeans_euclidean(task: Task, sizes: object, *, seed: int = 0) -> dict[int, Weights]:
    """Merge by k-means over the incoming weights of each draw.

    Parameters
    ----------
    task : Task
    sizes : int or sequence of int
        Numbers of neurons to be left.
    seed : int
        Of the first centres (k-means++).

    Returns
    -------
    dict of int to (dict of str to ndarray)
        Sites by size. Where a draw has fewer distinct neurons than requested, the rest are silent.

    Raises
    ------
    ValueError
        If a size does not lie between 1 and the width of the layer.

    References
    ----------
    Lloyd 1982; Arthur and Vassilvitskii 2007 (scikit-learn).

    Examples
    --------
    >>> import bayesneuron as bn
    >>> model = bn.load("two_layer", inputs=1, hidden=3, outputs=1, noise=0.1)
    >>> sites = {
    ...     "hidden_weight": np.array([[[1.0], [1.0], [-2.0]]]),
    ...     "hidden_bias": np.array([[0.5, 0.5, 0.0]]),
    ...     "output_weight": np.array([[[1.0, 2.0, 4.0]]]),
    ...     "output_bias": np.zeros((1, 1)),
    ... }
    >>> task = Task(model, sites, "hidden", np.ones((5, 1)), np.ones((5, 1)))
    >>> sorted(kmeans_euclidean(task, 2)[2]["output_weight"].ravel().tolist())
    [3.0, 4.0]
    """
    chosen, numbers = check_sizes(task, sizes, seed), task.draw_numbers
    return {
        k: merge_groups(task, cluster(task.incoming, k, seed=seed, numbers=numbers), k)
        for k in chosen
    }


def kmeans_wasserstein(task: Task, sizes: object, *, seed: int = 0) -> dict[int, Weights]:
    """Merge by k-means over the neurons' distributions N(e_i, D_i) in the Wasserstein metric.

    e_i is the mean of the incoming weights over the draws, which must be aligned, and D_i is
    ``task.covariance`` or their covariance. There is one clustering for all draws. The mean of a
    barycentre is the mean of its members' means, so each draw merges to its members' mean.

    Parameters
    ----------
    task : Task
    sizes : int or sequence of int
    seed : int

    Returns
    -------
    dict of int to (dict of str to ndarray)

    Raises
    ------
    ValueError
        If a size is not valid, the covariance has another shape, or there is neither a covariance
        nor a second draw to estimate one from.

    References
    ----------
    Agueh and Carlier, "Barycenters in the Wasserstein space", SIAM J. Math. Anal. 2011;
    Zhuang, Chen, Yang, "Wasserstein K-means for clustering probability distributions",
    NeurIPS 2022.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.align(bn.laplace(model, x, y, samples=50, starts=4))
    >>> options = {"method": bn.baselines.kmeans_wasserstein, "score": "merged"}
    >>> bn.reduce(draws, sizes=[1], **options).at(1, merged=True).model.options["hidden"]
    1
    """
    from bayesneuron.geometry.gaussians import wasserstein_kmeans

    chosen = check_sizes(task, sizes, seed)
    sample = deciders(task)
    means, covs = sample.incoming.mean(axis=0), _covariance(sample)
    merged: dict[int, Weights] = {}
    for k in chosen:
        labels = np.asarray(wasserstein_kmeans(means, covs, k, seed=seed).labels)
        merged[k] = merge_groups(task, np.broadcast_to(labels, (task.count, task.width)), k)
    return merged


def cluster(
    vectors: np.ndarray, size: int, *, seed: int, numbers: np.ndarray | None = None
) -> np.ndarray:
    """Labels by k-means of each draw on its own, (draw, neuron); vectors are (draw, neuron, k).

    A draw's labels depend on the seed and its number (by default its place), not on how many draws
    there are.
    """
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    labels = np.empty(vectors.shape[:2], int)
    if numbers is None:
        numbers = np.arange(len(vectors))
    # one thread: as fast on so few points, and the order of sums is always the same
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore", ConvergenceWarning)  # of fewer distinct points than size
        for draw, points in enumerate(vectors):
            state = int(np.random.SeedSequence([seed, int(numbers[draw])]).generate_state(1)[0])
            fitted = KMeans(size, n_init=RESTARTS, random_state=state).fit(points)  # pyright: ignore[reportArgumentType]
            labels[draw] = fitted.labels_
    return labels


def membership(labels: np.ndarray, size: int) -> np.ndarray:
    """1 where neuron i is in group g, (draw, neuron, group)."""
    return np.eye(size)[labels]


def merge_groups(
    task: Task,
    labels: np.ndarray,
    size: int,
    *,
    scale: np.ndarray | None = None,
    shift: np.ndarray | None = None,
) -> Weights:
    """Networks whose neurons are the groups: mean incoming weights, summed outgoing ones.

    Parameters
    ----------
    task : Task
    labels : ndarray of int, shape (draw, neuron)
    size : int
        Number of groups. An empty group becomes a silent neuron.
    scale, shift : ndarray, shape (draw, size), optional
        A member is replaced by scale · group + shift instead of the group itself.
    """
    member = membership(labels, size)
    count = np.maximum(member.sum(axis=1), 1.0)
    into = np.swapaxes(member / count[:, None, :], 1, 2)
    out = member if scale is None else member * scale[:, None, :]
    constant = np.zeros(labels.shape)
    if shift is not None:
        constant = np.take_along_axis(shift, labels, axis=1)
    return merged_sites(task.layout, task.sites, task.layer, into, out, constant)


def _covariance(task: Task) -> np.ndarray:
    wanted = (*task.incoming.shape[1:], task.incoming.shape[2])
    if task.covariance is not None:
        if task.covariance.shape != wanted:
            raise ValueError(
                f"covariance: expected shape {wanted} of the incoming weights, "
                f"got {task.covariance.shape}"
            )
        return task.covariance
    if task.count < 2:
        raise ValueError("kmeans_wasserstein: expected a covariance or several draws, got one draw")
    return covariances(task.incoming)[0]
