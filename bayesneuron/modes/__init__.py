"""Several modes of one posterior."""

from bayesneuron.modes.mixture import NeuronMixture, mix
from bayesneuron.modes.modes import Modes, modes
from bayesneuron.modes.separation import APART, separation, separation_of_weights

__all__ = [
    "APART",
    "Modes",
    "NeuronMixture",
    "mix",
    "modes",
    "separation",
    "separation_of_weights",
]
