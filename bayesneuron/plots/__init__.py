"""Figures, one per file; each takes ``ax`` and returns it."""

from bayesneuron.plots._aligned import aligned
from bayesneuron.plots._backtest import backtest
from bayesneuron.plots._comembership import comembership
from bayesneuron.plots._components import components
from bayesneuron.plots._coverage import coverage
from bayesneuron.plots._curve import curve
from bayesneuron.plots._dendrogram import dendrogram
from bayesneuron.plots._diagram import diagram
from bayesneuron.plots._ellipsoids import ellipsoid, ellipsoids
from bayesneuron.plots._ellipsoids_3d import ellipsoids_3d
from bayesneuron.plots._embedding import embedding
from bayesneuron.plots._forecast import forecast
from bayesneuron.plots._forest import forest
from bayesneuron.plots._graph import graph
from bayesneuron.plots._horizon_error import horizon_error
from bayesneuron.plots._identified import identified
from bayesneuron.plots._mixture import mixture
from bayesneuron.plots._modes import modes
from bayesneuron.plots._phase import phase
from bayesneuron.plots._prior_posterior import prior_posterior
from bayesneuron.plots._projection import projection
from bayesneuron.plots._reconstruction import reconstruction
from bayesneuron.plots._regions import regions
from bayesneuron.plots._relevance import relevance
from bayesneuron.plots._reliability import reliability
from bayesneuron.plots._responses import responses
from bayesneuron.plots._style import style
from bayesneuron.plots._trace import trace
from bayesneuron.plots.drawing import save_figure

__all__ = [
    "aligned",
    "backtest",
    "comembership",
    "components",
    "coverage",
    "curve",
    "dendrogram",
    "diagram",
    "ellipsoid",
    "ellipsoids",
    "ellipsoids_3d",
    "embedding",
    "forecast",
    "forest",
    "graph",
    "horizon_error",
    "identified",
    "mixture",
    "modes",
    "phase",
    "prior_posterior",
    "projection",
    "reconstruction",
    "regions",
    "relevance",
    "reliability",
    "responses",
    "save_figure",
    "style",
    "trace",
]


def __dir__() -> list[str]:
    return sorted(__all__)
