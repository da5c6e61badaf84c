"""Communities of neurons, and how certain they are."""

from bayesneuron.communities.ball import CredibleBall, credible_ball
from bayesneuron.communities.find import activation_communities, communities, consensus
from bayesneuron.communities.greedy import greedy
from bayesneuron.communities.information import variation_of_information
from bayesneuron.communities.kmeans import kmeans, kmeans_wasserstein
from bayesneuron.communities.louvain import louvain
from bayesneuron.communities.modes import Mode, partition_modes
from bayesneuron.communities.modularity import modularity, signed_modularity
from bayesneuron.communities.representative import comembership, representative
from bayesneuron.communities.result import Communities
from bayesneuron.communities.search import search
from bayesneuron.communities.similarity import activation_correlations
from bayesneuron.communities.spectral import spectral
from bayesneuron.communities.wasserstein import KMeans, wasserstein_barycentre, wasserstein_kmeans

__all__ = [
    "Communities",
    "CredibleBall",
    "KMeans",
    "Mode",
    "activation_communities",
    "activation_correlations",
    "comembership",
    "communities",
    "consensus",
    "credible_ball",
    "greedy",
    "kmeans",
    "kmeans_wasserstein",
    "louvain",
    "modularity",
    "partition_modes",
    "representative",
    "search",
    "signed_modularity",
    "spectral",
    "variation_of_information",
    "wasserstein_barycentre",
    "wasserstein_kmeans",
]
