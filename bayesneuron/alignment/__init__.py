"""Removing a network's symmetry from draws of its weights."""

from bayesneuron.alignment._align import align
from bayesneuron.alignment.together import align_together

__all__ = ["align", "align_together"]
