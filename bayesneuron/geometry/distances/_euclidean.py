"""How far the means of two neurons are apart."""

import numpy as np

from bayesneuron.geometry.distances.by_posterior import by_posterior


@by_posterior("mean")
def euclidean(m1: np.ndarray, m2: np.ndarray) -> np.ndarray:
    """‖m₁ - m₂‖.

    Takes two `NeuronPosterior` as well, and compares them neuron by neuron.

    Parameters
    ----------
    m1, m2 : ndarray, shape (..., k)
        Leading axes broadcast.

    Returns
    -------
    ndarray, shape (...)

    Examples
    --------
    >>> euclidean(np.zeros((1, 2)), np.array([[3.0, 4.0]]))
    array([5.])
    """
    return np.linalg.norm(m1 - m2, axis=-1)
