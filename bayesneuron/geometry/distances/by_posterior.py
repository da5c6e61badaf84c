"""Distances of arrays, to be called with neuron posteriors as well."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from bayesneuron.geometry.posterior import NeuronPosterior

Distance = Callable[..., np.ndarray]


def by_posterior(*moments: str) -> Callable[[Distance], Distance]:
    """Let a distance of arrays take two neuron posteriors, of which it gets the `moments`.

    Examples
    --------
    >>> @by_posterior("mean")
    ... def shift(m1, m2):
    ...     return m1 - m2
    >>> shift(np.ones(2), np.zeros(2))
    array([1., 1.])
    """

    def decorate(distance: Distance) -> Distance:
        @wraps(distance)
        def either(*args: Any, **options: Any) -> np.ndarray:
            if not any(isinstance(a, NeuronPosterior) for a in args):
                return distance(*args, **options)
            first, second = two_posteriors(distance.__name__, args)
            values = [getattr(post, name) for post in (first, second) for name in moments]
            return distance(*values, **options)

        return either

    return decorate


def two_posteriors(name: str, args: tuple[Any, ...]) -> tuple[NeuronPosterior, NeuronPosterior]:
    """Two posteriors of neurons that have the same weights.

    Raises
    ------
    ValueError
        If there are not two, or their neurons are of different weights.
    """
    if len(args) != 2 or not all(isinstance(a, NeuronPosterior) for a in args):
        kinds = ", ".join(type(a).__name__ for a in args)
        raise ValueError(f"{name}: expected two neuron posteriors, or arrays only, got {kinds}")
    first, second = args
    if first.mean.shape != second.mean.shape:
        raise ValueError(
            f"{name}: expected as many neurons and weights in both, got {first.mean.shape} "
            f"and {second.mean.shape}"
        )
    return first, second
