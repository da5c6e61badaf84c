"""Several modes of one posterior: mixtures of neurons, and how far apart modes lie."""

from bayesneuron.diagnostics.mixtures._separation import APART, separation, separation_of_weights
from bayesneuron.diagnostics.mixtures.neuron_mixture import NeuronMixture, mix

__all__ = ["APART", "NeuronMixture", "mix", "separation", "separation_of_weights"]


def __dir__() -> list[str]:
    return sorted(__all__)
