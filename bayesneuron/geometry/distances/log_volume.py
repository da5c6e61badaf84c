"""Which of two estimates of a neuron's spread is the wider."""

import numpy as np

from bayesneuron.geometry.distances.by_posterior import by_posterior
from bayesneuron.numerics.covariance import log_volumes


@by_posterior("cov")
def log_volume_ratio(s1: np.ndarray, s2: np.ndarray) -> np.ndarray:
    """½ log(det S₁ / det S₂): log ratio of the volumes of their ellipsoids of one level.

    Takes two `NeuronPosterior` as well, and compares them neuron by neuron.

    Parameters
    ----------
    s1, s2 : ndarray, shape (neuron, k, k)

    Returns
    -------
    ndarray, shape (neuron,)
        Positive where the first is wider; NaN where both are singular.

    Examples
    --------
    >>> log_volume_ratio(np.eye(2)[None] * np.e, np.eye(2)[None]).round(6)
    array([1.])
    """
    with np.errstate(invalid="ignore"):
        return log_volumes(s1) - log_volumes(s2)
