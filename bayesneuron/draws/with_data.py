"""The data that draws from elsewhere were trained on, put beside them."""

from dataclasses import replace
from typing import Any

import jax.numpy as jnp
import numpy as np
import xarray as xr

from bayesneuron.draws.fingerprint import fingerprint_of
from bayesneuron.draws.provenance import provenance_of, scaling_of_targets, with_provenance
from bayesneuron.draws.tree import labels_of, theta_of
from bayesneuron.network.arrays import as_arrays
from bayesneuron.network.density import density
from bayesneuron.network.model import Model
from bayesneuron.numerics.precision import double


def with_data(draws: xr.DataTree, model: Model, x: Any, y: Any) -> xr.DataTree:
    """Draws that carry x and y, their names, scaling and fingerprint.

    Parameters
    ----------
    draws : DataTree
        Of `model`.
    model : Model
    x, y : array_like

    Raises
    ------
    ValueError
        If the data do not fit the model.
    """
    inputs, targets = as_arrays(model, x, y)
    labels = labels_of(x, y)
    for group, name, values, dims in (
        ("observed_data", "y", targets, ("observation", "output")),
        ("constant_data", "x", inputs, ("observation", "input")),
    ):
        data = xr.Dataset({name: (dims[: values.ndim], values)})
        numbers = {str(d): np.arange(n) for d, n in data.sizes.items()}
        fitting = {k: v for k, v in labels.items() if v[0] in data.dims}
        draws[group] = xr.DataTree(data.assign_coords({**numbers, **fitting}))
    scaling, fingerprint = scaling_of_targets(y), fingerprint_of(inputs, targets)
    return with_provenance(
        draws, replace(provenance_of(draws), scaling=scaling, fingerprint=fingerprint)
    )


@double
def check_in_support(draws: xr.DataTree, model: Model, x: Any, y: Any) -> None:
    """Raise ValueError unless every site of the model is there, within the support of its prior."""
    dens = density(model, *map(jnp.asarray, as_arrays(model, x, y)))
    theta = theta_of(dens, draws)
    for site, places in dens.places.items():
        outside = ~np.isfinite(theta[:, places.ravel()]).all(axis=1)
        if outside.any():
            raise ValueError(
                f"{site}: expected values in the support of its prior, got others in "
                f"{outside.sum()} of {len(outside)} draws, such as {int(outside.argmax())}"
            )
