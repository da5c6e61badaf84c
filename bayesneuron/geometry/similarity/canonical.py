"""The strongest correlation that any weighting of two neurons' weights can show."""

import numpy as np

from bayesneuron.geometry.posterior import NeuronPosterior
from bayesneuron.geometry.similarity.blocks import blocks_of, draws_of, mirrored
from bayesneuron.numerics.covariance import covariances, roots


def canonical_correlation(
    draws: np.ndarray | NeuronPosterior, *, shrink: bool | None = None
) -> np.ndarray:
    """Leading canonical correlation of every two neurons' weights across draws.

    ρ_ij = max_{a,b} corr(aᵀ w_i, bᵀ w_j) = ‖R_ii^-½ R_ij R_jj^-½‖₂

    |Pearson's correlation| where a neuron is one weight. Biased upwards: for independent
    neurons with n draws it is near 2 √(c (1 - c)), c = k/n (Wachter 1980), so 0.1 for 10
    weights and 4000 draws, but 0.6 for 100 draws. `rv_coefficient` has no such bias.

    Parameters
    ----------
    draws : NeuronPosterior, or ndarray, shape (draw, neuron, k)
        Aligned.
    shrink : bool, optional
        Shrink R_ii by Ledoit and Wolf's rule before it is inverted; by default where there are
        fewer than 10 draws per dimension. R_ij is then taken
        √((1 - λ_i)(1 - λ_j)) times, λ the intensities, as if the joint matrix had been
        shrunk. Without shrinking and with fewer draws than weights the answer is always 1.

    Returns
    -------
    ndarray, shape (neuron, neuron)
        In [0, 1]. 0, also on the diagonal, for a neuron that never moves.

    Raises
    ------
    ValueError
        If there are fewer than four draws.

    References
    ----------
    Hotelling 1936; Vinod 1976 (ridge).

    Examples
    --------
    >>> a = np.random.default_rng(0).normal(size=(200, 1, 2))
    >>> canonical_correlation(np.concatenate([a, a @ [[1, 2], [0, 1]]], axis=1)).round(6)
    array([[1., 1.],
           [1., 1.]])
    """
    blocks = blocks_of(draws_of(draws))
    count, n, _ = blocks.z.shape
    cov, shrinkage = covariances(blocks.z, shrink=shrink)
    # one factor per neuron keeps the joint matrix positive, and so ρ at most 1
    white = roots(cov * (count - 1) / count)[1] * np.sqrt(1 - shrinkage)[:, None, None]
    largest = np.zeros((n, n))
    for i, row in enumerate(blocks.rows()):
        across = white[i] @ np.swapaxes(row, 0, 1) @ np.swapaxes(white[i:], 1, 2)
        squares = np.linalg.eigvalsh(across @ np.swapaxes(across, 1, 2))
        largest[i, i:] = np.sqrt(np.clip(squares[:, -1], 0.0, 1.0))
    np.fill_diagonal(largest, blocks.live > 0)
    return mirrored(largest)
