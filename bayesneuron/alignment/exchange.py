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
    exchanged: np.ndarray  # after the exchange: all that keeps its sign, rows of gates among it
    crossed: np.ndarray  # and what takes the product of both signs
    flipped: np.ndarray  # neuron p in its own place, what changes sign as both flip
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
        both = -2 * (gains.flipped + np.swapaxes(gains.flipped, 1, 2))
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
    scores = layer_scores(layout, sites, target, layer, linear)
    across = np.zeros((count, n, n)) + scores.flipping
    alone = np.einsum("sii->si", across).copy()
    own = np.repeat(alone[:, :, None], n, axis=2)
    flipped = own.copy()
    inner, exchanged, crossed = np.zeros((3, count, n, n))
    if scores.fixed is not None:
        exchanged += scores.fixed + np.swapaxes(scores.fixed, 1, 2)
        own += np.einsum("sii->si", scores.fixed)[:, :, None]
    for site in itself:
        gate = site in layout.gates and layout.signed(layer)
        for w, t in _matrices(layout, sites[site], target[site], site, layer):
            wt, tt, dw, dt = np.swapaxes(w, 1, 2), t.T, np.einsum("sii->si", w), np.diag(t)
            # rows and columns of q in place p, less what they share with p and q
            rows = t @ wt - dt[:, None] * wt - t * dw[:, None, :]
            columns = tt @ w - dt[:, None] * w - tt * dw[:, None, :]
            pair, loops = t * w, dt * dw
            back = np.swapaxes(pair, 1, 2)
            own_rows = pair.sum(axis=2)[:, :, None] - loops[:, :, None] - pair
            own_columns = pair.sum(axis=1)[:, :, None] - loops[:, :, None] - back
            own += own_rows + own_columns
            inner += loops[:, :, None] + loops[:, None, :] + pair + back
            same, other = dt[:, None] * dw[:, None, :], t * wt
            if gate:  # only its columns flip, each with all that it holds
                every = pair.sum(axis=1)
                across += columns + same + tt * w
                exchanged += rows + np.swapaxes(rows, 1, 2)
                flipped += every[:, :, None]
                alone += every
                continue
            across += rows + columns
            exchanged += same + np.swapaxes(same, 1, 2)
            crossed += other + np.swapaxes(other, 1, 2)
            flipped += own_rows + own_columns
            alone += pair.sum(axis=2) + pair.sum(axis=1) - 2 * loops
    return _Gains(across, own, inner, exchanged, crossed, flipped, alone)


def _matrices(
    layout: Layout, values: np.ndarray, target: np.ndarray, site: str, layer: str
) -> list[tuple[np.ndarray, np.ndarray]]:
    """The matrices from the layer to itself, (draw, n, n) and (n, n); several with other axes."""
    axes = [i for i, name in enumerate(layout.sites[site]) if name == layer]
    w = np.moveaxis(values, [a + 1 for a in axes], [1, 2])
    t = np.moveaxis(target, axes, [0, 1])
    w, t = w.reshape(*w.shape[:3], -1), t.reshape(*t.shape[:2], -1)
    return [(w[..., m], t[..., m]) for m in range(t.shape[-1])]
