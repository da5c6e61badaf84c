"""Neurons among each other: their graph, their communities, and what each one does."""

from bayesneuron.structure._communities import activation_communities, communities, consensus
from bayesneuron.structure._graph import graph
from bayesneuron.structure._relevance import Relevance, relevance
from bayesneuron.structure.removal import Removal

__all__ = [
    "Relevance",
    "Removal",
    "activation_communities",
    "communities",
    "consensus",
    "graph",
    "relevance",
]
