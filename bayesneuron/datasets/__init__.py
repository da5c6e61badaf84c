"""Series and tables to begin with: embedded, simulated, from packages, or downloaded."""

from bayesneuron.datasets._listening import listening
from bayesneuron.datasets._motionsense import motionsense
from bayesneuron.datasets._walking import walking
from bayesneuron.datasets.sine import noisy_sine
from bayesneuron.datasets.tables import digits, iris, mnist

__all__ = ["digits", "iris", "listening", "mnist", "motionsense", "noisy_sine", "walking"]


def __dir__() -> list[str]:
    return sorted(__all__)
