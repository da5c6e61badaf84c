"""Posterior correlation: whether two neurons' weights move together across draws."""

import numpy as np

from bayesneuron.draws._activations import spread
from bayesneuron.geometry.posterior import NeuronPosterior, check_posterior
from bayesneuron.geometry.similarity.blocks import Blocks, blocks_of, mirrored
from bayesneuron.geometry.similarity.canonical import canonical_correlation
from bayesneuron.geometry.similarity.effective import effective_counts
from bayesneuron.geometry.similarity.permutation import independence
from bayesneuron.geometry.similarity.result import Similarity
from bayesneuron.geometry.similarity.rv import degrees, own_norms, rv_of
from bayesneuron.numerics.checks import check_choice

_INFLUENTIAL = 500  # draws, evenly spaced, from which the variance of influences is taken


def posterior_correlation(post: NeuronPosterior, *, kind: str = "rv") -> Similarity:
    """Signed correlation of two neurons' weights across posterior draws.

    It describes the posterior (neurons that trade off against each other, flat directions). It
    is **no** licence to merge: two neurons of equal activations on all data may be uncorrelated
    here, and neurons that move together may respond differently. For that see
    `activation_similarity`.

    Parameters
    ----------
    post : NeuronPosterior
        At least four draws; aligned, as `bayesneuron.neurons` leaves them.
    kind : {"rv", "canonical"}
        |ρ| is √RV, adjusted for the number of draws (`rv_coefficient`), or the leading
        canonical correlation (`canonical_correlation`). Either is |Pearson's correlation| where
        a neuron is one weight.

    Returns
    -------
    Similarity
        ``mean`` has the sign of tr R_ij: positive where weights of the same name move together.
        It flips when one of the neurons is flipped, so it is relative to the alignment's
        reference. (In a recurrent layer the weights to other neurons of the layer have no
        common names, and only add noise to the sign.)

    Raises
    ------
    ValueError
        If the kind is unknown or there are fewer than four draws.

    Notes
    -----
    The correlation is one number of the posterior, so ``sd`` is the standard error that the
    finite number of draws leaves, in closed form, at the cost of one covariance: the first two
    terms of the von Mises expansion of RV, var(ψ)/n + 2/ν², ψ the influence of a draw
    (infinitesimal jackknife). A bootstrap over draws would cost hundreds of covariances and
    is inconsistent where the correlation is 0. For canonical, (1 - ρ²)/√n (Anderson 2003).

    ``p_value`` is of independence: ν ‖R_ij‖² against the distribution that it has when the draws
    of one neuron are permuted, by its exact mean, variance and skewness (Kazi-Aoual et al. 1995).
    Draws far from the mean are pulled in for it. It is 1 with fewer than six draws.

    n is the effective number of draws where these are autocorrelated (`effective_counts`); all
    draws where the method's are independent by construction.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> sites = {"W": ("hidden", "input"), "V": ("output", "hidden")}
    >>> layout = bn.Layout(sites, {"hidden": "tanh"})
    >>> rng = np.random.default_rng(0)
    >>> w = rng.normal([[9, 0], [0, 9]], 1.0, (400, 2, 2))
    >>> w[:, 1] += w[:, 0] - [9, 0]  # moves with the other
    >>> draws = bn.from_arrays({"W": w, "V": np.ones((400, 1, 2))}, layout=layout)
    >>> posterior_correlation(bn.neurons(draws)["hidden"]).mean.round(1)
    array([[1. , 0.7],
           [0.7, 1. ]])
    """
    check_posterior("post", post)
    check_choice("kind", kind, ("rv", "canonical"))
    blocks = blocks_of(post.by_draw)
    count, n, _ = post.by_draw.shape
    effective = np.full((n, n), float(count)) if post.independent else effective_counts(blocks.z)
    freedom = degrees(blocks, effective)
    squares, trace, variance = _statistics(blocks, freedom)
    if kind == "rv":
        rv = rv_of(squares, blocks.live, freedom)
        size = np.sqrt(rv)
        error = np.sqrt(variance / effective + 2 / freedom**2)
        sd = np.sqrt(rv + error) - size  # error / 2ρ where ρ is large, √error at 0
    else:
        size = canonical_correlation(post.by_draw)
        sd = (1 - size**2) / np.sqrt(effective)
    np.fill_diagonal(sd, 0.0)
    p_value = independence(blocks, freedom)
    return Similarity("posterior", size * np.where(trace < 0, -1.0, 1.0), sd, p_value)


def _statistics(blocks: Blocks, freedom: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """‖R_ij‖², tr R_ij, and the variance of a draw's influence on RV_ij.

    A draw's influence on a correlation r_ab is z_a z_b - r_ab (z_a² + z_b²)/2, and so on ‖R_ij‖²
    2 z_iᵀ R_ij z_j - Σ_a z_a² Σ_b r_ab² - Σ_b z_b² Σ_a r_ab².
    """
    live, n = blocks.live, blocks.z.shape[1]
    z = blocks.z[spread(len(blocks.z), _INFLUENTIAL)]
    squares, trace, own = np.zeros((n, n)), np.zeros((n, n)), np.zeros((len(z), n))
    for i, row in enumerate(blocks.rows()):
        squares[i, i:] = (row**2).sum(axis=(0, 2))
        trace[i, i:] = np.einsum("aja->j", row)
        own[:, i] = _influence(z[:, i], row[:, :1], z[:, i : i + 1])[:, 0]
    squares = mirrored(squares)
    norms = own_norms(squares, live, freedom)
    rv = rv_of(squares, live, freedom)
    below = np.where(norms > 0, norms, 1.0)
    relative = own / below**2 / 2
    variance = np.zeros((n, n))
    for i, row in enumerate(blocks.rows()):
        across = _influence(z[:, i], row, z[:, i:]) / (below[i] * below[i:])
        psi = across - rv[i, i:] * (relative[:, i : i + 1] + relative[:, i:])
        variance[i, i:] = psi.var(axis=0)
    return squares, mirrored(trace), mirrored(variance)


def _influence(z: np.ndarray, r: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Of each draw on ‖R_ij‖² for one i, z (draw, k), and several j, others (draw, j, k)."""
    count, m, k = others.shape
    moved = (z @ r.reshape(len(r), -1)).reshape(count, m, k)
    joint = 2 * np.einsum("sjb,sjb->sj", moved, others)
    squared = r**2
    return joint - z**2 @ squared.sum(axis=2) - np.einsum("sjb,jb->sj", others**2, squared.sum(0))
