"""How much two estimates agree on where a neuron is."""

import numpy as np

from bayesneuron.geometry.regions import Region


def overlap(region1: Region, draws1: np.ndarray, region2: Region, draws2: np.ndarray) -> np.ndarray:
    """Mean share of each estimate's draws that lie in the other's region.

    ½ (P₁(R₂) + P₂(R₁)): the level of the regions where the estimates are the same, 0 where they
    are apart. Unlike a ratio of volumes it keeps its meaning in many dimensions.

    Parameters
    ----------
    region1, region2 : Region
    draws1, draws2 : ndarray, shape (draw, neuron, k)

    Returns
    -------
    ndarray, shape (neuron,)

    Examples
    --------
    >>> from bayesneuron.geometry.regions import region
    >>> draws = np.random.default_rng(0).normal(size=(4000, 1, 2))
    >>> r = region(np.zeros((1, 2)), np.eye(2)[None], draws, level=0.9)
    >>> overlap(r, draws, r, draws).round(1)
    array([0.9])
    """
    return (region1.coverage(draws2) + region2.coverage(draws1)) / 2
