"""The weights between layers as a list of edges, and where nodes are drawn."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bayesneuron.network.layout import Layout

Node = tuple[str, int]


@dataclass(frozen=True)
class Edges:
    """Weights from neuron to neuron.

    Attributes
    ----------
    layers : tuple of str
        From the inputs to the outputs.
    sender, receiver : list of (layer, index)
    mean : ndarray, shape (edge,)
        Posterior mean of each weight.
    certain : ndarray of bool, shape (edge,)
        Whether its central interval leaves zero out.
    """

    layers: tuple[str, ...]
    sender: list[Node]
    receiver: list[Node]
    mean: np.ndarray
    certain: np.ndarray

    def take(self, kept: np.ndarray) -> "Edges":
        """Only these edges, by index."""
        return Edges(
            self.layers,
            [self.sender[e] for e in kept],
            [self.receiver[e] for e in kept],
            self.mean[kept],
            self.certain[kept],
        )

    def between(self, nodes: Mapping[str, np.ndarray]) -> "Edges":
        """Only edges between these nodes of each layer."""
        known = {name: set(indices.tolist()) for name, indices in nodes.items()}
        pairs = enumerate(zip(self.sender, self.receiver, strict=True))
        inside = [e for e, ends in pairs if all(index in known[name] for name, index in ends)]
        return self.take(np.array(inside, dtype=int))

    def largest(self, most: int) -> "Edges":
        """At most so many, those of largest mean."""
        return self.take(np.sort(np.argsort(-np.abs(self.mean), kind="stable")[:most]))


def edges_of(layout: Layout, sites: Mapping[str, np.ndarray], *, level: float) -> Edges:
    """Every weight between two layers; those of gates and from a layer to itself left out.

    Parameters
    ----------
    layout : Layout
    sites : mapping of str to ndarray, shape (draw, ...)
        Aligned.
    level : float
        Of the central intervals.
    """
    tails = [(1 - level) / 2, (1 + level) / 2]
    sender: list[Node] = []
    receiver: list[Node] = []
    means, certain = [], []
    for site, dims in layout.sites.items():
        if len(set(dims)) != 2 or site in layout.gates or site in layout.auxiliary:
            continue
        into = layout.into.get(site, 0)
        weights = np.moveaxis(np.asarray(sites[site]), into + 1, 1)
        low, high = np.quantile(weights, tails, axis=0)
        mean = weights.mean(axis=0)
        for i, j in np.ndindex(*mean.shape):
            receiver.append((dims[into], i))
            sender.append((dims[1 - into], j))
        means.append(mean.ravel())
        certain.append(((low > 0) | (high < 0)).ravel())
    hidden = list(layout.forward)
    sources = [name for name, _ in sender if name not in layout.receiving]
    outputs = [name for name, _ in receiver if name not in hidden]
    return Edges(
        tuple(dict.fromkeys([*sources, *hidden, *outputs])),
        sender,
        receiver,
        np.concatenate(means),
        np.concatenate(certain),
    )


def strongest(edges: Edges, layer: str, most: int) -> np.ndarray:
    """At most so many neurons of a layer, those of largest weights, in their own order."""
    size: dict[int, float] = {}
    for ends in (edges.sender, edges.receiver):
        for (name, index), mean in zip(ends, edges.mean.tolist(), strict=True):
            if name == layer:
                size[index] = size.get(index, 0.0) + mean**2
    order = sorted(size, key=lambda index: (-size[index], index))
    return np.array(sorted(order[:most]))


def positions(counts: Mapping[str, int]) -> dict[str, np.ndarray]:
    """Places of each layer's nodes, (node, 2): layers side by side, each centred.

    Examples
    --------
    >>> positions({"input": 1, "hidden": 2})["hidden"].tolist()
    [[1.0, 0.125], [1.0, -0.125]]
    """
    place = {}
    for x, (name, count) in enumerate(counts.items()):
        step = 1 / max(count, 4)
        y = step * ((count - 1) / 2 - np.arange(count))
        place[name] = np.column_stack([np.full(count, float(x)), y])
    return place
