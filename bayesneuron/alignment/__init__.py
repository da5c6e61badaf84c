"""Removing a network's symmetry from draws of its weights."""

from bayesneuron.alignment.align import align

__all__ = ["align"]
