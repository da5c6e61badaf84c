"""Distances between neurons as random vectors, one a file, batched over neurons."""

from bayesneuron.distances.affine_invariant import affine_invariant
from bayesneuron.distances.bures_wasserstein import bures_wasserstein, fidelity
from bayesneuron.distances.cosine import cosine
from bayesneuron.distances.euclidean import euclidean
from bayesneuron.distances.hellinger import hellinger
from bayesneuron.distances.jeffreys import jeffreys
from bayesneuron.distances.log_volume import log_volume_ratio
from bayesneuron.distances.mean_shift import mean_shift
from bayesneuron.distances.overlap import overlap
from bayesneuron.distances.pairwise import pairwise

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
