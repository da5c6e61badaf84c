"""What communities are made of: one small set of rules, one normal form."""

from collections.abc import Mapping, Sequence, Sized
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np
import xarray as xr

from bayesneuron.draws._activations import layer_of, spread
from bayesneuron.draws.network import network_of
from bayesneuron.draws.tree import data_of, layout_of
from bayesneuron.geometry._activations import activations
from bayesneuron.geometry.similarity.activation import cosines
from bayesneuron.geometry.similarity.result import Similarity
from bayesneuron.inference._prior import prior
from bayesneuron.network.model import Model
from bayesneuron.numerics.arrays import as_finite, as_numbers, described, holds_trees
from bayesneuron.numerics.checks import check_choice
from bayesneuron.structure.partitions.arguments import as_labels
from bayesneuron.structure.partitions.null import (
    Null,
    permuted_similarities,
    shuffled_activations,
    untrained_networks,
)
from bayesneuron.structure.partitions.similarity import as_similarities

TYPES = {"draws": xr.DataTree, "similarities": Similarity, "graph": nx.Graph}
ARRAYS = ("activations", "similarities", "partitions")
FEWEST_POINTS = 3  # two points correlate by 1 or -1, whatever they are


@dataclass(frozen=True)
class Evidence:
    """Similarities of neurons, and the null that belongs to them.

    Attributes
    ----------
    names : tuple of str, length n
    by_draw : ndarray, shape (draw, n, n)
        To be partitioned one by one.
    mean : ndarray, shape (n, n)
    null : Null
    """

    names: tuple[str, ...]
    by_draw: np.ndarray
    mean: np.ndarray
    null: Null


def kind_of(source: Any, kind: str | None = None) -> str:
    """What `source` is: draws, a graph, activations, similarities or partitions.

    Draws, a `Similarity` and a graph are known by their type. An array is

    - ``similarities`` where it is (n, n), or (draw, n, n) and symmetric,
    - ``activations`` where it is (draw, point, n) with point ≠ n,
    - ``partitions`` where it holds integers (draw, n).

    Where two of these fit, as for integers that are a symmetric matrix, or none, `kind` decides.

    Raises
    ------
    ValueError
        If `kind` is unknown or contradicts the type, or is needed and not given.

    Examples
    --------
    >>> kind_of(np.zeros((20, 50, 8))), kind_of(np.array([[0, 0, 1], [0, 1, 1]]))
    ('activations', 'partitions')
    """
    for own, type_ in TYPES.items():
        if isinstance(source, type_):
            if kind not in (None, own):
                raise ValueError(f"kind: expected {own!r} of a {type_.__name__}, got {kind!r}")
            return own
    if source is None or isinstance(source, str | Mapping) or holds_trees(source):
        raise ValueError(
            "source: expected draws (DataTree), a Similarity, a networkx graph or an array of "
            f"numbers, got {described(source)}"
        )
    values = as_numbers("source", source)
    if kind is not None:
        check_choice("kind", kind, ARRAYS)
        return kind
    square = values.ndim >= 2 and values.shape[-1] == values.shape[-2]
    symmetric = square and np.allclose(values, np.swapaxes(values, -1, -2), equal_nan=True)
    whole = values.dtype.kind in "iu"
    if values.ndim == 2 and whole and not symmetric:
        return "partitions"
    if (values.ndim == 2 and square and not whole) or (values.ndim == 3 and symmetric):
        return "similarities"
    if values.ndim == 3 and not square:
        return "activations"
    raise ValueError(
        "source: expected kind='activations' (draw, point, n), 'similarities' (n, n) or "
        "(draw, n, n), or 'partitions' (draw, n) to be named for an array of "
        f"{'symmetric matrices of ' * symmetric}{values.dtype}, shape {values.shape}; got none"
    )


def names_of(names: Sequence[str] | None, n: int) -> tuple[str, ...]:
    """The names given, or else the numbers of the neurons."""
    if names is not None and (not isinstance(names, Sized) or len(names) != n):
        got = len(names) if isinstance(names, Sized) else repr(names)
        raise ValueError(f"names: expected {n}, got {got}")
    if names is not None and (isinstance(names, str) or not all(isinstance(v, str) for v in names)):
        raise ValueError(f"names: expected a sequence of str, got {names!r}")
    if names is not None and len(set(names)) < n:
        raise ValueError(f"names: expected {n} that differ, got {list(names)}")
    return tuple(map(str, range(n) if names is None else names))


def activations_of_draws(
    draws: xr.DataTree, x: Any, *, layer: str | None, model: Model | None
) -> tuple[list[str], np.ndarray]:
    """Names of the neurons of a layer, and their activations in every aligned draw."""
    layer = layer_of(layout_of(draws), layer)
    values = activations(draws, x, model=model)[layer]
    return [f"{layer}[{i}]" for i in range(values.shape[2])], values


def activations_of_prior(
    draws: xr.DataTree, x: Any, *, layer: str | None, model: Model | None, count: int, seed: int
) -> np.ndarray:
    """The same of networks drawn from the prior, (network, point, n)."""
    x = data_of(draws)[0] if x is None else x
    network = network_of(draws, model)
    networks = prior(network, x, samples=max(count, 1), seed=seed)
    values = activations_of_draws(networks, x, layer=layer, model=network)[1]
    return values[:count]


def evidence_of_activations(
    values: Any,
    names: Sequence[str] | None,
    *,
    signed: bool,
    shuffle: str,
    null: int,
    most: int,
    seed: int,
    untrained: np.ndarray | None = None,
) -> Evidence:
    """Correlations over points, draw by draw, with the null that shuffles the points.

    The null is of `untrained` networks where their activations are given.
    """
    values = as_finite("activations", values, "draw", "point", "n")
    if values.shape[1] < FEWEST_POINTS:
        raise ValueError(
            f"activations: expected at least {FEWEST_POINTS} points to correlate them over, got "
            f"{values.shape[1]}"
        )
    names = names_of(names, values.shape[2])
    few = values[spread(len(values), most)]
    _, draws = as_similarities(cosines(few, centred=True), signed=signed)
    if untrained is None:
        without = shuffled_activations(values, null, shuffle=shuffle, signed=signed, seed=seed)
    else:
        without = untrained_networks(values, untrained, signed=signed)
    return Evidence(names, draws, draws.mean(axis=0), without)


def evidence_of_similarities(
    source: Any, names: Sequence[str] | None, *, signed: bool, null: int, most: int, seed: int
) -> Evidence:
    """Similarities as they are, with the null that deals them out to pairs at random."""
    own, draws = as_similarities(source, signed=signed)
    names = own if names is None else names_of(names, len(own))
    mean = draws.mean(axis=0)
    permuted = permuted_similarities(mean, null, seed=seed)
    return Evidence(names, draws[spread(len(draws), most)], mean, permuted)


def as_partitions(source: Any) -> np.ndarray:
    """Labels (draw, n), checked."""
    return as_labels("partitions", source, "draw", "n")
