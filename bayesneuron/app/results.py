"""The classes of results, in one namespace: ``bn.results``."""

from bayesneuron.data._ssa import SSA
from bayesneuron.data.embedding_result import Embedding
from bayesneuron.data.scaling import Scaling
from bayesneuron.diagnostics import Comparison, Diagnosis, Modes
from bayesneuron.diagnostics.findings import Finding
from bayesneuron.diagnostics.mixtures import NeuronMixture
from bayesneuron.draws.provenance import Provenance
from bayesneuron.forecasting.backtest_result import Backtest
from bayesneuron.geometry._neuron_moments import NeuronMoments
from bayesneuron.geometry._point_normality import PointNormality
from bayesneuron.geometry.ellipsoid_regions import Region
from bayesneuron.geometry.gaussians import KMeans
from bayesneuron.geometry.identified_parts import Identified
from bayesneuron.geometry.posterior import NeuronPosterior
from bayesneuron.geometry.similarity import Similarity
from bayesneuron.network.model import Model
from bayesneuron.reduction import Reduced, Reduction, Task
from bayesneuron.reduction.inputs import PCA, Autoencoder, Selection
from bayesneuron.structure import (
    Clusterability,
    Communities,
    NeuronEvidence,
    Relevance,
    Removal,
)
from bayesneuron.structure.partitions import CredibleBall, Mode

__all__ = [
    "PCA",
    "SSA",
    "Autoencoder",
    "Backtest",
    "Clusterability",
    "Communities",
    "Comparison",
    "CredibleBall",
    "Diagnosis",
    "Embedding",
    "Finding",
    "Identified",
    "KMeans",
    "Mode",
    "Model",
    "Modes",
    "NeuronEvidence",
    "NeuronMixture",
    "NeuronMoments",
    "NeuronPosterior",
    "PointNormality",
    "Provenance",
    "Reduced",
    "Reduction",
    "Region",
    "Relevance",
    "Removal",
    "Scaling",
    "Selection",
    "Similarity",
    "Task",
]


def __dir__() -> list[str]:
    return sorted(__all__)
