"""Neurons that the scales of their own prior switch off.

Under a prior with a scale per neuron, such as the horseshoe, the weights v_i that neuron i sends
have prior variances s_ir² given the scales of a draw. A neuron of that scale would contribute

    C_ii Σ_r s_ir² / T

of the variance T of what the next layer receives, C_ii the variance of its activation: `gross` with
the weights replaced by their scale. The posterior probability that this is negligible says whether
the data have switched the neuron off. Given its scale, it does not matter what its weights are.
"""

from dataclasses import dataclass

import numpy as np

from bayesneuron.draws.information import prior_variances
from bayesneuron.network.layout import Layout
from bayesneuron.network.model import Model
from bayesneuron.structure.shares import Shares
from bayesneuron.structure.thresholds import Thresholds


@dataclass(frozen=True)
class Switch:
    """The scales of a layer's neurons, and what they imply.

    Attributes
    ----------
    scale : ndarray, shape (draw, neuron)
        Root mean square over the weights that the neuron sends of their prior scale.
    p_off : ndarray, shape (neuron,)
        Posterior probability that a neuron of this scale contributes a negligible share.
    """

    scale: np.ndarray
    p_off: np.ndarray


def has_scales(layout: Layout, layer: str) -> bool:
    """Whether each neuron of the layer has a scale of its own."""
    return any(axis.site in layout.scales for axis in layout.axes(layer))


def switch(
    model: Model,
    sites: dict[str, np.ndarray],
    drawn: dict[str, np.ndarray],
    layer: str,
    x: np.ndarray,
    parts: Shares,
    thresholds: Thresholds,
) -> Switch:
    """Read the switch of every neuron off the posterior of its scale.

    Parameters
    ----------
    model : Model
    sites : mapping of str to ndarray, shape (draw, ...)
        Every latent site.
    drawn : mapping of str to ndarray, shape (draw, ...)
        The same with the weights in the units in which they were drawn, those of the scales.
    layer : str
    x : ndarray
        Only its width matters.
    parts : Shares
        Of `sites`.
    thresholds : Thresholds
    """
    names = tuple(axis.site for axis in model.layout.weight_axes(layer, "outgoing"))
    variances = prior_variances(model, names, sites | drawn, x)
    expected = model.layout.rows(variances, layer, "outgoing")
    power = (model.layout.rows(sites | drawn, layer, "outgoing") ** 2).sum(axis=-1)
    ratio = expected.sum(axis=-1) / np.where(power > 0, power, np.inf)
    off = parts.gross * ratio < thresholds.negligible
    return Switch(np.sqrt(expected.mean(axis=-1)), off.mean(axis=0))
