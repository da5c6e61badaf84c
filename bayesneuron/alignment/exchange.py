"""Exact exchanges within a layer that feeds itself.

The gain of a recurrent matrix is quadratic in the permutation, so the best assignment of its linear
part may lose. Exchanging two neurons, with either sign, or flipping one or two, changes the gain by
an amount that is known in closed form for all pairs at once; the best is made until none gains.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from bayesneuron.alignment.moves import Move, Placed
from bayesneuron.alignment.scores import gain, layer_scores
from bayesneuron.network.layout import Layout
from bayesneuron.network.symmetry import Sites

_MOST = 100  # exchanges
_GAIN = 1e-12  # relative gain below which an exchange is rounding


class _Gains(NamedTuple):
    """Parts of the gain of places p and q, (draw, p, q), the other neurons where they are."""

    across: np.ndarray  # neuron q in place p, what it shares with neither
    own: np.ndarray  # neuron p in its own place, likewise
    inner: np.ndarray  # what p and q share among themselves, as they are
    exchanged: np.ndarray  # the same exchanged: part that keeps its sign
    crossed: np.ndarray  # and part that takes the product of both signs
    alone: np.ndarray  # (draw, p): all of neuron p that a flip of it changes


def exchange(layout: Layout, draws: Placed, target: Mapping[str, np.ndarray], layer: str) -> Placed:
    """Exchange and flip neurons of `layer`, draw by draw, while the gain grows."""
    active = np.arange(draws.count)
    for _ in range(_MOST):
        part = draws if len(active) == draws.count else draws.draws(active)
        move, change = _best(_gains(layout, part.sites, target, layer), layout.signed(layer))
        better = change > _GAIN * np.abs(gain(part.sites, target))
        if not better.any():
            break
        rows = active[better]
        moved = part.draws(better).move(layout, layer, Move(*(v[better] for v in move)))
        draws = draws.replaced(rows, moved)
        active = rows
    return draws


def _best(gains: _Gains, signed: bool) -> tuple[Move, np.ndarray]:
    """The move of largest gain of each draw, and that gain."""
    count, n = gains.alone.shape
    i, j = np.triu_indices(n, 1)
    back = np.swapaxes(gains.across, 1, 2)
    rest = gains.exchanged - gains.own - np.swapaxes(gains.own, 1, 2) - gains.inner
    signs = [(1, 1), (1, -1), (-1, 1), (-1, -1)] if signed else [(1, 1)]
    # every candidate: the change of gain, what comes to each of two places, and its sign
    changes = [(a * gains.across + b * back + a * b * gains.crossed + rest)[:, i, j]
               for a, b in signs]  # fmt: skip
    moves = [(j, i, np.full(i.shape, a), np.full(i.shape, b)) for a, b in signs]
    if signed:
        both = -2 * (gains.own + np.swapaxes(gains.own, 1, 2))
        every, minus = np.arange(n), np.full(n, -1)
        changes += [both[:, i, j], -2 * gains.alone]
        moves += [(i, j, np.full(i.shape, -1), np.full(i.shape, -1)), (every, every, minus, minus)]
    first = np.concatenate([i] * (len(signs) + signed) + [np.arange(n)] * signed)
    second = np.concatenate([j] * (len(signs) + signed) + [np.arange(n)] * signed)
    into_first, into_second, sign_first, sign_second = map(np.concatenate, zip(*moves, strict=True))
    change = np.concatenate(changes, axis=1)
    if not change.shape[1]:
        return Move(np.zeros((count, n), int), np.ones((count, n))), np.zeros(count)
    best, row = change.argmax(axis=1), np.arange(count)
    order, sign = np.tile(np.arange(n), (count, 1)), np.ones((count, n))
    order[row, first[best]], order[row, second[best]] = into_first[best], into_second[best]
    sign[row, first[best]], sign[row, second[best]] = sign_first[best], sign_second[best]
    return Move(order, sign), change[row, best]


def _gains(layout: Layout, sites: Sites, target: Mapping[str, np.ndarray], layer: str) -> _Gains:
    n, count = layout.width(sites, layer), len(next(iter(sites.values())))
    itself = [s for s, dims in layout.sites.items() if dims.count(layer) == 2 and s in target]
    linear = {s: s not in itself for s in layout.sites}
    scores = np.zeros((count, n, n))
    if any(linear[a.site] and a.site in target for a in layout.axes(layer)):
        scores = layer_scores(layout, sites, target, layer, linear)
    diagonal = np.einsum("sii->si", scores)
    across, alone = scores.copy(), diagonal.copy()
    own = np.repeat(diagonal[:, :, None], n, axis=2)
    inner, exchanged, crossed = np.zeros((3, count, n, n))
    for site in itself:
        for w, t in _matrices(layout, sites[site], target[site], site, layer):
            wt, tt, dw, dt = np.swapaxes(w, 1, 2), t.T, np.einsum("sii->si", w), np.diag(t)
            whole = t @ wt + tt @ w
            pair, loops = t * w, dt * dw
            rest = np.einsum("sii->si", whole) - 2 * loops
            across += whole - dt[:, None] * (w + wt) - (t + tt) * dw[:, None, :]
            own += rest[:, :, None] - pair - np.swapaxes(pair, 1, 2)
            inner += loops[:, :, None] + loops[:, None, :] + pair + np.swapaxes(pair, 1, 2)
            exchanged += dt[:, None] * dw[:, None, :] + dt[None, :] * dw[:, :, None]
            crossed += t * wt + tt * w
            alone += rest
    return _Gains(across, own, inner, exchanged, crossed, alone)


def _matrices(
    layout: Layout, values: np.ndarray, target: np.ndarray, site: str, layer: str
) -> list[tuple[np.ndarray, np.ndarray]]:
    """The matrices from the layer to itself, (draw, n, n) and (n, n); several with other axes."""
    axes = [i for i, name in enumerate(layout.sites[site]) if name == layer]
    w = np.moveaxis(values, [a + 1 for a in axes], [1, 2])
    t = np.moveaxis(target, axes, [0, 1])
    w, t = w.reshape(*w.shape[:3], -1), t.reshape(*t.shape[:2], -1)
    return [(w[..., m], t[..., m]) for m in range(t.shape[-1])]
