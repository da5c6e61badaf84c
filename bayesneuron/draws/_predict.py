"""What a network's draws predict at new inputs."""

from typing import Any

import numpy as np
import xarray as xr

from bayesneuron.draws.evaluate import observation_key
from bayesneuron.draws.free_vectors import BATCH
from bayesneuron.draws.linearised import predictions_of
from bayesneuron.draws.network import network_of
from bayesneuron.draws.provenance import provenance_of, with_provenance
from bayesneuron.draws.same_scaling import check_same_scaling
from bayesneuron.draws.tree import inputs_of, labels_of, numbered_like
from bayesneuron.network.arrays import as_arrays, as_inputs
from bayesneuron.network.model import Model
from bayesneuron.numerics.checks import check_seed
from bayesneuron.numerics.precision import double

_DIMS = ("chain", "draw", "observation", "output")


@double
def predict(
    draws: xr.DataTree,
    x: Any = None,
    y: Any = None,
    *,
    model: Model | None = None,
    seed: int = 0,
) -> xr.DataTree:
    """Evaluate the network at inputs, for every draw.

    Draws of `bayesneuron.laplace` are of a normal approximation: with them the network is
    linearised at the mode, unless they were made with ``linearise=False``.

    Parameters
    ----------
    draws : DataTree
        From an estimator, aligned or not.
    x : array_like, shape (observation, input), optional
        In the units of the training inputs: standardised if those were. By default x and y are
        the data that the draws carry.
    y : array_like, optional
        What was observed at x, to have its log likelihood as well.
    model : Model, optional
        Needed where the model is not one of the shipped ones.
    seed : int
        Of the predicted observations.

    Returns
    -------
    DataTree
        Group ``predictions``, dims (chain, draw, observation, output): ``mean``, the network's
        output, and ``y``, a new observation with its noise. With `y` also groups
        ``log_likelihood`` and ``observed_data``. Coordinates of x and y (time, recording, channel)
        are carried on. The provenance is that of `draws`.

    Raises
    ------
    ValueError
        If the model is needed, x does not fit, y comes without x, the draws carry no data, or
        a site of the model is missing (weights without a noise scale).

    Warns
    -----
    StatisticalWarning
        If x are windows that were standardised otherwise than those trained on.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.laplace(model, x, y, samples=20, starts=2)
    >>> predictions = bn.predict(draws, x[:5]).predictions
    >>> dict(predictions["mean"].sizes)
    {'chain': 1, 'draw': 20, 'observation': 5, 'output': 1}
    >>> bool((predictions["time"] == x["time"][:5]).all())
    True
    """
    check_seed(seed)
    model = network_of(draws, model)
    check_same_scaling(draws, x)
    x, y = inputs_of(draws, x, y)
    inputs, targets = (as_inputs(model, x), None) if y is None else as_arrays(model, x, y)
    shape = tuple(draws["posterior"].sizes[d] for d in ("chain", "draw"))
    key, number = observation_key(seed), np.arange(np.prod(shape))
    values = predictions_of(
        draws, model, inputs, targets, keep=("mean", "y"), key=key, number=number,
        lanes=min(BATCH, len(number)),
    )  # fmt: skip
    values = {k: v.reshape(*shape, *v.shape[1:]) for k, v in values.items()}
    groups = {"predictions": {k: values[k] for k in ("mean", "y")}}
    observed: dict[str, xr.Dataset] = {}
    labels = labels_of(x, y)
    if targets is not None:
        groups["log_likelihood"] = {"y": values["log_likelihood"]}
        data = xr.Dataset({"y": (_DIMS[2 : 2 + targets.ndim], targets)})
        observed["observed_data"] = _labelled(data, labels)
    sampled = {
        name: numbered_like(draws, _labelled(_dataset(group), labels))
        for name, group in groups.items()
    }
    tree = xr.DataTree.from_dict(sampled | observed)
    return with_provenance(tree, provenance_of(draws))


def _dataset(group: dict[str, np.ndarray]) -> xr.Dataset:
    return xr.Dataset({name: (_DIMS[: v.ndim], v) for name, v in group.items()})


def _labelled(data: xr.Dataset, labels: dict[str, tuple[str, np.ndarray]]) -> xr.Dataset:
    """Data with their axes numbered, and the labels that fit them."""
    numbers = {str(dim): np.arange(size) for dim, size in data.sizes.items()}
    fitting = {
        name: (dim, values)
        for name, (dim, values) in labels.items()
        if data.sizes.get(dim) == len(values)
    }
    return data.assign_coords(numbers).assign_coords(fitting)
