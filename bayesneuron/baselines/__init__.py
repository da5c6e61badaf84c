"""Ways to reduce a layer that others have published, one a file, each to compare ours with."""

from bayesneuron.baselines.activation_correlation import activation_correlation
from bayesneuron.baselines.cosine_merging import cosine_merging
from bayesneuron.baselines.folding import folding
from bayesneuron.baselines.freezing import freezing
from bayesneuron.baselines.kmeans import kmeans_euclidean, kmeans_wasserstein
from bayesneuron.baselines.magnitude import magnitude
from bayesneuron.baselines.obd import obd
from bayesneuron.baselines.obs import obs
from bayesneuron.baselines.qpfs import prune_qpfs, qpfs
from bayesneuron.baselines.random import random
from bayesneuron.baselines.ridge import compensated, magnitude_ridge, random_ridge, ridge_after

__all__ = [
    "activation_correlation",
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
]
