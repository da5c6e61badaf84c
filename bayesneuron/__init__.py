"""bayesneuron: the posterior of every neuron of a small neural network.

Reading order: `load` a model, estimate it with `bootstrap`, `svi`, `nuts` or `laplace`, remove
its symmetry with `align`, read its `neurons`, `compare` the estimates; then see the neurons as a
`graph`, find `communities` and `relevance`, and `merge`, `prune` or `reduce` the network.
"""

from importlib.metadata import version

from bayesneuron import baselines, datasets, distances, inputs, similarity
from bayesneuron import plots as plot
from bayesneuron.alignment import align, align_together
from bayesneuron.bag import bag
from bayesneuron.calibration import calibrate
from bayesneuron.communities import Communities, activation_communities, communities, consensus
from bayesneuron.compare import Comparison, compare
from bayesneuron.data import Scaling, read_series, scaling_of, split, unscale, windows
from bayesneuron.diagnose import Diagnosis, diagnose
from bayesneuron.estimators import bootstrap, laplace, nuts, prior, svi
from bayesneuron.external import from_arrays, from_safetensors
from bayesneuron.graph import graph
from bayesneuron.layout import Layout
from bayesneuron.merging import Reduced, Reduction, merge, prune, reduce, refit
from bayesneuron.model import Model, available_models, load
from bayesneuron.modes import Modes, NeuronMixture, modes
from bayesneuron.posterior import NeuronPosterior, neurons
from bayesneuron.predict import predict
from bayesneuron.relevance import Relevance, relevance
from bayesneuron.responses import activations
from bayesneuron.ssa import SSA, ssa
from bayesneuron.storage import open, save  # noqa: A004
from bayesneuron.warn import StatisticalWarning

__all__ = [
    "SSA",
    "Communities",
    "Comparison",
    "Diagnosis",
    "Layout",
    "Model",
    "Modes",
    "NeuronMixture",
    "NeuronPosterior",
    "Reduced",
    "Reduction",
    "Relevance",
    "Scaling",
    "StatisticalWarning",
    "activation_communities",
    "activations",
    "align",
    "align_together",
    "available_models",
    "bag",
    "baselines",
    "bootstrap",
    "calibrate",
    "communities",
    "compare",
    "consensus",
    "datasets",
    "diagnose",
    "distances",
    "from_arrays",
    "from_safetensors",
    "graph",
    "inputs",
    "laplace",
    "load",
    "merge",
    "modes",
    "neurons",
    "nuts",
    "open",
    "plot",
    "predict",
    "prior",
    "prune",
    "read_series",
    "reduce",
    "refit",
    "relevance",
    "save",
    "scaling_of",
    "similarity",
    "split",
    "ssa",
    "svi",
    "unscale",
    "windows",
]

__version__ = version("bayesneuron")
