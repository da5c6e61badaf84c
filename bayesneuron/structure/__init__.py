"""Neurons among each other: their graph, their communities, and what each one does."""

from bayesneuron.structure import partitions
from bayesneuron.structure._clusterability import Clusterability, clusterability
from bayesneuron.structure._communities import communities
from bayesneuron.structure._graph import graph
from bayesneuron.structure._neuron_evidence import NeuronEvidence, neuron_evidence
from bayesneuron.structure._relevance import Relevance, relevance
from bayesneuron.structure.partitions import Communities
from bayesneuron.structure.removal import Removal
from bayesneuron.structure.thresholds import Thresholds

__all__ = [
    "Clusterability",
    "Communities",
    "NeuronEvidence",
    "Relevance",
    "Removal",
    "Thresholds",
    "clusterability",
    "communities",
    "graph",
    "neuron_evidence",
    "partitions",
    "relevance",
]
