"""The Hellinger distance of two normal distributions."""

import numpy as np

from bayesneuron.geometry.distances.by_posterior import by_posterior
from bayesneuron.geometry.distances.stacked import stacked_roots


@by_posterior("mean", "cov")
def hellinger(m1: np.ndarray, s1: np.ndarray, m2: np.ndarray, s2: np.ndarray) -> np.ndarray:
    """Hellinger distance of N(m₁, S₁) and N(m₂, S₂).

    H² = 1 - |S₁|^¼ |S₂|^¼ / |S|^½ exp(-⅛ (m₁ - m₂)ᵀ S⁻¹ (m₁ - m₂)),  S = (S₁ + S₂) / 2

    A metric in [0, 1], not altered by an affine map of both. It saturates: in many dimensions
    all neurons are near 1 from each other.

    Takes two `NeuronPosterior` as well, and compares them neuron by neuron.

    Parameters
    ----------
    m1, m2 : ndarray, shape (..., k)
    s1, s2 : ndarray, shape (..., k, k)
        Leading axes broadcast.

    Returns
    -------
    ndarray, shape (...)
        1 where one covariance is singular, NaN where both are.

    References
    ----------
    Pardo, "Statistical Inference Based on Divergence Measures", 2006.

    Examples
    --------
    >>> far = hellinger(np.zeros((1, 1)), np.eye(1)[None], np.full((1, 1), 99.0), np.eye(1)[None])
    >>> far.round(6)
    array([1.])
    """
    full1, full2 = stacked_roots(s1)[2], stacked_roots(s2)[2]
    eye = np.eye(m1.shape[-1])
    s1, s2 = (np.where(full[..., None, None], s, eye) for s, full in ((s1, full1), (s2, full2)))
    middle, shift = (s1 + s2) / 2, m1 - m2
    logs = [np.linalg.slogdet(s)[1] for s in (s1, s2, middle)]
    apart = (shift * np.linalg.solve(middle, shift[..., None])[..., 0]).sum(axis=-1)
    affinity = (logs[0] + logs[1]) / 4 - logs[2] / 2 - apart / 8
    distance = np.sqrt(np.maximum(-np.expm1(affinity), 0.0))
    return np.where(full1 & full2, distance, np.where(full1 | full2, 1.0, np.nan))
