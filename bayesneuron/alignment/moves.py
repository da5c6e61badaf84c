"""Group elements: how the neurons of a layer are permuted and flipped, draw by draw."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bayesneuron.network.layout import Layout
from bayesneuron.network.symmetry import Sites, act


class Move(NamedTuple):
    """A signed permutation of one layer's neurons for each draw.

    Attributes
    ----------
    order : ndarray of int, shape (draw, neuron)
        The neuron that is put in each place.
    sign : ndarray of ±1, shape (draw, neuron)
        Whether it is flipped.
    """

    order: np.ndarray
    sign: np.ndarray

    def then(self, later: "Move") -> "Move":
        """Follow this move by another.

        Examples
        --------
        >>> turn = Move(np.array([[1, 2, 0]]), np.array([[1.0, 1.0, -1.0]]))
        >>> turn.then(turn).then(turn).order.tolist()
        [[0, 1, 2]]
        """
        order = np.take_along_axis(self.order, later.order, axis=1)
        sign = np.take_along_axis(self.sign, later.order, axis=1) * later.sign
        return Move(order, sign)

    @property
    def is_identity(self) -> bool:
        """Whether every neuron stays in its place."""
        return bool((self.order == np.arange(self.order.shape[1])).all() and (self.sign > 0).all())


Moves = Mapping[str, Move]


@dataclass(frozen=True)
class Placed:
    """Draws where the moves so far have brought them.

    Attributes
    ----------
    sites : mapping of str to ndarray, shape (draw, ...)
    moves : mapping of str to Move
        By layer, from the draws as they came.
    """

    sites: Sites
    moves: Moves

    @property
    def count(self) -> int:
        """Number of draws."""
        return len(next(iter(self.sites.values())))

    def move(self, layout: Layout, layer: str, move: Move) -> "Placed":
        """Move a layer; the same object where it stays."""
        if move.is_identity:
            return self
        sites = act(layout, self.sites, layer, move.order, move.sign)
        return Placed(sites, {**self.moves, layer: self.moves[layer].then(move)})

    def draws(self, rows: np.ndarray | slice) -> "Placed":
        """Some of the draws."""
        return _map(lambda values: values[rows], self)

    def where(self, better: np.ndarray, other: "Placed") -> "Placed":
        """The other's draws where `better`, (draw,), and these elsewhere."""
        column = lambda v: better.reshape(-1, *[1] * (v.ndim - 1))
        return _map(lambda mine, theirs: np.where(column(mine), theirs, mine), self, other)

    def replaced(self, rows: np.ndarray, part: "Placed") -> "Placed":
        """With the draws `rows` taken from `part`."""

        def put(values: np.ndarray, new: np.ndarray) -> np.ndarray:
            copy = values.copy()
            copy[rows] = new
            return copy

        return _map(put, self, part)


def composed(first: Moves, later: Moves) -> dict[str, Move]:
    """The moves of every layer, one after the other."""
    return {layer: move.then(later[layer]) for layer, move in first.items()}


def unmoved(layout: Layout, sites: Sites) -> Placed:
    """Draws as they came, every neuron in its place."""
    count = len(next(iter(sites.values())))
    return Placed(sites, {h: identity(count, layout.width(sites, h)) for h in layout.hidden})


def identity(count: int, width: int) -> Move:
    """The move that leaves every neuron of `count` draws in its place."""
    return Move(np.tile(np.arange(width), (count, 1)), np.ones((count, width)))


def one_after_another(parts: list[Placed]) -> Placed:
    """Blocks of draws as one."""
    return _map(lambda *values: np.concatenate(values), *parts)


def _map(change: Callable[..., np.ndarray], *parts: Placed) -> Placed:
    first = parts[0]
    return Placed(
        {k: change(*(p.sites[k] for p in parts)) for k in first.sites},
        {
            k: Move(*(change(*pair) for pair in zip(*(p.moves[k] for p in parts), strict=True)))
            for k in first.moves
        },
    )
