"""Similarities of neurons as plain symmetric matrices."""

from typing import Any

import networkx as nx
import numpy as np

from bayesneuron.geometry.similarity.result import Similarity
from bayesneuron.numerics.checks import check_finite
from bayesneuron.structure.partitions.arguments import symmetric


def as_similarities(source: Any, *, signed: bool = False) -> tuple[tuple[str, ...], np.ndarray]:
    """Names of the neurons, and their similarities, (draw, n, n), with a zero diagonal.

    Parameters
    ----------
    source : networkx.Graph, Similarity, or ndarray of shape (n, n) or (draw, n, n)
        Of a graph's edge, `correlation` is taken where it has one, else `weight`, else 1. Of a
        `Similarity`, its draws where it has them, else its mean.
    signed : bool
        Whether to keep the sign; else the absolute value is taken.

    Raises
    ------
    ValueError
        If these are no finite symmetric matrices, or the graph is directed.

    Examples
    --------
    >>> graph = nx.Graph()
    >>> graph.add_edge("hidden[0]", "hidden[1]", weight=0.5, correlation=-0.5)
    >>> names, s = as_similarities(graph, signed=True)
    >>> names, s[0, 0, 1]
    (('hidden[0]', 'hidden[1]'), np.float64(-0.5))
    """
    names: tuple[str, ...] = ()
    if isinstance(source, nx.Graph):
        if source.is_directed():
            raise ValueError("source: expected an undirected graph, got a directed one")
        names = tuple(str(node) for node in source)
        source = _matrix_of(source)
    elif isinstance(source, Similarity):
        source = source.mean if source.by_draw is None else source.by_draw
    is_graph = bool(names)
    values = symmetric("similarities", source, stacked=True)
    if not is_graph and np.abs(values).max() > 1 + 1e-6:
        raise ValueError(f"similarities: expected values in [-1, 1], got {np.abs(values).max():g}")
    values = values[None] if values.ndim == 2 else values
    values = values * (1 - np.eye(values.shape[1]))
    return names or _numbers(values.shape[1]), values if signed else np.abs(values)


def _numbers(n: int) -> tuple[str, ...]:
    return tuple(str(i) for i in range(n))


def _matrix_of(graph: nx.Graph) -> np.ndarray:
    at = {node: i for i, node in enumerate(graph)}
    matrix = np.zeros((len(at), len(at)))
    for u, v, edge in graph.edges(data=True):
        value = edge.get("correlation", edge.get("weight", 1.0))
        check_finite(**{f"weight of edge {u!r}, {v!r}": value})
        matrix[at[u], at[v]] = matrix[at[v], at[u]] = value
    return matrix
