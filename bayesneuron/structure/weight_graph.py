"""The weights of a network as one graph over the neurons of all layers, and its normalised cut."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from bayesneuron.data.input_names import names_read
from bayesneuron.draws.coordinates import INPUT
from bayesneuron.network.layout import Layout
from bayesneuron.structure.partitions._spectral import spectral


@dataclass(frozen=True)
class Link:
    """|weights| of one matrix, (draw, receiving, sending), and the first node of either side."""

    weights: np.ndarray
    into: int
    out_of: int


@dataclass(frozen=True)
class WeightGraph:
    """Matrices between layers as links of one graph, draw by draw."""

    names: tuple[str, ...]
    links: tuple[Link, ...]

    def adjacencies(self) -> Iterator[np.ndarray]:
        """Symmetric adjacency matrix (n, n) of each draw; parallel links add up."""
        n = len(self.names)
        for draw in range(len(self.links[0].weights)):
            directed = np.zeros((n, n))
            for link in self.links:
                rows, columns = link.weights.shape[1:]
                block = np.s_[link.into : link.into + rows, link.out_of : link.out_of + columns]
                directed[block] += link.weights[draw]
            yield directed + directed.T

    def permuted(self, rng: np.random.Generator) -> "WeightGraph":
        """The same graph with the weights of each matrix in random order, one for all draws."""
        return replace(self, links=tuple(_permuted(link, rng) for link in self.links))


def _permuted(link: Link, rng: np.random.Generator) -> Link:
    flat = link.weights.reshape(len(link.weights), -1)
    order = rng.permutation(flat.shape[1])
    return replace(link, weights=flat[:, order].reshape(link.weights.shape))


def graph_of_sites(
    layout: Layout, sites: Mapping[str, np.ndarray], *, inputs: Sequence[str] = ()
) -> WeightGraph:
    """The graph of draws: every site between two layers is a link.

    `inputs` are names of the network's inputs; without them they are numbered.

    Raises
    ------
    ValueError
        If there is none, or a site has more axes.
    """
    chosen = [s for s, dims in layout.sites.items() if len(dims) > 1 and s not in layout.auxiliary]
    large = [site for site in chosen if len(layout.sites[site]) > 2]
    if large or not chosen:
        what = f"sites {large} of more axes" if large else "none"
        raise ValueError(f"source: expected weight matrices between two layers, got {what}")
    first: dict[str, int] = {}
    names: list[str] = []
    for site in chosen:
        for layer in reversed(layout.sites[site]):  # the sending one stands first
            if layer not in first:
                first[layer] = len(names)
                width = sites[site].shape[1 + layout.sites[site].index(layer)]
                numbered = [f"{layer}[{i}]" for i in range(width)]
                own = names_read(inputs, width) if layer == INPUT else []
                names += own or numbered
    links = []
    for site in chosen:
        into, out_of = (first[layer] for layer in layout.sites[site])
        links.append(Link(np.abs(sites[site]), into, out_of))
    return WeightGraph(tuple(names), tuple(links))


def graph_of_matrices(matrices: Sequence[np.ndarray]) -> WeightGraph:
    """The graph of one network of matrices (receiving, sending), from the input on.

    Raises
    ------
    ValueError
        If one does not send as many values as the one before it receives.
    """
    for i, (before, after) in enumerate(pairwise(matrices), start=1):
        if after.shape[1] != before.shape[0]:
            raise ValueError(
                f"source[{i}]: expected {before.shape[0]} columns, one per neuron of the layer "
                f"before it, got shape {after.shape}"
            )
    widths = [matrices[0].shape[1], *(len(matrix) for matrix in matrices)]
    starts = np.cumsum([0, *widths]).tolist()
    names = [f"layer{a}[{i}]" for a, width in enumerate(widths) for i in range(width)]
    links = [
        Link(np.abs(matrix)[None], starts[i + 1], starts[i]) for i, matrix in enumerate(matrices)
    ]
    return WeightGraph(tuple(names), tuple(links))


def ncut(adjacency: np.ndarray, k: int) -> tuple[float, np.ndarray]:
    """Normalised cut of the spectral clusters of a graph, and their labels, (n,).

    Nodes without edges are in no cluster, label -1.
    """
    linked = np.flatnonzero(adjacency.sum(axis=1) > 0)
    labels = np.full(len(adjacency), -1)
    if len(linked) <= k:
        labels[linked] = np.arange(len(linked))
    else:
        labels[linked] = spectral(adjacency[np.ix_(linked, linked)], k)
    return normalised_cut(adjacency, labels), labels


def normalised_cut(adjacency: np.ndarray, labels: np.ndarray) -> float:
    """Sum over clusters of the weight of edges that leave it over the degrees in it.

    Examples
    --------
    >>> path = np.diag([1.0, 1.0, 1.0], 1)  # four nodes in a row
    >>> round(normalised_cut(path + path.T, np.array([0, 0, 1, 1])), 6)  # 1/3 + 1/3
    0.666667
    """
    member = (labels[:, None] == np.arange(labels.max() + 1)).astype(float)
    between = member.T @ adjacency @ member
    volume = between.sum(axis=1)
    cut = volume - np.diag(between)
    return float(np.divide(cut, volume, out=np.zeros_like(cut), where=volume > 0).sum())
