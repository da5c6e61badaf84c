"""Neurons as random vectors: mean, covariance, region, and how far apart they lie."""

from bayesneuron.geometry import distances, similarity
from bayesneuron.geometry._activations import activations
from bayesneuron.geometry.posterior import NeuronPosterior, neurons
from bayesneuron.geometry.regions import Region

__all__ = ["NeuronPosterior", "Region", "activations", "distances", "neurons", "similarity"]
