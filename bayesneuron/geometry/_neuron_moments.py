"""e_i and D_i of more draws than fit into memory."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from bayesneuron.alignment._align import sites_of
from bayesneuron.alignment.by_part import carried, moments_by_part
from bayesneuron.draws.check_draws import check_draws
from bayesneuron.draws.coordinates import coordinates
from bayesneuron.draws.provenance import provenance_of
from bayesneuron.draws.tree import names_of_inputs
from bayesneuron.numerics.checks import check_positive

BLOCK = 5000  # draws in memory


@dataclass(frozen=True)
class NeuronMoments:
    """Means and covariances of the neurons of one layer.

    Attributes
    ----------
    layer : str
    weights, roles : tuple of str, length k
        As in `bayesneuron.results.NeuronPosterior`.
    count : int
        Draws.
    mean : ndarray, shape (neuron, k)
        e_i.
    cov : ndarray, shape (neuron, k, k)
        D_i, without shrinkage.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.align(bn.laplace(model, x, y, samples=50, starts=4))
    >>> bn.neuron_moments(draws)["hidden"].count
    50
    """

    layer: str
    weights: tuple[str, ...]
    roles: tuple[str, ...]
    count: int
    mean: np.ndarray
    cov: np.ndarray


def neuron_moments(draws: xr.DataTree, *, block: int = BLOCK) -> dict[str, NeuronMoments]:
    """Mean and covariance of every neuron, from draws that are read block by block.

    The first block is aligned to the mean that its draws agree on, every other one to the first.
    Memory does not grow with the number of draws, where these are read from a file as they are
    asked for, as those of ``bayesneuron.bootstrap(..., into=path)``. Draws of
    ``bayesneuron.bootstrap(..., memory=)`` have the moments of all replicates that they carry.

    Parameters
    ----------
    draws : DataTree
        Of an estimator. Aligned ones are taken as they are.
    block : int
        Draws of each chain that are in memory at once.

    Returns
    -------
    dict of str to NeuronMoments
        By layer, those of `bayesneuron.neurons`. ``cov`` is that of all draws at once, but for
        rounding (Chan, Golub and LeVeque 1979).

    Raises
    ------
    ValueError
        If the draws have no layout or their sites do not fit it.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.bootstrap(model, x, y, replicates=50, optimizer=bn.Adam(epochs=5))
    >>> neurons = bn.neuron_moments(draws, block=20)
    >>> neurons["hidden"].count, neurons["hidden"].mean.shape
    (50, (2, 5))
    """
    check_positive(block=block)
    check_draws(draws)
    if of_all := carried(draws, "posterior", verb="neuron_moments"):
        layout, inputs = provenance_of(draws).layout, names_of_inputs(draws)
        sites = sites_of(_part(draws, slice(1)), layout)
        names = {layer: coordinates(layout, sites, layer, inputs=inputs) for layer in of_all}
        return {
            layer: NeuronMoments(layer, names[layer].weights, names[layer].roles, *of_all[layer])
            for layer in of_all
        }
    count = draws["posterior"].sizes["draw"]
    parts = (_part(draws, slice(first, first + block)) for first in range(0, count, block))
    layers = moments_by_part(parts, inputs=names_of_inputs(draws)).moments["posterior"]
    return {
        layer: NeuronMoments(layer, weights, roles, sums.count, sums.mean, sums.cov)
        for layer, (weights, roles, sums) in layers.items()
    }


def _part(draws: xr.DataTree, block: slice) -> xr.DataTree:
    """Some of the draws in memory, with nothing else."""
    posterior = draws["posterior"].to_dataset().isel(draw=block).load()
    part = xr.DataTree.from_dict({"posterior": posterior})
    part.attrs = dict(draws.attrs)
    return part
