"""Whether draws can be believed, and how estimates differ."""

from bayesneuron.diagnostics._compare import Comparison, compare
from bayesneuron.diagnostics._diagnose import Diagnosis, diagnose
from bayesneuron.diagnostics._modes import Modes, modes

__all__ = ["Comparison", "Diagnosis", "Modes", "compare", "diagnose", "modes"]
