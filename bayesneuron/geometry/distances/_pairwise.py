"""A distance between all neurons of a layer."""

from collections.abc import Callable
from inspect import unwrap

import numpy as np

from bayesneuron.geometry.distances._bures_wasserstein import bures_wasserstein
from bayesneuron.geometry.distances._cosine import cosine
from bayesneuron.geometry.distances._euclidean import euclidean
from bayesneuron.geometry.distances._hellinger import hellinger
from bayesneuron.geometry.distances._jeffreys import jeffreys
from bayesneuron.geometry.posterior import NeuronPosterior, check_posterior
from bayesneuron.numerics.checks import check_choice, check_flag

Distance = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]

DISTANCES = ("euclidean", "cosine", "bures_wasserstein", "jeffreys", "hellinger")
_ROWS = 16  # neurons whose distances to the rest are found at once
_VALUES = 5_000_000  # and fewer where their matrices would hold more numbers than this


def pairwise(
    post: NeuronPosterior, distance: str = "bures_wasserstein", *, signed: bool = False
) -> np.ndarray:
    """The matrix of distances of a layer's neurons, as random vectors N(e_i, D_i).

    Parameters
    ----------
    post : NeuronPosterior
        With `NeuronPosterior.select` first where only some of the weights shall count.
    distance : {"bures_wasserstein", "euclidean", "cosine", "jeffreys", "hellinger"}
    signed : bool
        Take the smaller of the distances to w_j and to -w_j: in a layer with a sign symmetry
        (`Layout.signed`) both are the same neuron. A metric stays one.

    Returns
    -------
    ndarray, shape (neuron, neuron)
        Symmetric, its diagonal 0, as scikit-learn takes with ``metric="precomputed"``.

    Raises
    ------
    ValueError
        If the distance is unknown.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> sites = {"W": ("hidden", "input"), "V": ("output", "hidden")}
    >>> layout = bn.Layout(sites, {"hidden": "tanh"})
    >>> rng = np.random.default_rng(0)
    >>> draws = {"W": rng.normal([[3, 0], [0, 2]], 0.1, (99, 2, 2)), "V": np.ones((99, 1, 2))}
    >>> post = bn.neurons(bn.from_arrays(draws, layout=layout))["hidden"]
    >>> pairwise(post, "euclidean").round(1)
    array([[0. , 3.6],
           [3.6, 0. ]])
    """
    check_posterior("post", post)
    check_flag(signed=signed)
    check_choice("distance", distance, DISTANCES)
    between = _by_name(distance, signed)
    m, s = post.mean, post.cov
    n, k = m.shape
    rows = min(_ROWS, max(1, _VALUES // (n * k * k)))
    matrix = np.zeros((n, n))
    for start in range(0, n, rows):
        block = slice(start, start + rows)
        here = m[block, None], s[block, None]
        row = between(*here, m[start:], s[start:])
        if signed and distance != "cosine":
            row = np.fmin(row, between(*here, -m[start:], s[start:]))
        matrix[block, start:] = row
    upper = np.triu(matrix, 1)  # rounding left something on the diagonal
    return upper + upper.T


def _by_name(name: str, signed: bool) -> Distance:
    """The distance of arrays, without the checks: a posterior's are finite."""
    of_normals = {
        "bures_wasserstein": bures_wasserstein, "jeffreys": jeffreys, "hellinger": hellinger
    }  # fmt: skip
    if name in of_normals:
        return unwrap(of_normals[name])
    if name == "cosine":
        return lambda m1, s1, m2, s2: unwrap(cosine)(m1, m2, signed=signed)
    return lambda m1, s1, m2, s2: unwrap(euclidean)(m1, m2)
