"""How well a whole network divides into clusters of neurons, by its weights alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayesneuron.alignment import aligned
from bayesneuron.alignment._align import sites_of
from bayesneuron.draws._activations import spread
from bayesneuron.draws.tree import layout_of, names_of_inputs
from bayesneuron.network.symmetry import canonicalise
from bayesneuron.numerics.arrays import as_finite, described, holds_trees
from bayesneuron.numerics.checks import check_count, check_positive, check_seed, check_within
from bayesneuron.numerics.display import html, show
from bayesneuron.numerics.ranks import upper_p_value
from bayesneuron.structure.partitions.result import ALPHA
from bayesneuron.structure.weight_graph import WeightGraph, graph_of_matrices, graph_of_sites, ncut

CLUSTERS = 12  # Filan et al.
NODES_EACH = 10  # of small networks, neurons for each cluster
MOST = 10  # draws: with 50 shuffles of each, seconds for 300 neurons


@dataclass(frozen=True)
class Clusterability:
    """Normalised cut of a network's neurons, against networks with shuffled weights.

    Attributes
    ----------
    names : tuple of str, length n
        ``layer[i]`` of every neuron, inputs and outputs among them; inputs by their names where
        x has some.
    k : int
        Number of clusters.
    labels : ndarray of int, shape (draw, n)
        The clusters of each draw; -1 for a neuron without a weight.
    ncut : ndarray, shape (draw,)
        Sum over the clusters of cut / volume, in [0, k): smaller means more clusterable.
    null : ndarray, shape (draw, b)
        The same with shuffled weights, the same shuffle b for all draws.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> rng = np.random.default_rng(0)
    >>> block = np.kron(np.eye(2), np.ones((6, 6))) + 0.1
    >>> bn.clusterability([block * rng.normal(size=(12, 12)) for _ in range(2)], k=2).k
    2
    """

    names: tuple[str, ...]
    k: int
    labels: np.ndarray
    ncut: np.ndarray
    null: np.ndarray

    @property
    def z(self) -> float:
        """Mean n-cut over draws, in standard deviations of its null above the mean of that."""
        null = self.null.mean(axis=0)
        spread = null.std(ddof=1) if len(null) > 1 else np.nan
        return float((self.ncut.mean() - null.mean()) / spread) if spread > 0 else float("nan")

    @property
    def p_value(self) -> float:
        """(1 + #{null <= n-cut}) / (1 + b) of the means over draws; NaN without a null."""
        return float(_p_values(self.ncut.mean()[None], self.null.mean(axis=0)[None])[0])

    @property
    def significant(self) -> bool | None:
        """Whether p is at most 0.05; None without a null."""
        return None if np.isnan(self.p_value) else self.p_value <= ALPHA

    def table(self) -> pd.DataFrame:
        """One row per draw: its n-cut, mean and standard deviation of its null, z and p."""
        count = self.null.shape[1]
        empty = np.full(len(self.ncut), np.nan)
        mean = self.null.mean(axis=1) if count else empty
        sd = self.null.std(axis=1, ddof=1) if count > 1 else empty
        z = np.divide(self.ncut - mean, sd, out=empty.copy(), where=sd > 0)
        columns = {"ncut": self.ncut, "null_mean": mean, "null_sd": sd, "z": z}
        columns["p_value"] = _p_values(self.ncut, self.null)
        return pd.DataFrame(columns, index=pd.RangeIndex(len(z), name="draw"))

    def __repr__(self) -> str:
        return show(self._head(), self.table())

    def _repr_html_(self) -> str:
        return html(self._head(), self.table())

    def _head(self) -> str:
        draws, count = self.null.shape
        networks = f"{draws} draws" if draws > 1 else "one network"
        head = f"Clusterability of {len(self.names)} neurons: {self.k} clusters, {networks}\n"
        head += f"  n-cut {self.ncut.mean():.3f}"
        if self.significant is None:
            return f"{head}; not tested against a null"
        word = "significant" if self.significant else "not significant"
        null = f"{self.null.mean():.3f} of {count} shuffles of each layer's weights"
        return f"{head} against {null}: {word} (z = {self.z:.2f}, p = {self.p_value:.3g})"


def clusterability(
    source: xr.DataTree | Sequence[Any],
    *,
    k: int | None = None,
    null: int = 50,
    most: int = MOST,
    seed: int = 0,
) -> Clusterability:
    """How well the neurons of all layers divide into clusters with few weights between them.

    The neurons of all layers, inputs and outputs among them, are the nodes of one graph, and
    |weight| its edges. Normalised spectral clustering divides it. The n-cut of the result is
    compared with that of networks in which the weights of each matrix are permuted.

    Parameters
    ----------
    source : DataTree, or sequence of array_like
        Draws, aligned first unless they are; or the weight matrices of one network from the
        input on, each (receiving, sending).
    k : int, optional
        Number of clusters; by default 12, as in the paper, or one for every ten neurons where
        these are fewer.
    null : int
        Number of shuffles; 0 for no test.
    most : int
        Draws used, at most, evenly spaced.
    seed : int

    Returns
    -------
    Clusterability

    Raises
    ------
    ValueError
        If there is no weight matrix, the matrices do not follow one another, or `k` does not fit.

    Notes
    -----
    `bayesneuron.communities` asks which neurons of one layer *respond* alike over data. This asks
    whether the *wiring* of the whole network falls into parts, whatever the data. Either may be so
    without the other: duplicates share their weights with all of the next layer.

    Biases do not count. Neurons without a weight are left out. The n-cut depends on the scale of
    positively homogeneous (ReLU) neurons, which the function does not: in draws, incoming and
    outgoing weights of such a neuron are balanced first, as in `bayesneuron.align`. Matrices
    are taken as they are. A shuffle b permutes the weights of all draws in the same way, so that
    the test of the mean n-cut over draws is exact if weights are exchangeable within each matrix.

    References
    ----------
    Filan, Casper, Hod, Wild, Critch, Russell, "Clusterability in neural networks",
    arXiv 2103.03386; Shi and Malik, "Normalized cuts and image segmentation", IEEE PAMI 2000.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> block = np.kron(np.eye(2), np.ones((6, 6))) + 0.1
    >>> result = clusterability([block * rng.normal(size=(12, 12)) for _ in range(2)], k=2)
    >>> result.significant, result.names[:2]
    (True, ('layer0[0]', 'layer0[1]'))
    """
    check_count(null=null)
    check_positive(most=most)
    check_seed(seed)
    if isinstance(source, xr.DataTree):
        layout = layout_of(source)
        sites = canonicalise(layout, sites_of(aligned(source), layout))
        few = spread(len(next(iter(sites.values()))), most)
        kept = {site: values[few] for site, values in sites.items()}
        graph = graph_of_sites(layout, kept, inputs=names_of_inputs(source))
    elif _is_list(source):
        matrices = [as_finite(f"source[{i}]", m, "n", "m") for i, m in enumerate(source)]
        graph = graph_of_matrices(matrices)
    else:
        empty = isinstance(source, list | tuple) and not source
        got = "none" if empty else f"a {described(source)}"
        raise ValueError(f"source: expected draws or a list of weight matrices, got {got}")
    n = len(graph.names)
    if k is None:
        k = max(2, min(CLUSTERS, n // NODES_EACH))
    check_within("k", k, 2, n - 1)
    return _tested(graph, k, null, seed)


def _is_list(source: Any) -> bool:
    listed = isinstance(source, Sequence) and len(source) and not isinstance(source, str)
    return bool(listed) and not holds_trees(source)


def _tested(graph: WeightGraph, k: int, null: int, seed: int) -> Clusterability:
    rng = np.random.default_rng(seed)
    own = [ncut(adjacency, k) for adjacency in graph.adjacencies()]
    shuffled = np.empty((len(own), null))
    for b in range(null):
        permuted = graph.permuted(rng).adjacencies()
        shuffled[:, b] = [ncut(adjacency, k)[0] for adjacency in permuted]
    return Clusterability(
        names=graph.names,
        k=k,
        labels=np.stack([labels for _, labels in own]),
        ncut=np.array([value for value, _ in own]),
        null=shuffled,
    )


def _p_values(ncuts: np.ndarray, null: np.ndarray) -> np.ndarray:
    """Of each row: a low n-cut is what clusters have."""
    return upper_p_value(-ncuts, -null.T)
