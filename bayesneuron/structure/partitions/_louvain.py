"""Louvain communities of one matrix, by networkx."""

import networkx as nx
import numpy as np

from bayesneuron.numerics.checks import check_not_negative, check_seed
from bayesneuron.structure.partitions.arguments import symmetric


def louvain(similarity: np.ndarray, *, resolution: float = 1.0, seed: int = 0) -> np.ndarray:
    """Louvain communities of |similarity|; `search` does many matrices, and signs.

    Parameters
    ----------
    similarity : ndarray, shape (n, n)
    resolution : float
    seed : int

    Returns
    -------
    ndarray of int, shape (n,)
        Numbered by first appearance.

    Examples
    --------
    >>> louvain(np.kron(np.eye(2), np.ones((3, 3))), seed=0)
    array([0, 0, 0, 1, 1, 1])
    """
    check_not_negative(resolution=resolution)
    check_seed(seed)
    graph = graph_of(similarity)
    groups = nx.community.louvain_communities(graph, resolution=resolution, seed=int(seed))
    return labels_of([set(group) for group in groups], len(graph))


def graph_of(similarity: np.ndarray) -> nx.Graph:
    """|similarity| as a graph without loops, in units in which the largest is about 1.

    Modularity does not depend on the unit, but products of tiny weights vanish. A power of two
    changes no digit.
    """
    weights = np.abs(symmetric("similarity", similarity)) * (1 - np.eye(len(similarity)))
    return nx.from_numpy_array(np.ldexp(weights, -np.frexp(weights.max())[1]))


def labels_of(groups: list[set[int]], n: int) -> np.ndarray:
    """Labels of groups, numbered by their first member."""
    labels = np.empty(n, int)
    for c, group in enumerate(sorted(groups, key=min)):
        labels[list(group)] = c
    return labels
