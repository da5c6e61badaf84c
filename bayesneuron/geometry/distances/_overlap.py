"""How much two estimates agree on where a neuron is."""

from typing import overload

import numpy as np

from bayesneuron.geometry.distances.by_posterior import two_posteriors
from bayesneuron.geometry.ellipsoid_regions import Region
from bayesneuron.geometry.posterior import NeuronPosterior
from bayesneuron.numerics.arrays import as_finite
from bayesneuron.numerics.checks import check_probability


@overload
def overlap(
    first: NeuronPosterior, second: NeuronPosterior, /, *, level: float = 0.9
) -> np.ndarray: ...
@overload
def overlap(
    region1: Region, draws1: np.ndarray, region2: Region, draws2: np.ndarray, /
) -> np.ndarray: ...
def overlap(*args, level: float = 0.9) -> np.ndarray:
    """Mean share of each estimate's draws that lie in the other's region.

    ½ (P₁(R₂) + P₂(R₁)): the level of the regions where the estimates are the same, 0 where they
    are apart. Unlike a ratio of volumes it keeps its meaning in many dimensions.

    Parameters
    ----------
    *args
        Two `NeuronPosterior`; or ``region1, draws1, region2, draws2``, draws of shape
        (draw, neuron, k).
    level : float
        Of the regions of two posteriors.

    Returns
    -------
    ndarray, shape (neuron,)

    Examples
    --------
    >>> from bayesneuron.geometry.ellipsoid_regions import region
    >>> draws = np.random.default_rng(0).normal(size=(4000, 1, 2))
    >>> r = region(np.zeros((1, 2)), np.eye(2)[None], draws, level=0.9)
    >>> overlap(r, draws, r, draws).round(1)
    array([0.9])
    """
    check_probability(level=level)
    if any(isinstance(a, NeuronPosterior) for a in args):
        first, second = two_posteriors("overlap", args)
        return overlap(first.region(level), first.by_draw, second.region(level), second.by_draw)
    if len(args) != 4 or not all(isinstance(region, Region) for region in args[::2]):
        kinds = ", ".join(type(a).__name__ for a in args)
        raise ValueError(f"overlap: expected region1, draws1, region2, draws2, got {kinds}")
    region1, draws1, region2, draws2 = args
    draws1, draws2 = (
        as_finite(name, draws, "draw", "neuron", "k")
        for name, draws in (("draws1", draws1), ("draws2", draws2))
    )
    shapes = {region1.center.shape, region2.center.shape, draws1.shape[1:], draws2.shape[1:]}
    if len(shapes) > 1:
        raise ValueError(f"overlap: expected regions and draws of the same neurons, got {shapes}")
    return (region1.coverage(draws2) + region2.coverage(draws1)) / 2
