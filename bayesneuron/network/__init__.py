"""The network: a NumPyro model, its layout, its symmetries and its density."""

from bayesneuron.network.layout import Layout
from bayesneuron.network.model import Model, available_models, load

__all__ = ["Layout", "Model", "available_models", "load"]
