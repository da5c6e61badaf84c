"""Covariance of neurons from draws, shrunk where there are too few."""

import numpy as np

ENOUGH = 10  # draws per dimension from which the plain covariance is taken


def covariances(draws: np.ndarray, *, shrink: bool | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Covariance D_i of every neuron.

    Parameters
    ----------
    draws : ndarray, shape (draw, neuron, k)
    shrink : bool, optional
        Shrink by Ledoit and Wolf's rule; by default where there are fewer than 10 draws per
        dimension. Standardised coordinates are shrunk, so variances stay and only the
        correlations move towards zero.

    Returns
    -------
    cov : ndarray, shape (neuron, k, k)
    shrinkage : ndarray, shape (neuron,)
        Intensity in [0, 1]; 0 where none was applied.

    References
    ----------
    Ledoit and Wolf, "A well-conditioned estimator for large-dimensional covariance matrices",
    JMVA 2004 (scikit-learn).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> cov, shrinkage = covariances(rng.normal(size=(20, 2, 8)))
    >>> bool((shrinkage > 0).all()), bool((np.linalg.eigvalsh(cov) > 0).all())
    (True, True)
    """
    count, n, k = draws.shape
    centred = draws - draws.mean(axis=0)
    if shrink is None:
        shrink = count < ENOUGH * k
    if not shrink or count < 2:
        cov = np.einsum("sni,snj->nij", centred, centred) / max(count - 1, 1)
        return cov, np.zeros(n)
    from sklearn.covariance import ledoit_wolf

    sd = draws.std(axis=0, ddof=1)
    live = np.where(sd > 0, sd, 1.0)
    shrunk = [ledoit_wolf(centred[:, i] / live[i], assume_centered=True) for i in range(n)]
    cov = np.stack([c * count / (count - 1) for c, _ in shrunk])
    # a coordinate that never moves keeps its variance of zero
    return cov * sd[:, :, None] * sd[:, None, :], np.array([s for _, s in shrunk])


def log_volumes(cov: np.ndarray) -> np.ndarray:
    """½ log |D_i|, shape (neuron,); -inf where D_i is singular.

    Examples
    --------
    >>> log_volumes(np.eye(3)[None]).tolist()
    [0.0]
    """
    sign, value = np.linalg.slogdet(cov)
    return np.where(sign > 0, value / 2, -np.inf)


def roots(cov: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A and its pseudo-inverse for D = A Aᵀ, each (neuron, k, k); null directions dropped."""
    values, vectors = np.linalg.eigh(cov)
    floor = 1e-12 * np.abs(values).max(axis=-1, keepdims=True)
    good = values > floor
    root = np.sqrt(np.where(good, values, 0.0))
    inverse = np.where(good, 1 / np.where(good, root, 1.0), 0.0)
    return vectors * root[:, None, :], np.swapaxes(vectors * inverse[:, None, :], 1, 2)
