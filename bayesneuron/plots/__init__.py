"""Figures, one a file; each takes ``ax`` and returns it."""

from bayesneuron.plots.ellipsoids import ellipsoid, ellipsoids
from bayesneuron.plots.forest import forest
from bayesneuron.plots.mixture import mixture
from bayesneuron.plots.projection import projection
from bayesneuron.plots.reconstruction import reconstruction
from bayesneuron.plots.regions import regions
from bayesneuron.plots.style import save_figure
from bayesneuron.plots.trace import trace

__all__ = [
    "ellipsoid",
    "ellipsoids",
    "forest",
    "mixture",
    "projection",
    "reconstruction",
    "regions",
    "save_figure",
    "trace",
]
