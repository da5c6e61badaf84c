"""Activation similarity: whether two neurons say the same about data."""

import numpy as np

from bayesneuron.draws._activations import spread
from bayesneuron.geometry.similarity.effective import effective_counts
from bayesneuron.geometry.similarity.result import Similarity, fisher_z, tail_p

MOST = 1000  # draws looked at


def activation_similarity(
    activations: np.ndarray, *, centred: bool = True, most: int = MOST
) -> Similarity:
    """Correlation of two neurons' activations over data, for each draw; its mean and spread.

    This is what licenses a merge: neurons whose activations are (anti)correlated on the data
    in nearly all draws can be one neuron, their outgoing weights added, with a constant moved
    into the bias. `posterior_correlation`, of weights, says nothing of the kind.

    Parameters
    ----------
    activations : ndarray, shape (draw, point, neuron)
        Of aligned draws, such as ``bayesneuron.activations(draws, x)["hidden"]``.
    centred : bool
        Pearson's correlation over points; else the cosine, which counts a constant as part
        of the answer (a merge into a network without biases). The cosine of logistic neurons
        changes when one is flipped, since σ(-a) = 1 - σ(a).
    most : int
        Draws looked at, evenly spaced.

    Returns
    -------
    Similarity
        ``mean`` and ``sd`` over draws, and ``draws`` themselves. A neuron that is constant
        over the points of a draw has correlation 0 there, also with itself.

    Raises
    ------
    ValueError
        If the shape does not fit, there are fewer than two points, or values are not finite.

    Notes
    -----
    ``p_value`` tests that the correlation is 0, on Fisher's z: the variance of z̄ is that over
    draws plus 1/(P - 3), what P points of data leave open. P is the effective number of points
    where neighbours are alike, as overlapping windows are (`effective_counts`).

    References
    ----------
    Li, Yosinski et al., "Convergent learning", ICLR 2016 workshop (correlation of neurons);
    Fisher 1921.

    Examples
    --------
    >>> t = np.linspace(0, 6, 50)
    >>> a = np.stack([np.sin(t), -np.sin(t) + 1, np.ones(50)], axis=1)[None]
    >>> activation_similarity(a).mean.round(6) + 0.0
    array([[ 1., -1.,  0.],
           [-1.,  1.,  0.],
           [ 0.,  0.,  0.]])
    """
    values = np.asarray(activations, float)
    if values.ndim != 3 or values.shape[1] < 2 or not len(values):
        raise ValueError(
            f"activations: expected shape (draw, point, neuron) with at least 2 points, "
            f"got {values.shape}"
        )
    values = values[spread(len(values), most)]
    if not np.isfinite(values).all():
        raise ValueError("activations: expected finite values, got others")
    draws = cosines(values, centred=centred)
    z = fisher_z(draws)
    effective = np.minimum(effective_counts(values.mean(axis=0)[:, :, None]), values.shape[1])
    left_open = 1 / np.maximum(effective - 3, 1.0)
    p_value = tail_p(z.mean(axis=0) / np.sqrt(z.var(axis=0) + left_open))
    return Similarity("activation", draws.mean(axis=0), draws.std(axis=0), p_value, draws)


def cosines(values: np.ndarray, *, centred: bool) -> np.ndarray:
    """Cosine of every two columns of (draw, row, neuron), 0 where a column is nought."""
    size = np.linalg.norm(values, axis=1, keepdims=True)
    if centred:
        values = values - values.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(values, axis=1, keepdims=True)
    live = norm > 1e-12 * size  # a constant less its mean may leave rounding
    unit = np.where(live, values / np.where(live, norm, 1.0), 0.0)
    return np.clip(np.swapaxes(unit, 1, 2) @ unit, -1.0, 1.0)
