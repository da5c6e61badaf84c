"""How similar neurons are: two questions that are kept apart, and the geometry beside them.

*Posterior correlation* is of weights, across draws: do two neurons move together in the
posterior? It describes. *Activation similarity* is of activations, over data: do two neurons
respond in the same way? Only it licenses a merge.
"""

from bayesneuron.geometry.similarity.activation import activation_similarity
from bayesneuron.geometry.similarity.canonical import canonical_correlation
from bayesneuron.geometry.similarity.direction import direction_similarity
from bayesneuron.geometry.similarity.effective import effective_counts
from bayesneuron.geometry.similarity.posterior import posterior_correlation
from bayesneuron.geometry.similarity.result import Similarity
from bayesneuron.geometry.similarity.rv import rv_coefficient
from bayesneuron.geometry.similarity.wasserstein import wasserstein_similarity

__all__ = [
    "Similarity",
    "activation_similarity",
    "canonical_correlation",
    "direction_similarity",
    "effective_counts",
    "posterior_correlation",
    "rv_coefficient",
    "wasserstein_similarity",
]


def __dir__() -> list[str]:
    return sorted(__all__)
