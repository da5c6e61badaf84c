"""k-means communities of neurons, in Euclidean and in Wasserstein geometry."""

import warnings
from collections.abc import Callable

import numpy as np

from bayesneuron.geometry.gaussians import check_gaussians, pairwise_squared, wasserstein_kmeans
from bayesneuron.numerics.arrays import as_finite
from bayesneuron.numerics.checks import check_seed, check_within, sklearn_seed
from bayesneuron.structure.partitions._search import canonical

MOST = 10  # clusters tried where their number is not given
RESTARTS = 10  # scikit-learn's customary number; the best one is kept


def kmeans(means: np.ndarray, k: int | None = None, *, seed: int = 0) -> np.ndarray:
    """k-means of the neurons' means, by scikit-learn.

    Parameters
    ----------
    means : ndarray, shape (n, d)
    k : int, optional
        By default the number from 2 to 10 of greatest mean silhouette.
    seed : int

    Returns
    -------
    ndarray of int, shape (n,)
        Numbered by first appearance.

    References
    ----------
    Rousseeuw, "Silhouettes", J. Comput. Appl. Math. 20, 1987.

    Examples
    --------
    >>> kmeans(np.array([[0.0], [0.1], [5.0], [5.1], [9.0], [9.1]]), seed=0)
    array([0, 0, 1, 1, 2, 2])
    """
    from sklearn.cluster import KMeans as EuclideanKMeans
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.metrics import pairwise_distances

    means = as_finite("means", means, "n", "d")
    check_seed(seed)

    def fit(number: int) -> np.ndarray:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct neurons than k
            model = EuclideanKMeans(number, n_init=RESTARTS, random_state=sklearn_seed(seed))  # pyright: ignore[reportArgumentType]
            return canonical(model.fit_predict(means))

    return _of_number(fit, k, len(means), lambda: pairwise_distances(means))


def kmeans_wasserstein(
    means: np.ndarray, covs: np.ndarray, k: int | None = None, *, seed: int = 0
) -> np.ndarray:
    """k-means of the neurons' normal distributions, see `wasserstein_kmeans`.

    Parameters
    ----------
    means : ndarray, shape (n, d)
    covs : ndarray, shape (n, d, d)
    k : int, optional
        By default the number from 2 to 10 of greatest mean silhouette in this metric.
    seed : int

    Returns
    -------
    ndarray of int, shape (n,)
        Numbered by first appearance.

    Examples
    --------
    >>> spreads = np.array([1.0, 1.1, 90.0, 91.0])[:, None, None]  # equal means
    >>> kmeans_wasserstein(np.zeros((4, 1)), spreads, seed=0)
    array([0, 0, 1, 1])
    """
    means, covs = check_gaussians(means, covs)
    check_seed(seed)
    return _of_number(
        lambda number: wasserstein_kmeans(means, covs, number, seed=seed).labels,
        k,
        len(means),
        lambda: np.sqrt(pairwise_squared(means, covs)),
    )


def _of_number(
    fit: Callable[[int], np.ndarray],
    k: int | None,
    n: int,
    distances: Callable[[], np.ndarray],
) -> np.ndarray:
    if k is not None:
        check_within("k", k, 1, n)
        return fit(k)
    from sklearn.metrics import silhouette_score

    best_score, best, between = -np.inf, np.zeros(n, int), distances()
    for number in range(2, min(MOST, n - 1) + 1):
        labels = fit(number)
        if not 1 < labels.max() + 1 < n:  # copies: no silhouette
            continue
        score = silhouette_score(between, labels, metric="precomputed")
        if score > best_score:
            best_score, best = score, labels
    return best
