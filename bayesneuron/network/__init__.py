"""The network: a NumPyro model, its layout, its symmetries and its density."""

import numpyro  # noqa: F401  models import it; here its filters of warnings are undone

from bayesneuron.network.layout import Layout
from bayesneuron.network.model import Model, available_models, load

__all__ = ["Layout", "Model", "available_models", "load"]
