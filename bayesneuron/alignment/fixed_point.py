"""The alignment that draws agree on among themselves: maximum likelihood, from several starts."""

from collections.abc import Callable

import numpy as np

from bayesneuron.alignment.match import KICKS, Reference, match
from bayesneuron.alignment.moves import Move, Moves, Placed, composed, unmoved
from bayesneuron.alignment.one_copy import one_copy
from bayesneuron.alignment.scores import compared
from bayesneuron.network.layout import Layout
from bayesneuron.network.rows import rows_of
from bayesneuron.network.symmetry import Sites
from bayesneuron.numerics.progress import quiet

RESTARTS = 4  # draws tried as first reference
_TRIAL = 20, 200  # fewest and most draws that a trial reference is judged on
_SCORES = 2**22  # numbers in their scores: a layer of 145 neurons has 200 draws, one of 512 has 20
_ROUNDS = 50  # most updates of the reference
_TOLERANCE = 1e-2  # of the Monte Carlo error of a variance: a round that gains less is the last
_FLOOR = 1e-10  # least variance, of a site's mean square


def fixed_point(
    layout: Layout, sites: Sites, *, advance: Callable[[int], None] = quiet
) -> tuple[Sites, Moves, Reference]:
    """Align canonical draws to the reference that they agree on; return moves and reference too.

    `advance` is called with the number of draws matched, `matched` of them in all.
    """
    if not layout.hidden:
        return sites, {}, estimate(layout, sites)
    count = len(next(iter(sites.values())))
    copy = one_copy(layout, unmoved(layout, sites))
    sites = copy.sites
    # A statistic that symmetry does not change picks the trial references, whatever the order.
    size = sum((sites[k].reshape(count, -1) ** 2).sum(1) for k in compared(layout))
    order = np.argsort(size, kind="stable")
    tried = _tried(layout, sites)
    spread = order[np.linspace(0, count - 1, tried).round().astype(int)]
    trial = {k: v[spread] for k, v in sites.items()}
    best: tuple[float, Reference] | None = None
    for first in order[_places(count)]:
        start = _single(layout, sites, first)
        placed, goal = _iterate(layout, trial, start, kicks=0, advance=advance)
        score = _log_volume(layout, placed.sites, goal)
        if best is None or score < best[0] - 1e-9:
            best = score, goal
    assert best is not None
    placed, goal = _order_neurons(layout, *_iterate(layout, sites, best[1], advance=advance))
    return placed.sites, composed(copy.moves, placed.moves), goal


def matched(layout: Layout, sites: Sites) -> int:
    """How many draws `fixed_point` searches for, trials included."""
    count = len(next(iter(sites.values())))
    return len(_places(count)) * _tried(layout, sites) + count


def _tried(layout: Layout, sites: Sites) -> int:
    """Draws that a trial reference is judged on."""
    widest = max((layout.width(sites, layer) for layer in layout.hidden), default=1)
    count = len(next(iter(sites.values())))
    return min(count, int(np.clip(_SCORES // widest**2, *_TRIAL)))


def _places(count: int) -> np.ndarray:
    """Ranks of the draws that are tried as first reference."""
    return np.unique(np.linspace(0, count - 1, RESTARTS + 2)[1:-1].round().astype(int))


def estimate(layout: Layout, aligned: Sites) -> Reference:
    """Mean and pooled precision of aligned draws."""
    mean, precision = {}, {}
    for site, values in aligned.items():
        mean[site] = values.mean(axis=0)
        hidden = tuple(i for i, d in enumerate(layout.sites[site]) if d in layout.layers)
        variance = ((values - mean[site]) ** 2).mean(axis=0)
        least = _FLOOR * np.mean(variance + mean[site] ** 2) + np.finfo(float).tiny
        precision[site] = 1 / np.maximum(variance.mean(axis=hidden, keepdims=True), least)
    return Reference(mean, precision)


def _single(layout: Layout, sites: Sites, draw: int) -> Reference:
    mean = {k: v[draw] for k, v in sites.items()}
    scale = {k: np.mean(v**2) + np.finfo(float).tiny for k, v in sites.items()}
    return Reference(mean, {k: np.full([1] * mean[k].ndim, 1 / scale[k]) for k in mean})


def _iterate(
    layout: Layout,
    sites: Sites,
    reference: Reference,
    *,
    kicks: int = KICKS,
    advance: Callable[[int], None],
) -> tuple[Placed, Reference]:
    moved = match(layout, sites, reference, search=True, kicks=kicks, advance=advance)
    placed = Placed(*moved)
    reference = estimate(layout, placed.sites)
    before = _log_volume(layout, placed.sites, reference)
    least = _TOLERANCE * np.sqrt(2 / placed.count)
    for _ in range(_ROUNDS):
        sites, steps = match(layout, placed.sites, reference, search=False)
        if all(step.is_identity for step in steps.values()):
            break
        placed = Placed(sites, composed(placed.moves, steps))
        reference = estimate(layout, placed.sites)
        after = _log_volume(layout, placed.sites, reference)
        if after > before - least:
            break
        before = after
    return placed, reference


def _log_volume(layout: Layout, aligned: Sites, reference: Reference) -> float:
    """Mean log variance of a coordinate: -2 log likelihood of one, at the estimate."""
    sizes = {k: aligned[k][0].size for k in reference.target(layout)}
    volume = sum(-np.log(reference.precision[k]).mean() * size for k, size in sizes.items())
    return float(volume / sum(sizes.values()))


def _order_neurons(
    layout: Layout, placed: Placed, reference: Reference
) -> tuple[Placed, Reference]:
    # from the last layer back: the sign of a neuron is read off weights whose receivers are signed
    for layer in reversed(layout.forward):
        outgoing = [a for a in layout.axes(layer) if a.role == "outgoing"]
        fed = [a for a in outgoing if layout.receiver(a.site) != layer] or outgoing
        means = [rows_of(reference.mean[a.site], a.axis, lead=0) for a in fed]
        flat = np.concatenate(means, axis=1)
        order = np.argsort(-np.linalg.norm(flat, axis=1), kind="stable")
        largest = flat[np.arange(len(flat)), np.abs(flat).argmax(axis=1)]
        sign = np.where((largest < 0) & layout.signed(layer), -1.0, 1.0)[order]
        shape = (placed.count, len(order))
        move = Move(np.broadcast_to(order, shape), np.broadcast_to(sign, shape))
        placed = placed.move(layout, layer, move)
        reference = estimate(layout, placed.sites)
    return placed, reference
