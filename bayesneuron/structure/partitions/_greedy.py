"""Greedy agglomeration of communities, by networkx."""

import networkx as nx
import numpy as np

from bayesneuron.numerics.checks import check_not_negative
from bayesneuron.structure.partitions._louvain import graph_of, labels_of


def greedy(similarity: np.ndarray, *, resolution: float = 1.0) -> np.ndarray:
    """Communities of |similarity|, joined two at a time where modularity gains most.

    Parameters
    ----------
    similarity : ndarray, shape (n, n)
    resolution : float

    Returns
    -------
    ndarray of int, shape (n,)
        Numbered by first appearance.

    References
    ----------
    Clauset, Newman, Moore, Phys. Rev. E 70, 066111, 2004.

    Examples
    --------
    >>> greedy(np.kron(np.eye(2), np.ones((3, 3))))
    array([0, 0, 0, 1, 1, 1])
    """
    check_not_negative(resolution=resolution)
    graph = graph_of(similarity)
    if graph.number_of_edges() == 0:
        return np.arange(len(graph))
    groups = nx.community.greedy_modularity_communities(
        graph, weight="weight", resolution=resolution
    )
    return labels_of([set(group) for group in groups], len(graph))
