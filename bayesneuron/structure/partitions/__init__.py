"""Partitions of neurons: how they are found, compared and summarised."""

from bayesneuron.geometry.gaussians import KMeans, wasserstein_barycentre, wasserstein_kmeans
from bayesneuron.structure.partitions._greedy import greedy
from bayesneuron.structure.partitions._kmeans import kmeans, kmeans_wasserstein
from bayesneuron.structure.partitions._louvain import louvain
from bayesneuron.structure.partitions._modularity import modularity
from bayesneuron.structure.partitions._representative import comembership, representative
from bayesneuron.structure.partitions._search import search
from bayesneuron.structure.partitions._spectral import spectral
from bayesneuron.structure.partitions.ball import CredibleBall, credible_ball
from bayesneuron.structure.partitions.distinct import Mode, partition_modes
from bayesneuron.structure.partitions.information import variation_of_information
from bayesneuron.structure.partitions.result import Communities

__all__ = [
    "Communities",
    "CredibleBall",
    "KMeans",
    "Mode",
    "comembership",
    "credible_ball",
    "greedy",
    "kmeans",
    "kmeans_wasserstein",
    "louvain",
    "modularity",
    "partition_modes",
    "representative",
    "search",
    "spectral",
    "variation_of_information",
    "wasserstein_barycentre",
    "wasserstein_kmeans",
]


def __dir__() -> list[str]:
    return sorted(__all__)
