"""Distances between neurons as random vectors, one per file, batched over neurons.

Each takes two neuron posteriors, and gives one number per neuron; or the arrays themselves (m, S:
means and covariances). `pairwise` is for all pairs of neurons of one layer.
"""

from bayesneuron.geometry.distances._affine_invariant import affine_invariant
from bayesneuron.geometry.distances._bures_wasserstein import bures_wasserstein, fidelity
from bayesneuron.geometry.distances._cosine import cosine
from bayesneuron.geometry.distances._euclidean import euclidean
from bayesneuron.geometry.distances._hellinger import hellinger
from bayesneuron.geometry.distances._jeffreys import jeffreys
from bayesneuron.geometry.distances._mean_shift import mean_shift
from bayesneuron.geometry.distances._overlap import overlap
from bayesneuron.geometry.distances._pairwise import pairwise
from bayesneuron.geometry.distances.log_volume import log_volume_ratio

__all__ = [
    "affine_invariant",
    "bures_wasserstein",
    "cosine",
    "euclidean",
    "fidelity",
    "hellinger",
    "jeffreys",
    "log_volume_ratio",
    "mean_shift",
    "overlap",
    "pairwise",
]


def __dir__() -> list[str]:
    return sorted(__all__)
