"""Distances between neurons as random vectors, one a file, batched over neurons."""

from bayesneuron.distances.affine_invariant import affine_invariant
from bayesneuron.distances.bures_wasserstein import bures_wasserstein
from bayesneuron.distances.log_volume import log_volume_ratio
from bayesneuron.distances.mean_shift import mean_shift
from bayesneuron.distances.overlap import overlap

__all__ = [
    "affine_invariant",
    "bures_wasserstein",
    "log_volume_ratio",
    "mean_shift",
    "overlap",
]
