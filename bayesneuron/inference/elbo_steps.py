"""The steps of an optimiser in segments, which a checkpoint keeps with the state after each."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np

from bayesneuron.inference.segments import flattened, restored
from bayesneuron.network.tracing import TRACING
from bayesneuron.numerics.lanes import fetched
from bayesneuron.numerics.progress import LOGGER
from bayesneuron.numerics.work import Stage, Work

SEGMENTS = 20


class Reached(NamedTuple):
    """The state after a segment, its leaves by number, and the losses of its steps."""

    losses: np.ndarray
    state: dict[str, np.ndarray]


def optimised(
    init: Callable[..., Any],
    segment: Callable[..., Any],
    data: tuple[Any, ...],
    *,
    key: jax.Array,
    advance: Callable[[int], None],
    work: Work,
) -> tuple[Any, np.ndarray]:
    """The state after `SEGMENTS` segments, and the losses of all steps.

    Parameters
    ----------
    init : callable
        ``init(key, *data)``, the first state.
    segment : callable
        ``segment(state, *data)``, the next state and the losses on the way.
    advance : callable
        Called with the number of segments done.
    work : Work
        Its checkpoint keeps segments. A run that goes on ends with the same bits.
    """
    stage = Stage(work.checkpoint, "steps")
    with TRACING:
        state, losses = init(key, *data), []
    last = None
    while len(losses) < SEGMENTS and (kept := stage.kept(len(losses), Reached)) is not None:
        losses.append(kept.losses)
        last = kept
        advance(1)
    if last is not None and work.checkpoint is not None:
        folder = work.checkpoint.folder
        LOGGER.info("steps: %d of %d segments read from %s", len(losses), SEGMENTS, folder)
        state = restored(jax.eval_shape(lambda: state), last.state)
    for k in range(len(losses), SEGMENTS):
        with TRACING:
            state, part = segment(state, *data)
        losses.append(fetched(part))
        if work.checkpoint is not None:
            stage.keep(k, Reached(losses[-1], flattened(state)))
        advance(1)
    return state, np.concatenate(losses)
