"""Series and tables to begin with: embedded, simulated, from packages, or downloaded."""

from bayesneuron.datasets.listening import listening
from bayesneuron.datasets.motionsense import motionsense
from bayesneuron.datasets.sine import noisy_sine
from bayesneuron.datasets.tables import digits, iris, mnist
from bayesneuron.datasets.walking import walking

__all__ = ["digits", "iris", "listening", "mnist", "motionsense", "noisy_sine", "walking"]
