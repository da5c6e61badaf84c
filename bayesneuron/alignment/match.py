"""Match draws to a reference: the best permutation and signs of every hidden layer at once.

The gain of a group element g for one draw is Σ_site <g · draw, reference>, each site weighted.
It is linear in the permutation of a layer whose neighbours are fixed: one linear assignment.
Layers that meet on a site (depth), or a layer that meets itself (a recurrent matrix: a
quadratic assignment), are matched from several starts and by Frank-Wolfe over relaxed signed
permutations; then by exact assignments layer by layer, and exact exchanges within layers that feed
themselves, until nothing changes; then the same again after a few neurons are moved at random, as
long as that helps (iterated local search).

References
----------
Vogelstein et al., "Fast approximate quadratic programming for graph matching", PLoS ONE 2015
(FAQ; here with signs, with linear terms, for all draws at once); Ainsworth, Hayase,
Srinivasa, "Git Re-Basin", ICLR 2023 (layer by layer); Crisostomi et al., "C2M3", NeurIPS 2024
(Frank-Wolfe over all layers); Lourenço, Martin, Stützle, "Iterated local search", 2003.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from bayesneuron.alignment.assignment import assign
from bayesneuron.alignment.exchange import exchange
from bayesneuron.alignment.moves import Move, Moves, Placed, one_after_another, unmoved
from bayesneuron.alignment.one_copy import one_copy
from bayesneuron.alignment.relax import relax
from bayesneuron.alignment.scores import compared, gain, layer_scores
from bayesneuron.network.layout import Layout
from bayesneuron.network.rows import rows_of
from bayesneuron.network.symmetry import Sites
from bayesneuron.numerics.blocks import run_blocks, slices
from bayesneuron.numerics.progress import quiet

_ROUNDS = 100  # most sweeps over the layers
KICKS = 80  # most random moves from which to descend again
_CLOSE = 0.8  # cosine to the reference, above which starts that agree are believed
_PATIENCE = 20  # of them without a gain, after which a draw is left
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
        """Mean times precision, all that the gain needs, of the sites that it compares."""
        sites = compared(layout)
        return {k: m * self.precision[k] for k, m in self.mean.items() if k in sites}


def match(
    layout: Layout,
    sites: Sites,
    reference: Reference,
    *,
    search: bool,
    kicks: int = KICKS,
    advance: Callable[[int], None] = quiet,
) -> tuple[Sites, Moves]:
    """Move each draw of `sites` by the group element that brings it closest to `reference`.

    Parameters
    ----------
    search : bool
        Try several starts where layers couple; they are the same whichever symmetric copy a draw
        comes in. Otherwise only improve on the draws as they are.
    kicks : int
        With `search`, most random moves for draws of which the starts do not agree.
    advance : callable
        Called with the number of draws done.

    Returns
    -------
    sites : mapping of str to ndarray, shape (draw, ...)
        Moved.
    moves : mapping of str to Move
        By layer: where each neuron came from, and its sign, both (draw, neuron).
    """
    target = reference.target(layout)
    prices = {layer: _price(layout, reference, target, layer) for layer in layout.hidden}
    start, bound = unmoved(layout, sites), _bound(sites, reference, target)

    def work(block: slice) -> Placed:
        draws = start.draws(block)
        placed = _match(layout, draws, target, prices, search, kicks, bound[block])
        advance(draws.count)
        return placed

    blocks = slices(start.count, cells(layout, target))
    placed = one_after_another(run_blocks(work, blocks, compiled=False))
    return placed.sites, placed.moves


def _bound(sites: Sites, reference: Reference, target: Mapping[str, np.ndarray]) -> np.ndarray:
    """The largest gain there could be, by Cauchy and Schwarz, shape (draw,)."""
    count = len(next(iter(sites.values())))
    weighted = [(sites[k] ** 2 * reference.precision[k]).reshape(count, -1).sum(1) for k in target]
    return np.sqrt(
        np.sum(weighted, axis=0) * sum((reference.mean[k] * target[k]).sum() for k in target)
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
    kicks: int,
    bound: np.ndarray,
) -> Placed:
    if search:
        draws = one_copy(layout, draws)
    best = _descend(layout, draws, target, prices)
    if not search or not _coupled(layout):
        return best
    starts = [_anchored(layout, draws, target, layers) for layers in _orders(layout)]
    ends = [best, *(_descend(layout, start, target, prices) for start in starts)]
    for start in (ends[0], starts[0]):
        ends.append(_descend(layout, relax(layout, start, target), target, prices))
    for end in ends[1:]:
        best = _better(target, best, end)
    gains = np.stack([gain(end.sites, target) for end in ends])
    agreed = np.ptp(gains, axis=0) <= _GAIN * np.abs(gains).max(axis=0)
    doubtful = np.flatnonzero(~agreed | (gains.max(axis=0) < _CLOSE * bound))
    if kicks and len(doubtful):
        part = _kicked(layout, best.draws(doubtful), target, prices, kicks)
        best = best.replaced(doubtful, part)
    return best


def _kicked(
    layout: Layout,
    draws: Placed,
    target: Mapping[str, np.ndarray],
    prices: Mapping[str, np.ndarray],
    kicks: int,
) -> Placed:
    """Move up to three neurons of a layer at random and descend; keep what gains.

    The random moves are the same for every draw, so that its result depends on no other draw.
    """
    rng = np.random.default_rng(0)
    idle, active = np.zeros(draws.count, int), np.arange(draws.count)
    for _ in range(kicks):
        part = draws.draws(active)
        layer = layout.hidden[rng.integers(len(layout.hidden))]
        start = part.move(layout, layer, _kick(rng, part, layout, layer))
        after = _better(target, part, _descend(layout, start, target, prices))
        gained = gain(after.sites, target) > gain(part.sites, target)
        draws = draws.replaced(active[gained], after.draws(gained))
        idle[active] = np.where(gained, 0, idle[active] + 1)
        active = active[idle[active] < _PATIENCE]
        if not len(active):
            break
    return draws


def _kick(rng: np.random.Generator, draws: Placed, layout: Layout, layer: str) -> Move:
    """Up to three neurons moved in a cycle, with random signs; the same in every draw."""
    n, signed = layout.width(draws.sites, layer), layout.signed(layer)
    count = min(n, int(rng.integers(1 if signed else 2, 4)))
    chosen = rng.choice(n, count, replace=False)
    order, sign = np.arange(n), np.ones(n)
    order[chosen] = np.roll(chosen, 1)
    if signed:
        sign[chosen] = rng.choice([-1.0, 1.0], count) if count > 1 else -1.0
    return Move(np.tile(order, (draws.count, 1)), np.tile(sign, (draws.count, 1)))


def _coupled(layout: Layout) -> bool:
    hidden = set(layout.hidden)
    return any(sum(name in hidden for name in dims) > 1 for dims in layout.sites.values())


def _orders(layout: Layout) -> list[tuple[str, ...]]:
    forward = layout.forward
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
            best = Move(
                *assign(
                    scores.flipping,
                    signed=layout.signed(layer),
                    price=prices[layer],
                    fixed=scores.fixed,
                )
            )
            part = _better(target, part, part.move(layout, layer, best))
            if layout.recurrent(layer):
                part = exchange(layout, part, target, layer)
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
        signed = layout.signed(layer)
        best = Move(*assign(scores.flipping, signed=signed, fixed=scores.fixed))
        current = current.move(layout, layer, best)
        placed.add(layer)
    return current


def _others(dims: tuple[str, ...], layer: str) -> tuple[str, ...]:
    rest = list(dims)
    if layer in rest:
        rest.remove(layer)
    return tuple(rest)
