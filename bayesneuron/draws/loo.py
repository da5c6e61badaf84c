"""PSIS-LOO of draws, pointwise, where there are enough of them."""

import warnings
from typing import Any

import arviz as az
import xarray as xr


def psis_loo(draws: xr.DataTree) -> Any:
    """What `arviz.loo` tells; None where there are too few draws for the tail of a Pareto fit.

    Its warning is left out: bad k are counted by who asks.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return az.loo(draws, pointwise=True)
        except (ValueError, IndexError):
            return None
