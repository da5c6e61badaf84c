"""Removing a network's symmetry from draws of its weights."""

from bayesneuron.align.align import align

__all__ = ["align"]
