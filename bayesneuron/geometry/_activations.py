"""Activations of every neuron over data, draw by draw."""

from math import prod
from typing import Any

import numpy as np
import xarray as xr

from bayesneuron.alignment import aligned
from bayesneuron.draws._activations import respond
from bayesneuron.draws.evaluate import COPIES, latent_sites
from bayesneuron.draws.network import check_widths, network_of
from bayesneuron.draws.tree import activation_site, inputs_of
from bayesneuron.network.arrays import as_inputs
from bayesneuron.network.model import Model
from bayesneuron.network.tracing import sites_of
from bayesneuron.numerics.checks import check_memory


def activations(
    draws: xr.DataTree, x: Any = None, *, model: Model | None = None
) -> dict[str, np.ndarray]:
    """Activations of every hidden neuron over data, for every draw.

    Parameters
    ----------
    draws : DataTree
        Aligned first unless they are: neuron i is the same in all draws.
    x : array_like, shape (observation, input), optional
        By default the data that the draws carry.
    model : Model, optional
        Needed where the model is not one of the shipped ones.

    Returns
    -------
    dict of str to ndarray, shape (draw, point, neuron)
        By hidden layer. Points are the observations, and in a recurrent network all steps
        of each.

    Raises
    ------
    ValueError
        If the model publishes no site ``{layer}_activation``, x does not fit, there is none, or
        the activations do not fit into the memory.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.laplace(model, x, y, samples=20, starts=2)
    >>> bn.activations(draws)["hidden"].shape
    (20, 57, 2)
    """
    model = network_of(draws, model)
    inputs = as_inputs(model, inputs_of(draws, x)[0])
    check_widths(draws, model, inputs.shape[1])
    size, one = draws["posterior"].sizes, sites_of(model, (1, *inputs.shape[1:]))
    published = [site for layer in model.layout.hidden if (site := activation_site(layer)) in one]
    numbers = COPIES * len(inputs) * sum(prod(one[site].shape) for site in published)
    remedy = "thin the draws, or ask for fewer rows"  # before minutes of alignment
    check_memory("draws", size["chain"] * size["draw"], numbers, remedy=remedy)
    return respond(model, latent_sites(aligned(draws), model, inputs), inputs)
