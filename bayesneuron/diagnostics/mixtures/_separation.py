"""How far apart two stretches of sampling lie, in weights and in predictions."""

from collections.abc import Sequence

import numpy as np

from bayesneuron.alignment._align import LARGE
from bayesneuron.alignment.fixed_point import estimate, fixed_point, matched
from bayesneuron.alignment.match import match
from bayesneuron.network.layout import Layout
from bayesneuron.network.symmetry import Sites, act
from bayesneuron.numerics.arrays import as_finite
from bayesneuron.numerics.progress import progress

# Two normals of one variance, mixed half and half, have two peaks exactly where their means are
# more than two standard deviations apart.
APART = 2.0


def separation_of_weights(layout: Layout, stretches: Sequence[Sites]) -> np.ndarray:
    """Largest distance of means over all weights, in standard deviations, (stretch, stretch).

    Each stretch of canonical draws is aligned within itself, then moved as a whole to where its
    mean is closest to another's, so that a stretch in a symmetric copy of the same mode is at
    distance zero. Matched draw by draw, a stretch between two neurons of the other mode would
    be torn apart and look wide.

    Parameters
    ----------
    layout : Layout
    stretches : sequence of mapping of str to ndarray, shape (draw, ...)
        Canonical draws, the same number of each.

    Returns
    -------
    ndarray, shape (stretch, stretch)
        Symmetric.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> import bayesneuron as bn
    >>> sites = {"W": ("hidden", "input"), "V": ("output", "hidden")}
    >>> layout = bn.Layout(sites, {"hidden": "tanh"})
    >>> rng = np.random.default_rng(0)
    >>> one = {"W": rng.normal(size=(400, 1, 2)), "V": rng.normal(size=(400, 1, 1))}
    >>> far = {"W": one["W"] + 5, "V": one["V"]}
    >>> apart = separation_of_weights(layout, [one, far])
    >>> apart.shape, bool(apart[0, 1] > 4)
    ((2, 2), True)
    """
    work = sum(matched(layout, stretch) for stretch in stretches)
    widest = max((layout.width(stretches[0], layer) for layer in layout.hidden), default=1)
    with progress("stretches aligned, draws", work, long=work * widest**2 > LARGE) as advance:
        own = [fixed_point(layout, dict(one), advance=advance)[0] for one in stretches]
    mean = {k: np.stack([s[k].mean(axis=0) for s in own]) for k in layout.sites}
    variance = {k: np.stack([s[k].var(axis=0, ddof=1) for s in own]) for k in layout.sites}
    apart = np.zeros((len(own), len(own)))
    for i, stretch in enumerate(own):
        moved, moves = match(layout, mean, estimate(layout, stretch), search=True)
        spread = variance
        for layer, (order, sign) in moves.items():
            spread = act(layout, spread, layer, order, np.ones_like(sign))
        apart[i] = _apart(_flat(layout, moved), _flat(layout, spread), i)
    return np.minimum(apart, apart.T)  # the better of the two matches


def separation(values: np.ndarray) -> np.ndarray:
    """The same for numbers that no symmetry changes, such as predictions.

    Parameters
    ----------
    values : ndarray, shape (stretch, draw, number)

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> far = separation(rng.normal(size=(3, 500, 2)) + np.array([0, 0, 5])[:, None, None])
    >>> (far > APART).tolist()
    [[False, False, True], [False, False, True], [True, True, False]]
    """
    values = as_finite("values", values, "stretch", "draw", "number")
    if values.shape[1] < 2:
        raise ValueError(f"values: expected at least 2 draws per stretch, got {values.shape[1]}")
    mean, variance = values.mean(axis=1), values.var(axis=1, ddof=1)
    return np.stack([_apart(mean, variance, i) for i in range(len(values))])


def _apart(mean: np.ndarray, variance: np.ndarray, i: int) -> np.ndarray:
    pooled = np.sqrt((variance + variance[i]) / 2)
    gap = np.abs(mean - mean[i])
    far = np.divide(gap, pooled, out=np.zeros_like(gap), where=gap > 1e-9 * (1 + np.abs(mean)))
    return far.max(axis=1)


def _flat(layout: Layout, sites: Sites) -> np.ndarray:
    kept = [sites[s] for s in layout.sites if s not in layout.auxiliary]
    return np.concatenate([v.reshape(len(v), -1) for v in kept], axis=1)
