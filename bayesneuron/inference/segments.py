"""Chains run segment by segment: after each one the host hears how far they are.

With a checkpoint it keeps each segment, with the state of the sampler after it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from bayesneuron.numerics.blocks import check_stopped
from bayesneuron.numerics.checkpoint import Checkpoint
from bayesneuron.numerics.digest import digest_of
from bayesneuron.numerics.work import Stage

SEGMENTS = 20  # times that chains return to the host at least
NUMBERS = 2**22  # most that a chain holds before it does: 32 MiB

Write = Callable[[int, int, np.ndarray, dict[str, np.ndarray]], None]  # chain, first draw, θ, stats


class Chain(NamedTuple):
    """One chain's draws of θ, (draw, size), and its statistics, (draw,).

    `state` is that of the sampler after the last draw, the leaves of its tree by number.
    """

    theta: Any
    stats: dict[str, Any]
    state: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Stretch:
    """Moves `first`, …, `last - 1` of a chain of so many numbers, in segments of equal length."""

    first: int
    last: int
    size: int

    @property
    def segments(self) -> int:
        """As many as keep one within `NUMBERS`."""
        return max(SEGMENTS, -(-(self.last - self.first) * self.size // NUMBERS))

    @property
    def length(self) -> int:
        """Of a segment; the last ones may be cut short."""
        return -(-(self.last - self.first) // self.segments)

    def scan(self, step: Callable[[Any], tuple[Any, Any]], state: Any, begin: Any) -> Any:
        """Run a segment from move `begin` on; after the last move the state stays as it is.

        What the steps after it return is to be cut off.
        """
        nothing = jax.tree.map(jnp.zeros_like, jax.eval_shape(step, state)[1])

        def once(state: Any, k: Any) -> Any:
            return jax.lax.cond(k < self.last, step, lambda state: (state, nothing), state)

        return jax.lax.scan(once, state, begin + jnp.arange(self.length))


def in_segments(
    segment: Callable[[Any, Any], tuple[Any, Chain]],
    begin: Callable[[], Any],
    keys: Any,
    stretch: Stretch,
    advance: Callable[[], None],
    *,
    each: Callable[[Chain], Chain] = lambda part: part,
    state: Mapping[str, Any] | None = None,
    checkpoint: Checkpoint | None = None,
) -> Chain:
    """What `each` makes of the moves of every segment, (chain, move, ...), joined.

    Parameters
    ----------
    segment : callable
        From a state and the number of its next move to the state after the segment, and its part.
    begin : callable
        Makes the first state.
    keys : array, shape (chain, 2)
        By which the segments of these chains are known in the checkpoint.
    stretch : Stretch
    advance : callable
    each : callable
        Takes the moves of a segment and returns what is kept of them in memory.
    state : mapping, optional
        Of a chain that goes on, as `Chain` has it; by default the chain begins.
    checkpoint : Checkpoint, optional
    """
    stage = Stage(checkpoint, f"{SEGMENT}-{digest_of(np.asarray(keys))[:16]}")
    parts: list[Chain] = []
    moves, known = stretch.last - stretch.first, state

    def keep(part: Chain) -> None:
        left = moves - len(parts) * stretch.length
        theta, stats = jax.tree.map(lambda leaf: leaf[:, : max(left, 0)], (part.theta, part.stats))
        parts.append(each(Chain(theta, stats)))
        advance()

    while len(parts) < stretch.segments and (part := stage.kept(len(parts), Chain)) is not None:
        known = part.state
        keep(part)
    now = restored(jax.eval_shape(begin), known) if known else begin()
    for k in range(len(parts), stretch.segments):
        now, part = segment(now, np.int32(stretch.first + k * stretch.length))
        part = jax.tree.map(np.asarray, part)
        if checkpoint is not None:
            stage.keep(k, part._replace(state=flattened(now)))
        keep(part)
        check_stopped()
    draws = [(part.theta, part.stats) for part in parts]
    theta, stats = jax.tree.map(lambda *leaves: np.concatenate(leaves, axis=1), *draws)
    return Chain(theta, stats, flattened(now))


def written(write: Write, first: int, numbers: np.ndarray) -> Callable[[Chain], Chain]:
    """A function that writes the draws of chains of these numbers as they come, and keeps none.

    Parameters
    ----------
    write : callable
    first : int
        Number of the first draw that comes.
    numbers : ndarray of int, shape (chain,)
        Repeated ones fill up the block.
    """
    count = first

    def each(part: Chain) -> Chain:
        nonlocal count
        for k in np.unique(numbers, return_index=True)[1]:
            stats = {name: values[k] for name, values in part.stats.items()}
            if len(part.theta[k]):
                write(int(numbers[k]), count, part.theta[k], stats)
        count += part.theta.shape[1]
        return jax.tree.map(lambda leaf: leaf[:, :0].copy(), part)  # a view would keep all of it

    return each


SEGMENT = "segment"  # the files of one begin so


def flattened(state: Any) -> dict[str, np.ndarray]:
    """The leaves of a state by number, keys as numbers."""
    plain = lambda leaf: jax.random.key_data(leaf) if _is_key(leaf) else leaf
    leaves = jax.tree.leaves(state)
    return {f"{k:03d}": np.asarray(plain(leaf)) for k, leaf in enumerate(leaves)}


def restored(like: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    """The state whose leaves these are, of the structure of `like`."""
    shapes, structure = jax.tree.flatten(like)
    leaves = [jnp.asarray(arrays[name]) for name in sorted(arrays)]
    whole = [
        jax.random.wrap_key_data(leaf) if _is_key(shape) else leaf
        for leaf, shape in zip(leaves, shapes, strict=True)
    ]
    return jax.tree.unflatten(structure, whole)


def _is_key(leaf: Any) -> bool:
    return jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
