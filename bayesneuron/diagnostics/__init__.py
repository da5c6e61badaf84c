"""Whether draws can be believed, and how estimates differ."""

from bayesneuron.diagnostics import calibration, mixtures
from bayesneuron.diagnostics._compare import compare
from bayesneuron.diagnostics._diagnose import Diagnosis, diagnose
from bayesneuron.diagnostics._modes import modes
from bayesneuron.diagnostics.comparison import Comparison
from bayesneuron.diagnostics.findings import Finding
from bayesneuron.diagnostics.glossary import explain
from bayesneuron.diagnostics.mixtures.neuron_mixture import NeuronMixture
from bayesneuron.diagnostics.mixtures.result import Modes

__all__ = [
    "Comparison",
    "Diagnosis",
    "Finding",
    "Modes",
    "NeuronMixture",
    "calibration",
    "compare",
    "diagnose",
    "explain",
    "mixtures",
    "modes",
]
