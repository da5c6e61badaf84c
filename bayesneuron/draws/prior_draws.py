"""Networks of the prior, a few drawn at once."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from bayesneuron.draws.tree import activation_site
from bayesneuron.network.model import Model
from bayesneuron.network.tracing import NEXT_STATE, STATE, sampler
from bayesneuron.numerics.lanes import fetched

PIECE = 32  # networks drawn at once


def sample_prior(
    model: Model,
    x: np.ndarray | jax.Array,
    *,
    draws: int,
    key: jax.Array,
    wanted: range | None = None,
) -> dict[str, np.ndarray]:
    """Draw the model's sites from its prior, shape (1, draw, ...).

    Of `draws` networks those `wanted`, by default all; each is the same whichever are wanted. A few
    are drawn at once, so that beside the result only those take memory.
    """
    wanted, piece, row = wanted or range(draws), min(draws, PIECE), jnp.asarray(x[:1])
    sites: dict[str, np.ndarray] = {}
    for first in range(wanted.start, wanted.stop, piece):
        begin = min(first, draws - piece)
        made = fetched(_sample_prior(model, draws, piece, key, row, begin))
        own = slice(first - begin, min(piece, wanted.stop - begin))
        for name, values in made.items():
            if name not in sites:
                sites[name] = np.empty((1, len(wanted), *values.shape[1:]), values.dtype)
            at = first - wanted.start
            sites[name][0, at : at + own.stop - own.start] = values[own]
    return sites


@partial(jax.jit, static_argnums=(0, 1, 2))
def _sample_prior(
    model: Model, draws: int, piece: int, key: jax.Array, row: jax.Array, first: int
) -> dict[str, jax.Array]:
    sites = sampler(model, draws, piece)(key, row, first)
    derived = {
        "y",
        "mean",
        STATE,
        NEXT_STATE,
        *(activation_site(layer) for layer in model.layout.hidden),
    }
    return {k: v for k, v in sites.items() if k not in derived}
