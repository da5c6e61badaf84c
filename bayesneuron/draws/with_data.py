"""The data that draws from elsewhere were trained on, put beside them."""

from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from bayesneuron.draws.fingerprint import fingerprint_of
from bayesneuron.draws.provenance import provenance_of, scaling_of_targets, with_provenance
from bayesneuron.draws.tree import labels_of
from bayesneuron.network.arrays import as_arrays
from bayesneuron.network.model import Model


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
