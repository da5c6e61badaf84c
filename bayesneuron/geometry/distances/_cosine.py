"""How far two neurons point in different directions."""

import numpy as np

from bayesneuron.geometry.distances.by_posterior import by_posterior
from bayesneuron.numerics.checks import check_flag


@by_posterior("mean")
def cosine(m1: np.ndarray, m2: np.ndarray, *, signed: bool = False) -> np.ndarray:
    """1 - cos ∠(m₁, m₂), or 1 - |cos ∠(m₁, m₂)| where w and -w are the same neuron.

    No metric: the triangle inequality does not hold. Blind to the size of a neuron, so for
    neurons that could be merged take the incoming weights alone (with the bias), as Kim et al.
    do: ``pairwise(post.select("incoming", "bias"), "cosine")``.

    Takes two `NeuronPosterior` as well, and compares them neuron by neuron.

    Parameters
    ----------
    m1, m2 : ndarray, shape (..., k)
        Leading axes broadcast.
    signed : bool
        The layer has a sign symmetry (`Layout.signed`).

    Returns
    -------
    ndarray, shape (...)
        In [0, 2], or in [0, 1]. A zero vector has no direction: it is at distance 1.

    References
    ----------
    Kim, Kim, Park, Jeon, "Neuron Merging: Compensating for Pruned Neurons", NeurIPS 2020.

    Examples
    --------
    >>> w = np.array([[3.0, 4.0]])
    >>> cosine(w, -2 * w).round(6), cosine(w, -2 * w, signed=True).round(6)
    (array([2.]), array([0.]))
    """
    check_flag(signed=signed)
    inner = (m1 * m2).sum(axis=-1)
    sizes = np.linalg.norm(m1, axis=-1) * np.linalg.norm(m2, axis=-1)
    cos = np.clip(inner / np.where(sizes > 0, sizes, 1.0), -1.0, 1.0)
    return 1 - (np.abs(cos) if signed else cos)
