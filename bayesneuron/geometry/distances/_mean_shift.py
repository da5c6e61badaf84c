"""How far two estimates of a neuron's mean are apart, in units of its spread."""

import numpy as np

from bayesneuron.geometry.distances.by_posterior import by_posterior
from bayesneuron.geometry.ellipsoid_regions import mahalanobis_of


@by_posterior("mean", "cov")
def mean_shift(m1: np.ndarray, s1: np.ndarray, m2: np.ndarray, s2: np.ndarray) -> np.ndarray:
    """Mahalanobis distance of two means under the average covariance.

    δ = √((m₁ - m₂)ᵀ ((S₁ + S₂) / 2)⁻¹ (m₁ - m₂)); infinite where the means differ in a direction in
    which neither estimate varies.

    Takes two `NeuronPosterior` as well, and compares them neuron by neuron.

    Parameters
    ----------
    m1, m2 : ndarray, shape (neuron, k)
    s1, s2 : ndarray, shape (neuron, k, k)

    Returns
    -------
    ndarray, shape (neuron,)

    Examples
    --------
    >>> mean_shift(np.zeros((1, 2)), np.eye(2)[None], np.array([[3.0, 4.0]]), np.eye(2)[None])
    array([5.])
    """
    return mahalanobis_of(m1, m2, (s1 + s2) / 2)
