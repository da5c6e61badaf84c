"""Chains run segment by segment: after each one the host hears how far they are."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np

SEGMENTS = 20  # times that chains return to the host


class Chain(NamedTuple):
    """One chain's draws of θ, (draw, size), and its statistics, (draw,)."""

    theta: Any
    stats: dict[str, Any]


def in_segments(
    segment: Callable[[Any], tuple[Any, Chain]], state: Any, advance: Callable[[], None]
) -> Chain:
    """All draws of a block of chains, (chain, draw, ...), from what each segment returns."""
    parts = []
    for _ in range(SEGMENTS):
        state, part = segment(state)
        parts.append(jax.tree.map(np.asarray, part))
        advance()
    return jax.tree.map(lambda *leaves: np.concatenate(leaves, axis=1), *parts)
