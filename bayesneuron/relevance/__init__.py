"""What every hidden neuron does for the network's function, and what is lost without it."""

from bayesneuron.relevance.relevance import Relevance, relevance
from bayesneuron.relevance.removal import Removal

__all__ = ["Relevance", "Removal", "relevance"]
