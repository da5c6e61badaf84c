"""Draws of a network's weights: what they know of themselves, and what follows from them."""

from bayesneuron.draws._complete import complete
from bayesneuron.draws._predict import predict
from bayesneuron.draws.external import from_arrays, from_safetensors
from bayesneuron.draws.provenance import Provenance, provenance_of
from bayesneuron.draws.storage import open, save  # noqa: A004

__all__ = [
    "Provenance",
    "complete",
    "from_arrays",
    "from_safetensors",
    "open",
    "predict",
    "provenance_of",
    "save",
]
