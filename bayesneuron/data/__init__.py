"""From a series to the arrays that a network is trained on."""

from bayesneuron.data._split import split
from bayesneuron.data._to_panel import to_panel
from bayesneuron.data._windows import windows
from bayesneuron.data.reading import read_series
from bayesneuron.data.scaling import Scaling, scaling_of, unscale
from bayesneuron.data.series import as_series

__all__ = [
    "Scaling",
    "as_series",
    "read_series",
    "scaling_of",
    "split",
    "to_panel",
    "unscale",
    "windows",
]
