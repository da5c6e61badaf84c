"""A damaged file: by changes of bytes, or by those that know the format, or by both."""

from typing import TYPE_CHECKING

from fuzzing.structure import blind, pick

if TYPE_CHECKING:
    import numpy as np
    from fuzzing.targets import Target


def changed(target: "Target", seeds: list[bytes], rng: "np.random.Generator") -> bytes:
    """One of `seeds`, changed one to three times."""
    content = pick(rng, seeds)
    for _ in range(pick(rng, (1, 1, 1, 2, 3))):
        informed = target.mutate is not None and rng.random() < 0.8
        content = target.mutate(content, rng) if informed else blind(content, rng)
    return content
