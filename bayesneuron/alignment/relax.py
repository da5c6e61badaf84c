"""Frank-Wolfe over relaxed signed permutations of all layers at once.

A relaxed permutation is a matrix between permutations; where layers meet on a site, or a layer
meets itself, the gain is quadratic in them, and ascent from the middle finds what moves from one
permutation to the next do not. Where gates are not flipped with their neuron, a layer has two
plans, one with signs and one without; both are of one signed permutation at every vertex.

References
----------
Vogelstein et al., "Fast approximate quadratic programming for graph matching", PLoS ONE 2015;
Crisostomi et al., "C2M3", NeurIPS 2024.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from bayesneuron.alignment.assignment import assign
from bayesneuron.alignment.moves import Move, Placed
from bayesneuron.alignment.scores import Scores, contract, gain
from bayesneuron.network.layout import Layout
from bayesneuron.network.layout_entries import Axis
from bayesneuron.network.rows import combine
from bayesneuron.network.symmetry import Sites, act

_FRANK_WOLFE = 20  # steps
_ROUNDING = 1e-13  # of the gain: a smaller slope is none


class _Plan(NamedTuple):
    """Relaxed permutations of a layer, each (draw, place, neuron)."""

    flipping: np.ndarray
    fixed: np.ndarray | None  # without signs, of a layer with gates

    def of(self, layout: Layout, axis: Axis) -> np.ndarray:
        return self.flipping if self.fixed is None or layout.flips(axis) else self.fixed

    def step(self, share: np.ndarray, vertex: "_Plan") -> "_Plan":
        fixed = None
        if self.fixed is not None and vertex.fixed is not None:
            fixed = self.fixed + share * (vertex.fixed - self.fixed)
        return _Plan(self.flipping + share * (vertex.flipping - self.flipping), fixed)

    def towards(self, vertex: "_Plan", scores: Scores) -> np.ndarray:
        """Derivative of the gain from here towards the vertex, shape (draw,)."""
        total = np.einsum("sij,sij->s", vertex.flipping - self.flipping, scores.flipping)
        if self.fixed is not None and vertex.fixed is not None and scores.fixed is not None:
            total += np.einsum("sij,sij->s", vertex.fixed - self.fixed, scores.fixed)
        return total


_Plans = Mapping[str, _Plan]


def relax(layout: Layout, draws: Placed, target: Mapping[str, np.ndarray]) -> Placed:
    """Frank-Wolfe from the middle between `draws` as placed and the barycentre; then round.

    With signs the barycentre of all signed permutations is zero; without, it is uniform.
    """
    sites, count = draws.sites, draws.count
    plans: dict[str, _Plan] = {}
    for layer in layout.hidden:
        n = layout.width(sites, layer)
        signed, plain = (
            np.broadcast_to((np.eye(n) + centre) / 2, (count, n, n)) for centre in (0.0, 1 / n)
        )
        gates = layout.signed(layer) and any(not layout.flips(a) for a in layout.axes(layer))
        plans[layer] = _Plan(signed if layout.signed(layer) else plain, plain if gates else None)
    here = gain(_transport(layout, sites, plans), target)
    for _ in range(_FRANK_WOLFE):
        vertices, moved, slope = {}, sites, np.zeros(count)
        for layer in layout.hidden:
            others = _transport(layout, sites, plans, skip=layer)
            scores = _relaxed_scores(layout, others, plans, target, layer)
            order, sign = assign(scores.flipping, signed=layout.signed(layer), fixed=scores.fixed)
            plain = np.eye(order.shape[1])[order]
            fixed = None if scores.fixed is None else plain
            vertices[layer] = _Plan(plain * sign[:, :, None], fixed)
            slope += plans[layer].towards(vertices[layer], scores)
            moved = act(layout, moved, layer, order, sign)
        # The gain is a quadratic of the step, as each site meets at most two hidden axes. The
        # scores are its derivatives, so that its slope and its two ends say all.
        curve = gain(moved, target) - here - slope
        inner = np.where(curve < 0, -slope / np.where(curve < 0, 2 * curve, -1.0), 1.0)
        step = np.where(slope > _ROUNDING * np.abs(here), np.clip(inner, 0.0, 1.0), 0.0)
        if not (step > 0).any():
            break
        here = here + step * (slope + step * curve)
        plans = {k: p.step(step[:, None, None], vertices[k]) for k, p in plans.items()}
    for layer in layout.hidden:
        flipping, fixed = plans[layer]
        rounded = Move(*assign(flipping, signed=layout.signed(layer), fixed=fixed))
        draws = draws.move(layout, layer, rounded)
    return draws


def _transport(
    layout: Layout, sites: Sites, plans: _Plans, *, skip: str | None = None
) -> dict[str, np.ndarray]:
    """Apply relaxed permutations along every hidden axis but those of `skip`."""
    moved = dict(sites)
    for layer, plan in plans.items():
        for axis in layout.axes(layer) if layer != skip else ():
            moved[axis.site] = combine(plan.of(layout, axis), moved[axis.site], axis.axis)
    return moved


def _relaxed_scores(
    layout: Layout,
    others: Sites,
    plans: _Plans,
    target: Mapping[str, np.ndarray],
    layer: str,
) -> Scores:
    """Derivative of the gain by the plans of `layer`: its own other axis, if any, as planned."""
    plan, axes = plans[layer], layout.axes(layer)
    flipping, fixed = np.zeros_like(plan.flipping), np.zeros_like(plan.flipping)
    for axis in axes:
        if axis.site not in target:
            continue
        values = others[axis.site]
        for other in axes:
            if other.site == axis.site and other.axis != axis.axis:
                values = combine(plan.of(layout, other), values, other.axis)
        total = flipping if plan.fixed is None or layout.flips(axis) else fixed
        total += contract(values, target[axis.site], axis.axis)
    return Scores(flipping, None if plan.fixed is None else fixed)
