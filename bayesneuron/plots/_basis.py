"""The plane or space that neurons are drawn in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from bayesneuron.geometry.posterior import NeuronPosterior, check_posterior


@dataclass(frozen=True)
class Basis:
    """Rows of `matrix`, shape (d, k), are the drawn directions; `labels` name them."""

    matrix: np.ndarray
    labels: tuple[str, ...]


def basis_of(
    posteriors: Iterable[NeuronPosterior], dims: int, weights: Sequence[int | str] | None = None
) -> Basis:
    """Named weights, or the principal components of the pooled neurons.

    Components are those of all draws of all neurons of all posteriors, each posterior with
    equal weight. A projection B maps N(e, D) to N(B e, B D Bᵀ) exactly.

    Parameters
    ----------
    posteriors : iterable of NeuronPosterior
    dims : int
    weights : sequence of int or str, optional
        Coordinates to draw, by place or name.

    Raises
    ------
    ValueError
        If a weight is unknown, there are fewer coordinates than `dims`, or the values are not
        neurons of a layer.
    """
    pooled = list(posteriors)
    for post in pooled:
        check_posterior("posterior", post)
    names = pooled[0].weights
    k = len(names)
    if k < dims:
        raise ValueError(f"expected neurons of at least {dims} weights, got {k}: {names}")
    if weights is None and k == dims:
        weights = range(k)
    if weights is not None:
        if isinstance(weights, str) or not isinstance(weights, Iterable):
            raise ValueError(f"weights: expected {dims} places or names, got {weights!r}")
        weights = list(weights)
        if len(weights) != dims:
            raise ValueError(f"weights: expected {dims}, got {weights}")
        unknown = [w for w in weights if w not in (names if isinstance(w, str) else range(k))]
        if unknown:
            raise ValueError(f"weights: expected some of {list(names)}, got {unknown}")
        places = [names.index(w) if isinstance(w, str) else w for w in weights]
        return Basis(np.eye(k)[places], tuple(names[i] for i in places))
    second = np.zeros((k, k))
    center = np.mean([p.mean.mean(axis=0) for p in pooled], axis=0)
    for post in pooled:
        apart = post.mean - center
        second += post.cov.mean(axis=0) + apart.T @ apart / len(apart)
    values, vectors = np.linalg.eigh(second)
    share = values[::-1] / (values.sum() or 1.0)
    matrix = vectors[:, ::-1][:, :dims].T
    # the sign of a component is arbitrary: let its largest weight be positive
    matrix = matrix * np.sign(matrix[np.arange(dims), np.abs(matrix).argmax(axis=1)])[:, None]
    return Basis(matrix, tuple(f"PC {i + 1} ({_percent(share[i])} variance)" for i in range(dims)))


def _percent(share: float) -> str:
    """A share as a reader sees that it is small and not zero.

    >>> [_percent(share) for share in (0.996, 0.006, 0.0034, 1e-17)]
    ['100% of', '1% of', '<1% of', 'no']
    """
    if share < 1e-12:
        return "no"
    return "<1% of" if share < 0.005 else f"{share:.0%} of"
