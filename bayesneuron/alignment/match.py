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
from bayesneuron.alignment.moves import Move, Moves, Placed, one_after_another, unmoved
from bayesneuron.alignment.relax import relax
from bayesneuron.alignment.scores import gain, layer_scores
from bayesneuron.network.layout import Layout
from bayesneuron.network.rows import rows_of
from bayesneuron.network.symmetry import Sites
from bayesneuron.numerics.blocks import run_blocks, slices

_ROUNDS = 100  # most sweeps over the layers
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


def match(
    layout: Layout, sites: Sites, reference: Reference, *, search: bool
) -> tuple[Sites, Moves]:
    """Move each draw of `sites` by the group element that brings it closest to `reference`.

    Parameters
    ----------
    search : bool
        Try several starts where layers couple; otherwise only improve on the draws as they are.

    Returns
    -------
    sites : mapping of str to ndarray, shape (draw, ...)
        Moved.
    moves : mapping of str to Move
        By layer: where each neuron came from, and its sign, both (draw, neuron).
    """
    target = reference.target(layout)
    prices = {layer: _price(layout, reference, target, layer) for layer in layout.hidden}
    start = unmoved(layout, sites)
    work = lambda block: _match(layout, start.draws(block), target, prices, search)
    blocks = slices(start.count, cells(layout, target))
    placed = one_after_another(run_blocks(work, blocks, compiled=False))
    return placed.sites, placed.moves


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
    used = [a for a in layout.axes(layer) if a.site in target]
    squares = {a: reference.mean[a.site] * target[a.site] for a in used}
    parts = [rows_of(v, a.axis, lead=0).sum(axis=1) for a, v in squares.items()]
    return np.sum(parts, axis=0) / 2


def _match(
    layout: Layout,
    draws: Placed,
    target: Mapping[str, np.ndarray],
    prices: Mapping[str, np.ndarray],
    search: bool,
) -> Placed:
    best = _descend(layout, draws, target, prices)
    if not search or not _coupled(layout):
        return best
    starts = [_anchored(layout, draws, target, layers) for layers in _orders(layout)]
    for start in [best, *starts]:
        best = _better(target, best, _descend(layout, start, target, prices))
        relaxed = relax(layout, start, target)
        best = _better(target, best, _descend(layout, relaxed, target, prices))
    return best


def _coupled(layout: Layout) -> bool:
    hidden = set(layout.hidden)
    return any(sum(name in hidden for name in dims) > 1 for dims in layout.sites.values())


def _orders(layout: Layout) -> list[tuple[str, ...]]:
    forward = layout.hidden
    return [forward] if len(forward) == 1 else [forward, forward[::-1]]


def _better(target: Mapping[str, np.ndarray], old: Placed, new: Placed) -> Placed:
    """The draw of larger gain, draw by draw; the old one on a tie."""
    if new is old:
        return old
    before, after = gain(old.sites, target), gain(new.sites, target)
    return old.where(after > before + _GAIN * np.abs(before), new)


def _descend(
    layout: Layout,
    draws: Placed,
    target: Mapping[str, np.ndarray],
    prices: Mapping[str, np.ndarray],
) -> Placed:
    """Exact assignments layer by layer until no draw gains."""
    current = draws
    active: np.ndarray | None = None  # all draws, at first
    for _ in range(_ROUNDS):
        part = current if active is None else current.draws(active)
        before = part
        for layer in layout.hidden:
            scores = layer_scores(layout, part.sites, target, layer)
            best = Move(*assign(scores, signed=layout.signed(layer), price=prices[layer]))
            part = _better(target, part, part.move(layout, layer, best))
        if active is None:
            current, active = part, np.arange(part.count)
        else:
            current = current.replaced(active, part)
        if len(layout.hidden) == 1 and not _coupled(layout):
            break  # one assignment is exact
        old = gain(before.sites, target)
        active = active[gain(part.sites, target) > old + _GAIN * np.abs(old)]
        if not len(active):
            break
    return current


def _anchored(
    layout: Layout, draws: Placed, target: Mapping[str, np.ndarray], layers: tuple[str, ...]
) -> Placed:
    """Match layer after layer, each only on sites whose other axes are in place already.

    Exact for a permuted copy of the reference, whatever its depth: the first layer is known
    by its inputs, the next by its inputs from the first.
    """
    current, placed = draws, set[str]()
    for layer in layers:
        use = {
            site: site in target
            and all(d in placed or d not in layout.layers for d in _others(dims, layer))
            for site, dims in layout.sites.items()
        }
        if not any(use[a.site] for a in layout.axes(layer)):
            continue
        scores = layer_scores(layout, current.sites, target, layer, use)
        best = Move(*assign(scores, signed=layout.signed(layer)))
        current = current.move(layout, layer, best)
        placed.add(layer)
    return current


def _others(dims: tuple[str, ...], layer: str) -> tuple[str, ...]:
    rest = list(dims)
    if layer in rest:
        rest.remove(layer)
    return tuple(rest)
