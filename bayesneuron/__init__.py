"""bayesneuron: the posterior of every neuron of a small neural network.

Reading order: `load` a model, estimate it with `bootstrap`, `svi`, `nuts` or `laplace`, remove
its symmetry with `align`, read its `neurons`, `compare` the estimates.
"""

from importlib.metadata import version

from bayesneuron import datasets
from bayesneuron import plots as plot
from bayesneuron.alignment import align, align_together
from bayesneuron.compare import Comparison, compare
from bayesneuron.data import Scaling, read_series, scaling_of, split, unscale, windows
from bayesneuron.estimators import bootstrap, laplace, nuts, prior, svi
from bayesneuron.external import from_arrays, from_safetensors
from bayesneuron.layout import Layout
from bayesneuron.model import Model, available_models, load
from bayesneuron.posterior import NeuronPosterior, neurons
from bayesneuron.predict import predict
from bayesneuron.storage import open, save  # noqa: A004
from bayesneuron.warn import StatisticalWarning

__all__ = [
    "Comparison",
    "Layout",
    "Model",
    "NeuronPosterior",
    "Scaling",
    "StatisticalWarning",
    "align",
    "align_together",
    "available_models",
    "bootstrap",
    "compare",
    "datasets",
    "from_arrays",
    "from_safetensors",
    "laplace",
    "load",
    "neurons",
    "nuts",
    "open",
    "plot",
    "predict",
    "prior",
    "read_series",
    "save",
    "scaling_of",
    "split",
    "svi",
    "unscale",
    "windows",
]

__version__ = version("bayesneuron")
