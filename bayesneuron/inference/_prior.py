"""Draws from the prior, in the shape of any other estimate: an estimate without data."""

from typing import Any

import xarray as xr

from bayesneuron.draws.prior_draws import sample_prior
from bayesneuron.draws.provenance import provenance_for
from bayesneuron.draws.tree import check_room, prior_key, tree_of_sites
from bayesneuron.network.arrays import as_inputs
from bayesneuron.network.model import Model
from bayesneuron.numerics.checks import (
    check_positive,
    check_seed,
)
from bayesneuron.numerics.precision import double


@double
def prior(model: Model, x: Any, *, samples: int = 1000, seed: int = 0) -> xr.DataTree:
    """Draw the network's weights from its prior.

    Parameters
    ----------
    model : Model
    x : array_like, shape (observation, input)
        Only its width matters.
    samples, seed : int

    Returns
    -------
    DataTree
        Group ``posterior`` holds the prior draws, so that `bayesneuron.align` and
        `bayesneuron.neurons` work on them as on any others.

    Examples
    --------
    >>> import numpy as np, bayesneuron as bn
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> bn.prior(model, np.zeros((1, 3)), samples=7).posterior.sizes["draw"]
    7
    """
    check_positive(samples=samples)
    check_seed(seed)
    inputs = as_inputs(model, x)
    check_room(model, inputs, samples=samples)
    sites = sample_prior(model, inputs, draws=samples, key=prior_key(seed))
    return tree_of_sites(sites, provenance_for(model, "prior", seed=seed, independent=True))
