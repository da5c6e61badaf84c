"""Random permutations and sign flips of a layer's neurons."""

import numpy as np


def random_moves(
    rng: np.random.Generator, draws: int, width: int, *, signed: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Order and signs of the neurons, independently for every draw, each (draw, neuron)."""
    order = rng.permuted(np.tile(np.arange(width), (draws, 1)), axis=1)
    shape = (draws, width)
    return order, rng.choice([-1.0, 1.0], shape) if signed else np.ones(shape)
