"""Frank-Wolfe over relaxed signed permutations of all layers at once.

A relaxed permutation is a matrix between permutations; where layers meet on a site, or a layer
meets itself, the gain is quadratic in them, and ascent from the middle finds what moves from one
permutation to the next do not.

References
----------
Vogelstein et al., "Fast approximate quadratic programming for graph matching", PLoS ONE 2015;
Crisostomi et al., "C2M3", NeurIPS 2024.
"""

from collections.abc import Mapping

import numpy as np

from bayesneuron.alignment.assignment import assign
from bayesneuron.alignment.moves import Move, Placed
from bayesneuron.alignment.scores import contract, gain
from bayesneuron.network.layout import Layout
from bayesneuron.network.rows import combine
from bayesneuron.network.symmetry import Sites

_FRANK_WOLFE = 20  # steps


def relax(layout: Layout, draws: Placed, target: Mapping[str, np.ndarray]) -> Placed:
    """Frank-Wolfe from the middle between `draws` as placed and the barycentre; then round.

    With signs the barycentre of all signed permutations is zero; without, it is uniform.
    """
    sites, count = draws.sites, draws.count
    plans = {}
    for layer in layout.hidden:
        n = layout.width(sites, layer)
        centre = np.zeros((n, n)) if layout.signed(layer) else np.full((n, n), 1 / n)
        plans[layer] = np.broadcast_to((np.eye(n) + centre) / 2, (count, n, n))
    for _ in range(_FRANK_WOLFE):
        vertices = {}
        for layer in layout.hidden:
            others = _transport(layout, sites, plans, skip=layer)
            scores = _relaxed_scores(layout, others, plans, target, layer)
            order, sign = assign(scores, signed=layout.signed(layer))
            vertices[layer] = np.eye(scores.shape[1])[order] * sign[:, :, None]
        # the gain is a quadratic of the step: each site meets at most two hidden axes
        middle = {k: (p + vertices[k]) / 2 for k, p in plans.items()}
        f0, f1, f2 = (gain(_transport(layout, sites, p), target) for p in (plans, middle, vertices))
        curve, slope = 2 * (f0 - 2 * f1 + f2), 4 * f1 - 3 * f0 - f2
        inner = np.where(curve < 0, -slope / np.where(curve < 0, 2 * curve, -1.0), f2 > f0)
        step = np.clip(inner, 0.0, 1.0)[:, None, None]
        if not (step > 0).any():
            break
        plans = {k: p + step * (vertices[k] - p) for k, p in plans.items()}
    for layer in layout.hidden:
        rounded = Move(*assign(plans[layer], signed=layout.signed(layer)))
        draws = draws.move(layout, layer, rounded)
    return draws


def _transport(
    layout: Layout, sites: Sites, plans: Mapping[str, np.ndarray], *, skip: str | None = None
) -> dict[str, np.ndarray]:
    """Apply relaxed permutations along every hidden axis but those of `skip`."""
    moved = {}
    for site, dims in layout.sites.items():
        values = sites[site]
        for axis, name in enumerate(dims):
            if name in plans and name != skip:
                values = combine(plans[name], values, axis)
        moved[site] = values
    return moved


def _relaxed_scores(
    layout: Layout,
    others: Sites,
    plans: Mapping[str, np.ndarray],
    target: Mapping[str, np.ndarray],
    layer: str,
) -> np.ndarray:
    """Derivative of the gain by the plan of `layer`: its own other axis, if any, as planned."""
    total = np.zeros(())
    for axis in layout.axes(layer):
        if axis.site not in target:
            continue
        values = others[axis.site]
        for other, name in enumerate(layout.sites[axis.site]):
            if name == layer and other != axis.axis:
                values = combine(plans[layer], values, other)
        total = total + contract(values, target[axis.site], axis.axis)
    return total
