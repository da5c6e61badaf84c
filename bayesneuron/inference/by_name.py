"""The estimators by the names that arguments such as ``method="laplace"`` take."""

from collections.abc import Callable

import xarray as xr

from bayesneuron.inference._bootstrap import bootstrap
from bayesneuron.inference._ensemble import ensemble
from bayesneuron.inference._laplace import laplace
from bayesneuron.inference._nuts import nuts
from bayesneuron.inference._svi import svi

METHODS: dict[str, Callable[..., xr.DataTree]] = {
    "bootstrap": bootstrap, "ensemble": ensemble, "laplace": laplace, "nuts": nuts, "svi": svi,
}  # fmt: skip
