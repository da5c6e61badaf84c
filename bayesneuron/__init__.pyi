# What is public, and where it is: `__init__.py` imports each name when it is first asked for.

import bayesneuron.app.results as results
import bayesneuron.plots as plot

from . import datasets
from .alignment import align, align_together
from .app._report import report
from .app.printed import to_latex, to_markdown
from .data import (
    as_series,
    read_series,
    scaling_of,
    split,
    to_panel,
    unscale,
    windows,
)
from .data._embedding import embedding
from .data._ssa import ssa
from .diagnostics import calibration, compare, diagnose, explain, mixtures, modes
from .diagnostics.calibration import calibrate
from .draws import complete
from .draws._predict import predict
from .draws.external import from_arrays, from_safetensors
from .draws.storage import open, save  # noqa: A004
from .exchange import export, from_state_dicts, to_state_dict
from .forecasting import backtest, forecast, to_darts, to_pandas
from .geometry import (
    activations,
    distances,
    identified,
    neuron_moments,
    neurons,
    point_normality,
    similarity,
)
from .inference import (
    Adam,
    Newton,
    bag,
    bootstrap,
    ensemble,
    extend,
    laplace,
    nuts,
    prior,
    svi,
)
from .network.layout import Layout
from .network.model import available_models, load
from .numerics.warn import StatisticalWarning
from .reduction import baselines, inputs, merge, prune, reduce, refit
from .structure import (
    Thresholds,
    clusterability,
    communities,
    graph,
    neuron_evidence,
    partitions,
    relevance,
)
from .supervised import NeuronClassifier, NeuronRegressor

__version__: str

__all__ = [
    "Adam",
    "Layout",
    "NeuronClassifier",
    "NeuronRegressor",
    "Newton",
    "StatisticalWarning",
    "Thresholds",
    "activations",
    "align",
    "align_together",
    "as_series",
    "available_models",
    "backtest",
    "bag",
    "baselines",
    "bootstrap",
    "calibrate",
    "calibration",
    "clusterability",
    "communities",
    "compare",
    "complete",
    "datasets",
    "diagnose",
    "distances",
    "embedding",
    "ensemble",
    "explain",
    "export",
    "extend",
    "forecast",
    "from_arrays",
    "from_safetensors",
    "from_state_dicts",
    "graph",
    "identified",
    "inputs",
    "laplace",
    "load",
    "merge",
    "mixtures",
    "modes",
    "neuron_evidence",
    "neuron_moments",
    "neurons",
    "nuts",
    "open",
    "partitions",
    "plot",
    "point_normality",
    "predict",
    "prior",
    "prune",
    "read_series",
    "reduce",
    "refit",
    "relevance",
    "report",
    "results",
    "save",
    "scaling_of",
    "similarity",
    "split",
    "ssa",
    "svi",
    "to_darts",
    "to_latex",
    "to_markdown",
    "to_pandas",
    "to_panel",
    "to_state_dict",
    "unscale",
    "windows",
]
