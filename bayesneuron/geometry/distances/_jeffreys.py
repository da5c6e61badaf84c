"""The symmetrised Kullback–Leibler divergence of two normal distributions."""

import numpy as np

from bayesneuron.geometry.distances.by_posterior import by_posterior
from bayesneuron.geometry.distances.stacked import stacked_roots


@by_posterior("mean", "cov")
def jeffreys(m1: np.ndarray, s1: np.ndarray, m2: np.ndarray, s2: np.ndarray) -> np.ndarray:
    """KL(p‖q) + KL(q‖p) of p = N(m₁, S₁) and q = N(m₂, S₂), in nats.

    J = ½ tr(S₁⁻¹ S₂ + S₂⁻¹ S₁) - k + ½ (m₁ - m₂)ᵀ (S₁⁻¹ + S₂⁻¹) (m₁ - m₂)

    Not altered by an affine map of both. No metric: the triangle inequality does not hold.

    Takes two `NeuronPosterior` as well, and compares them neuron by neuron.

    Parameters
    ----------
    m1, m2 : ndarray, shape (..., k)
    s1, s2 : ndarray, shape (..., k, k)
        Leading axes broadcast.

    Returns
    -------
    ndarray, shape (...)
        NaN where a covariance is singular.

    References
    ----------
    Jeffreys 1946; Kullback and Leibler 1951.

    Examples
    --------
    >>> eye = np.eye(2)[None]
    >>> jeffreys(np.zeros((1, 2)), eye, np.array([[3.0, 4.0]]), eye).round(6)
    array([25.])
    """
    (_, white1, full1), (_, white2, full2) = stacked_roots(s1), stacked_roots(s2)
    precision1, precision2 = (np.swapaxes(w, -1, -2) @ w for w in (white1, white2))
    # tr(S₁⁻¹ S₂) is the sum of products of their entries
    ratios = _inner(precision1, s2) + _inner(precision2, s1)
    shift = m1 - m2
    apart = _inner(precision1 + precision2, shift[..., :, None] * shift[..., None, :])
    divergence = np.maximum((ratios + apart) / 2 - m1.shape[-1], 0.0)
    return np.where(full1 & full2, divergence, np.nan)


def _inner(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.einsum("...ij,...ij->...", a, b)
