"""The distance of two covariances that no change of units alters."""

import numpy as np
from scipy.linalg import LinAlgError, eigvalsh

from bayesneuron.geometry.distances.by_posterior import by_posterior


@by_posterior("cov")
def affine_invariant(s1: np.ndarray, s2: np.ndarray) -> np.ndarray:
    """√(Σ_j log² λ_j), λ_j the eigenvalues of S₁⁻¹ S₂.

    Takes two `NeuronPosterior` as well, and compares them neuron by neuron.

    Parameters
    ----------
    s1, s2 : ndarray, shape (neuron, k, k)

    Returns
    -------
    ndarray, shape (neuron,)
        NaN where a covariance is singular.

    References
    ----------
    Förstner and Moonen 1999; Pennec, Fillard, Ayache 2006.

    Examples
    --------
    >>> affine_invariant(np.eye(2)[None], np.diag([np.e, 1.0])[None]).round(6)
    array([1.])
    """
    first, second = np.broadcast_arrays(s1, s2)
    pairs = zip(*(s.reshape(-1, *s.shape[-2:]) for s in (first, second)), strict=True)
    return np.array([_one(a, b) for a, b in pairs]).reshape(first.shape[:-2])


def _one(a: np.ndarray, b: np.ndarray) -> float:
    try:
        values = eigvalsh(b, a)
    except LinAlgError:
        return float("nan")
    return float(np.linalg.norm(np.log(values))) if (values > 0).all() else float("nan")
