"""bayesneuron: the posterior of every neuron of a neural network.

Reading order: `load` a model, estimate it with `bootstrap`, `svi`, `nuts`, `laplace` or
`ensemble`, remove its symmetry with `align`, read its `neurons`, `diagnose` and `compare` the
estimates; then see the neurons as a `graph`, find `communities` and `relevance`, and `merge`,
`prune` or `reduce` the network. Families of functions are in namespaces (`datasets`, `distances`,
`plot`, ...), classes of results in `results`.
"""

import warnings as _warnings
from importlib import import_module as _import_module
from importlib.metadata import version as _version
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

if _TYPE_CHECKING:
    from bayesneuron import plots as plot

with _warnings.catch_warnings():  # what is imported adds filters that are the user's to choose
    from bayesneuron import datasets
    from bayesneuron.alignment import align, align_together
    from bayesneuron.app import results
    from bayesneuron.app._report import report
    from bayesneuron.app.printed import to_latex, to_markdown
    from bayesneuron.data import (
        as_series,
        read_series,
        scaling_of,
        split,
        to_panel,
        unscale,
        windows,
    )
    from bayesneuron.data._embedding import embedding
    from bayesneuron.data._ssa import ssa
    from bayesneuron.diagnostics import calibration, compare, diagnose, explain, mixtures, modes
    from bayesneuron.diagnostics.calibration import calibrate
    from bayesneuron.draws import complete
    from bayesneuron.draws._predict import predict
    from bayesneuron.draws.external import from_arrays, from_safetensors
    from bayesneuron.draws.storage import open, save  # noqa: A004
    from bayesneuron.exchange import export, from_state_dicts, to_state_dict
    from bayesneuron.forecasting import backtest, forecast, to_darts, to_pandas
    from bayesneuron.geometry import (
        activations,
        distances,
        identified,
        neuron_moments,
        neurons,
        point_normality,
        similarity,
    )
    from bayesneuron.inference import (
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
    from bayesneuron.network.layout import Layout
    from bayesneuron.network.model import available_models, load
    from bayesneuron.numerics.warn import StatisticalWarning
    from bayesneuron.reduction import baselines, inputs, merge, prune, reduce, refit
    from bayesneuron.structure import (
        Thresholds,
        clusterability,
        communities,
        graph,
        neuron_evidence,
        partitions,
        relevance,
    )
    from bayesneuron.supervised import NeuronClassifier, NeuronRegressor

__version__ = _version("bayesneuron")


def __getattr__(name: str) -> _Any:
    """Figures, and Matplotlib with them, are imported when they are first asked for."""
    if name not in ("plot", "plots"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with _warnings.catch_warnings():
        globals()["plot"] = plots = _import_module("bayesneuron.plots")
    return plots


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


def __dir__() -> list[str]:
    """Only what is public."""
    return [*__all__, "__all__", "__doc__", "__version__"]
