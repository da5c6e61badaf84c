"""Neurons as random vectors: mean, covariance, region, and how far apart they lie."""

from bayesneuron.geometry import distances, similarity
from bayesneuron.geometry._activations import activations
from bayesneuron.geometry._identified import identified
from bayesneuron.geometry._neuron_moments import NeuronMoments, neuron_moments
from bayesneuron.geometry._point_normality import PointNormality, point_normality
from bayesneuron.geometry.ellipsoid_regions import Region
from bayesneuron.geometry.identified_parts import Identified
from bayesneuron.geometry.posterior import NeuronPosterior, neurons

__all__ = [
    "Identified",
    "NeuronMoments",
    "NeuronPosterior",
    "PointNormality",
    "Region",
    "activations",
    "distances",
    "identified",
    "neuron_moments",
    "neurons",
    "point_normality",
    "similarity",
]
