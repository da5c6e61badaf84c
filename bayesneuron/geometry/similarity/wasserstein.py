"""The Bures–Wasserstein distance of two neurons as a correlation."""

from inspect import unwrap

import numpy as np

from bayesneuron.geometry.distances import fidelity
from bayesneuron.geometry.posterior import NeuronPosterior, check_posterior
from bayesneuron.geometry.similarity.result import Similarity


def wasserstein_similarity(post: NeuronPosterior) -> Similarity:
    """The largest cosine that a coupling of N(e_i, D_i) and N(±e_j, D_j) can have.

    |ρ_ij| = (|e_iᵀ e_j| + tr (D_i^½ D_j D_i^½)^½) / (s_i s_j),  s_i² = ‖e_i‖² + tr D_i

    So that d² = s_i² + s_j² - 2 s_i s_j |ρ_ij| is the squared distance of `bures_wasserstein`,
    to the nearer of w_j and -w_j: 1 for equal distributions. The sign is that of e_iᵀ e_j. Two
    neurons of one wide distribution are similar here, however independent. One number of the
    posterior, which has neither spread nor test.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> sites = {"W": ("hidden", "input"), "V": ("output", "hidden")}
    >>> layout = bn.Layout(sites, {"hidden": "tanh"})
    >>> w = np.random.default_rng(0).normal([[3, 0], [3, 3]], 0.01, (99, 2, 2))
    >>> draws = bn.from_arrays({"W": w, "V": np.ones((99, 1, 2))}, layout=layout)
    >>> wasserstein_similarity(bn.neurons(draws)["hidden"].select("incoming")).mean[0, 1].round(2)
    np.float64(0.71)
    """
    check_posterior("post", post)
    mean, cov = post.mean, post.cov
    n = len(mean)
    inner = mean @ mean.T
    size = np.sqrt(np.diag(inner) + np.einsum("nii->n", cov))
    cross = np.zeros((n, n))
    for i in range(n):
        cross[i, i:] = unwrap(fidelity)(cov[i], cov[i:])
    upper = np.triu(cross, 1)
    below = np.outer(size, size)
    cosine = (np.abs(inner) + upper + upper.T) / np.where(below > 0, below, 1.0)
    np.fill_diagonal(cosine, size > 0)
    unknown = np.full((n, n), np.nan)
    signed = np.minimum(cosine, 1.0) * np.where(inner < 0, -1.0, 1.0)
    return Similarity("wasserstein", signed, unknown, unknown)
