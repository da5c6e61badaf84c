"""Distances of arrays, to be called with neuron posteriors as well."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from bayesneuron.geometry.posterior import NeuronPosterior
from bayesneuron.numerics.arrays import as_covariances, as_finite

Distance = Callable[..., np.ndarray]


def by_posterior(*moments: str) -> Callable[[Distance], Distance]:
    """Let a distance of arrays take two neuron posteriors, of which it gets the `moments`.

    Arrays are checked: finite means, covariances without a negative eigenvalue, all of as many
    weights, and leading axes that broadcast. `inspect.unwrap` gives the distance without checks.

    Examples
    --------
    >>> @by_posterior("mean")
    ... def shift(m1, m2):
    ...     return m1 - m2
    >>> shift(np.ones(2), np.zeros(2))
    array([1., 1.])
    >>> shift(np.ones(2), np.full(2, np.nan))
    Traceback (most recent call last):
        ...
    ValueError: m2: expected finite values, got 2 others, first at (0,)
    """

    def decorate(distance: Distance) -> Distance:
        @wraps(distance)
        def either(*args: Any, **options: Any) -> np.ndarray:
            if not any(isinstance(a, NeuronPosterior) for a in args):
                return distance(*_checked(distance, moments, args), **options)
            first, second = two_posteriors(distance.__name__, args)
            values = [getattr(post, name) for post in (first, second) for name in moments]
            return distance(*values, **options)

        return either

    return decorate


def _checked(
    distance: Distance, moments: tuple[str, ...], args: tuple[Any, ...]
) -> list[np.ndarray]:
    """Arrays of both neurons, moment by moment, as numbers."""
    kinds = moments * 2
    if len(args) != len(kinds):
        raise ValueError(
            f"{distance.__name__}: expected {len(kinds)} arrays or two neuron posteriors, "
            f"got {len(args)} arguments"
        )
    arrays, leads = [], []
    for i, (kind, values) in enumerate(zip(kinds, args, strict=True)):
        name = f"{'m' if kind == 'mean' else 's'}{1 + i // len(moments)}"
        if kind == "mean":
            arrays.append(as_finite(name, values, "...", "k"))
            leads.append(arrays[-1].shape[:-1])
        else:
            arrays.append(as_covariances(name, values, "...", "k", "k"))
            leads.append(arrays[-1].shape[:-2])
        if arrays[-1].shape[-1] != arrays[0].shape[-1]:
            raise ValueError(
                f"{name}: expected {arrays[0].shape[-1]} weights as in the first array, "
                f"got {arrays[-1].shape[-1]}"
            )
    try:
        np.broadcast_shapes(*leads)
    except ValueError:
        raise ValueError(
            f"{distance.__name__}: expected leading axes that broadcast, got {leads}"
        ) from None
    return arrays


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
