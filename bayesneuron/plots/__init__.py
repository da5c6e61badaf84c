"""Figures, one a file; each takes ``ax`` and returns it."""

from bayesneuron.plots.comembership import comembership
from bayesneuron.plots.components import components
from bayesneuron.plots.coverage import coverage
from bayesneuron.plots.curve import curve
from bayesneuron.plots.ellipsoids import ellipsoid, ellipsoids
from bayesneuron.plots.forest import forest
from bayesneuron.plots.graph import graph
from bayesneuron.plots.mixture import mixture
from bayesneuron.plots.projection import projection
from bayesneuron.plots.reconstruction import reconstruction
from bayesneuron.plots.regions import regions
from bayesneuron.plots.relevance import relevance
from bayesneuron.plots.style import save_figure
from bayesneuron.plots.trace import trace

__all__ = [
    "comembership",
    "components",
    "coverage",
    "curve",
    "ellipsoid",
    "ellipsoids",
    "forest",
    "graph",
    "mixture",
    "projection",
    "reconstruction",
    "regions",
    "relevance",
    "save_figure",
    "trace",
]
