"""Published methods of reducing a layer, to compare ours with, one file per method."""

from bayesneuron.reduction.baselines._activation_correlation import activation_correlation
from bayesneuron.reduction.baselines._best_subset import best_subset
from bayesneuron.reduction.baselines._bmrs import bmrs
from bayesneuron.reduction.baselines._cosine_merging import cosine_merging
from bayesneuron.reduction.baselines._folding import folding
from bayesneuron.reduction.baselines._freezing import freezing
from bayesneuron.reduction.baselines._magnitude import magnitude
from bayesneuron.reduction.baselines._obd import obd
from bayesneuron.reduction.baselines._obs import obs
from bayesneuron.reduction.baselines._qpfs import prune_qpfs, qpfs
from bayesneuron.reduction.baselines._random import random
from bayesneuron.reduction.baselines._with_takeover import with_takeover
from bayesneuron.reduction.baselines.clustering import kmeans_euclidean, kmeans_wasserstein
from bayesneuron.reduction.baselines.ridge import (
    compensated,
    magnitude_ridge,
    random_ridge,
    ridge_after,
)

__all__ = [
    "activation_correlation",
    "best_subset",
    "bmrs",
    "compensated",
    "cosine_merging",
    "folding",
    "freezing",
    "kmeans_euclidean",
    "kmeans_wasserstein",
    "magnitude",
    "magnitude_ridge",
    "obd",
    "obs",
    "prune_qpfs",
    "qpfs",
    "random",
    "random_ridge",
    "ridge_after",
    "with_takeover",
]


def __dir__() -> list[str]:
    return sorted(__all__)
