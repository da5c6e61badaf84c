"""bayesneuron: the posterior of every neuron of a small neural network.

Reading order: `load` a model, estimate it with `bootstrap`, `svi`, `nuts` or `laplace`, remove
its symmetry with `align`, read its `neurons`, `compare` the estimates; then see the neurons as a
`graph`, find `communities` and `relevance`, and `merge`, `prune` or `reduce` the network.
"""

from importlib.metadata import version

from bayesneuron import datasets
from bayesneuron import plots as plot
from bayesneuron.alignment import align, align_together
from bayesneuron.data import Scaling, read_series, scaling_of, split, unscale, windows
from bayesneuron.data._ssa import SSA, ssa
from bayesneuron.diagnostics import Modes, calibration, mixtures, modes
from bayesneuron.diagnostics._compare import Comparison, compare
from bayesneuron.diagnostics._diagnose import Diagnosis, diagnose
from bayesneuron.diagnostics.calibration import calibrate
from bayesneuron.diagnostics.mixtures import NeuronMixture
from bayesneuron.draws._predict import predict
from bayesneuron.draws.external import from_arrays, from_safetensors
from bayesneuron.draws.storage import open, save  # noqa: A004
from bayesneuron.geometry import NeuronPosterior, activations, distances, neurons, similarity
from bayesneuron.inference import bootstrap, laplace, nuts, prior, svi
from bayesneuron.inference._bag import bag
from bayesneuron.network.layout import Layout
from bayesneuron.network.model import Model, available_models, load
from bayesneuron.numerics.warn import StatisticalWarning
from bayesneuron.reduction import Reduced, Reduction, baselines, inputs, merge, prune, reduce, refit
from bayesneuron.structure import (
    Relevance,
    activation_communities,
    communities,
    consensus,
    partitions,
    relevance,
)
from bayesneuron.structure._graph import graph
from bayesneuron.structure.partitions import Communities

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
    "calibration",
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
    "mixtures",
    "modes",
    "neurons",
    "nuts",
    "open",
    "partitions",
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
