"""Removing a network's symmetry from draws of its weights."""

from bayesneuron.alignment._align import align, aligned
from bayesneuron.alignment.together import align_together

__all__ = ["align", "align_together", "aligned"]
