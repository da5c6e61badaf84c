"""Networks of other libraries in, and back out."""

from bayesneuron.exchange._export import export
from bayesneuron.exchange._from_state_dicts import from_state_dicts
from bayesneuron.exchange._to_state_dict import to_state_dict

__all__ = ["export", "from_state_dicts", "to_state_dict"]
