"""Similarities of neurons as plain symmetric matrices."""

from typing import Any

import networkx as nx
import numpy as np

from bayesneuron.numerics.checks import check_choice

SIGNS = ("absolute", "signed")


def as_similarities(given: Any, *, sign: str = "absolute") -> tuple[tuple[str, ...], np.ndarray]:
    """Names of the neurons, and their similarities, (draw, n, n), with a zero diagonal.

    Parameters
    ----------
    given : networkx.Graph or ndarray, shape (n, n) or (draw, n, n)
        Of a graph's edge, `correlation` is taken where it has one, else `weight`, else 1.
    sign : {"absolute", "signed"}
        Whether to take |similarity|.

    Raises
    ------
    ValueError
        If it is no graph and no stack of finite symmetric matrices, or is directed.

    Examples
    --------
    >>> graph = nx.Graph()
    >>> graph.add_edge("hidden[0]", "hidden[1]", weight=0.5, correlation=-0.5)
    >>> names, s = as_similarities(graph, sign="signed")
    >>> names, s[0, 0, 1]
    (('hidden[0]', 'hidden[1]'), np.float64(-0.5))
    """
    check_choice("sign", sign, SIGNS)
    if isinstance(given, nx.Graph):
        if given.is_directed():
            raise ValueError("similarity: expected an undirected graph, got a directed one")
        names = tuple(str(node) for node in given)
        values = _matrix_of(given)[None]
    else:
        values = np.array(given, float)
        values = values[None] if values.ndim == 2 else values
        names = tuple(str(i) for i in range(values.shape[-1])) if values.ndim else ()
    if values.ndim != 3 or values.shape[1] != values.shape[2] or 0 in values.shape:
        raise ValueError(f"similarity: expected shape (n, n) or (draw, n, n), got {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError("similarity: expected finite numbers, got NaN or inf")
    if not np.allclose(values, values.swapaxes(1, 2), atol=1e-8):
        raise ValueError("similarity: expected symmetric matrices, got others")
    values = values * (1 - np.eye(values.shape[1]))
    return names, np.abs(values) if sign == "absolute" else values


def _matrix_of(graph: nx.Graph) -> np.ndarray:
    at = {node: i for i, node in enumerate(graph)}
    matrix = np.zeros((len(at), len(at)))
    for u, v, edge in graph.edges(data=True):
        value = edge.get("correlation", edge.get("weight", 1.0))
        matrix[at[u], at[v]] = matrix[at[v], at[u]] = value
    return matrix
