"""Match draws to a reference: the best permutation and signs of every hidden layer at once.

The gain of a group element g for one draw is Σ_site <g · draw, reference>, each site weighted.
It is linear in the permutation of a layer whose neighbours are fixed: one linear assignment.
Layers that meet on a site (depth), or a layer that meets itself (a recurrent matrix: a
quadratic assignment), are matched from several starts by Frank-Wolfe over relaxed signed
permutations, then by exact assignments layer by layer until nothing changes.

References
----------
Vogelstein et al., "Fast approximate quadratic programming for graph matching", PLoS ONE 2015
(FAQ; here with signs, with linear terms, for all draws at once); Ainsworth, Hayase,
Srinivasa, "Git Re-Basin", ICLR 2023 (layer by layer); Crisostomi et al., "C2M3", NeurIPS 2024
(Frank-Wolfe over all layers).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bayesneuron.alignment.assignment import assign
from bayesneuron.alignment.blocks import by_block
from bayesneuron.layout import Layout
from bayesneuron.symmetry import Sites, act

_ROUNDS = 100  # most sweeps over the layers
_FRANK_WOLFE = 20  # steps of the relaxation
_GAIN = 1e-12  # relative gain below which a move is rounding


@dataclass(frozen=True)
class Reference:
    """What draws are matched to.

    Attributes
    ----------
    mean : mapping of str to ndarray
        By site, without the axis of draws.
    precision : mapping of str to ndarray
        Weight of each coordinate, one along every hidden axis, so that norms do not matter.
    """

    mean: Mapping[str, np.ndarray]
    precision: Mapping[str, np.ndarray]

    def target(self, layout: Layout) -> dict[str, np.ndarray]:
        """Mean times precision, all that the gain needs, of the sites that it compares.

        Left out are auxiliary sites, and biases that take up the constants of flipped logistic
        neurons: their norm is not the same in every copy.
        """
        absorbing = {
            layout.bias(layout.receiver(axis.site))
            for layer in layout.hidden
            if layout.symmetry(layer) == "shift"
            for axis in layout.axes(layer)
            if axis.role == "outgoing"
        }
        left_out = absorbing | set(layout.auxiliary)
        return {k: m * self.precision[k] for k, m in self.mean.items() if k not in left_out}


def match(layout: Layout, sites: Sites, reference: Reference, *, search: bool) -> Sites:
    """Move each draw of `sites` by the group element that brings it closest to `reference`.

    Parameters
    ----------
    search : bool
        Try several starts where layers couple; otherwise only improve on the draws as given.
    """
    target = reference.target(layout)
    prices = {layer: _price(layout, reference, target, layer) for layer in layout.hidden}
    return by_block(
        lambda block: _match(layout, block, target, prices, search),
        sites,
        cells=cells(layout, target),
    )


def cells(layout: Layout, target: Mapping[str, np.ndarray]) -> int:
    """Numbers that matching one draw holds in its largest array: weights or scores."""
    sizes = [
        t.shape[a.axis] ** 2
        for h in layout.hidden
        for a in layout.axes(h)
        if (t := target.get(a.site)) is not None
    ]
    return max(*sizes, *(t.size for t in target.values()))


def _price(
    layout: Layout, reference: Reference, target: Mapping[str, np.ndarray], layer: str
) -> np.ndarray:
    """Half the squared norm of each place of `layer`, shape (place,)."""
    parts = [
        (_rows(reference.mean[a.site], a.axis, 0) * _rows(target[a.site], a.axis, 0)).sum(axis=1)
        for a in layout.axes(layer)
        if a.site in target
    ]
    return np.sum(parts, axis=0) / 2


def _match(
    layout: Layout,
    sites: Sites,
    target: Mapping[str, np.ndarray],
    prices: Mapping[str, np.ndarray],
    search: bool,
) -> Sites:
    best = _descend(layout, sites, target, prices)
    if not search or not _coupled(layout):
        return best
    starts = [_anchored(layout, sites, target, layers) for layers in _orders(layout)]
    for start in [best, *starts]:
        best = _better(target, best, _descend(layout, start, target, prices))
        relaxed = _relax(layout, start, target)
        best = _better(target, best, _descend(layout, relaxed, target, prices))
    return best


def layer_scores(
    layout: Layout,
    sites: Sites,
    target: Mapping[str, np.ndarray],
    layer: str,
    use: Mapping[str, bool] | None = None,
) -> np.ndarray:
    """Gain of each neuron of `layer` in each place, (draw, place, neuron), the rest fixed."""
    used = [a for a in layout.axes(layer) if a.site in target and (use is None or use[a.site])]
    rows = [_rows(sites[a.site], a.axis + 1, 1) for a in used]
    places = [_rows(target[a.site], a.axis, 0) for a in used]
    # one product of matrices a draw: the scores are by far the largest array
    return np.concatenate(places, axis=-1) @ np.swapaxes(np.concatenate(rows, axis=-1), 1, 2)


def _rows(values: np.ndarray, axis: int, to: int) -> np.ndarray:
    """Neurons along `axis` moved to axis `to`, what they hold flat behind it."""
    moved = np.moveaxis(values, axis, to)
    return moved.reshape(*moved.shape[: to + 1], -1)


def _contract(values: np.ndarray, target: np.ndarray, axis: int) -> np.ndarray:
    """<neuron along `axis` of the draws, place along `axis` of the target>, draw by draw."""
    return _rows(target, axis, 0) @ np.swapaxes(_rows(values, axis + 1, 1), 1, 2)


def gain(sites: Sites, target: Mapping[str, np.ndarray]) -> np.ndarray:
    """Σ_site <draw, reference>, shape (draw,)."""
    parts = [sites[k].reshape(len(sites[k]), -1) @ t.ravel() for k, t in target.items()]
    return np.sum(parts, axis=0)


def _coupled(layout: Layout) -> bool:
    hidden = set(layout.hidden)
    return any(sum(name in hidden for name in dims) > 1 for dims in layout.sites.values())


def _orders(layout: Layout) -> list[tuple[str, ...]]:
    forward = layout.hidden
    return [forward] if len(forward) == 1 else [forward, forward[::-1]]


def _move(
    layout: Layout,
    sites: Sites,
    layer: str,
    scores: np.ndarray,
    price: np.ndarray | None = None,
) -> Sites:
    order, sign = assign(scores, signed=layout.signed(layer), price=price)
    if (order == np.arange(order.shape[1])).all() and (sign > 0).all():
        return sites
    return act(layout, sites, layer, order, sign)


def _better(target: Mapping[str, np.ndarray], old: Sites, new: Sites) -> Sites:
    """The draw of larger gain, draw by draw; the old one on a tie."""
    if new is old:
        return old
    before, after = gain(old, target), gain(new, target)
    wins = after > before + _GAIN * np.abs(before)
    return {k: np.where(_column(wins, v), new[k], v) for k, v in old.items()}


def _column(values: np.ndarray, like: np.ndarray) -> np.ndarray:
    return values.reshape(-1, *[1] * (like.ndim - 1))


def _descend(
    layout: Layout,
    sites: Sites,
    target: Mapping[str, np.ndarray],
    prices: Mapping[str, np.ndarray],
) -> Sites:
    """Exact assignments layer by layer until no draw gains."""
    current: Sites = dict(sites)
    active: np.ndarray | None = None  # all draws, at first
    for _ in range(_ROUNDS):
        part = current if active is None else {k: v[active] for k, v in current.items()}
        before = part
        for layer in layout.hidden:
            scores = layer_scores(layout, part, target, layer)
            moved = _move(layout, part, layer, scores, prices[layer])
            part = _better(target, part, moved)
        if active is None:
            current, active = part, np.arange(len(next(iter(part.values()))))
        else:
            current = {k: _replace(v, active, part[k]) for k, v in current.items()}
        if len(layout.hidden) == 1 and not _coupled(layout):
            break  # one assignment is exact
        old = gain(before, target)
        active = active[gain(part, target) > old + _GAIN * np.abs(old)]
        if not len(active):
            break
    return current


def _replace(values: np.ndarray, rows: np.ndarray, part: np.ndarray) -> np.ndarray:
    copy = values.copy()
    copy[rows] = part
    return copy


def _anchored(
    layout: Layout, sites: Sites, target: Mapping[str, np.ndarray], layers: tuple[str, ...]
) -> Sites:
    """Match layer after layer, each only on sites whose other axes are in place already.

    Exact for a permuted copy of the reference, whatever its depth: the first layer is known
    by its inputs, the next by its inputs from the first.
    """
    current, placed = sites, set[str]()
    for layer in layers:
        use = {
            site: site in target
            and all(d in placed or d not in layout.layers for d in _others(dims, layer))
            for site, dims in layout.sites.items()
        }
        if not any(use[a.site] for a in layout.axes(layer)):
            continue
        scores = layer_scores(layout, current, target, layer, use)
        current = _move(layout, current, layer, scores)
        placed.add(layer)
    return current


def _others(dims: tuple[str, ...], layer: str) -> tuple[str, ...]:
    rest = list(dims)
    if layer in rest:
        rest.remove(layer)
    return tuple(rest)


def _relax(layout: Layout, sites: Sites, target: Mapping[str, np.ndarray]) -> Sites:
    """Frank-Wolfe from the middle between `sites` as placed and the barycentre; then round.

    With signs the barycentre of all signed permutations is nought; without, it is uniform.
    """
    count = len(next(iter(sites.values())))
    plans = {}
    for layer in layout.hidden:
        n = target[layout.axes(layer)[0].site].shape[layout.axes(layer)[0].axis]
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
        order, sign = assign(plans[layer], signed=layout.signed(layer))
        sites = act(layout, sites, layer, order, sign)
    return sites


def _transport(
    layout: Layout, sites: Sites, plans: Mapping[str, np.ndarray], *, skip: str | None = None
) -> dict[str, np.ndarray]:
    """Apply relaxed permutations along every hidden axis but those of `skip`."""
    moved = {}
    for site, dims in layout.sites.items():
        values = sites[site]
        for axis, name in enumerate(dims):
            if name in plans and name != skip:
                values = _along(plans[name], values, axis + 1)
        moved[site] = values
    return moved


def _along(plan: np.ndarray, values: np.ndarray, axis: int) -> np.ndarray:
    rows = np.moveaxis(values, axis, 1)
    product = plan @ rows.reshape(*rows.shape[:2], -1)
    return np.moveaxis(product.reshape(rows.shape), 1, axis)


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
                values = _along(plans[layer], values, other + 1)
        total = total + _contract(values, target[axis.site], axis.axis)
    return total
