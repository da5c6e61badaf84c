"""The neurons of one estimate together: graph, communities, relevance, reduced network."""

from dataclasses import dataclass

import networkx as nx
import numpy as np
import pandas as pd
import xarray as xr

from bayesneuron.draws._activations import layer_of, spread
from bayesneuron.draws.tree import layout_of
from bayesneuron.geometry import activations, neurons
from bayesneuron.reduction import Reduction, reduce
from bayesneuron.structure import Relevance, activation_communities, relevance
from bayesneuron.structure._graph import graph
from bayesneuron.structure.partitions import Communities

MOST = 500  # draws: enough for every number reported here
HALF = 0.5**0.5  # |correlation| above which two neurons share more than half of their variance
ENOUGH = 20  # held-out windows below which they would say nothing

SCORED = {
    "test": "held-out windows",
    "loo": "PSIS-LOO on the training windows",
    "train": "training windows",
}


@dataclass(frozen=True)
class Structure:
    """What the neurons of one hidden layer are to each other, and the network without the spare.

    Attributes
    ----------
    method : str
        The estimate.
    draws, total : int
        Draws used, evenly spaced, of so many.
    graph : networkx.Graph
        Edges where activations surely share more than half of their variance.
    communities : Communities or None
        None where there is a single neuron.
    relevance : Relevance
    reduction : Reduction
    """

    method: str
    draws: int
    total: int
    graph: nx.Graph
    communities: Communities | None
    relevance: Relevance
    reduction: Reduction

    @property
    def full(self) -> dict[str, float]:
        """The row of the whole network in the curve of sizes."""
        return self._row(-1)

    @property
    def chosen(self) -> dict[str, float]:
        """The row of the chosen one."""
        return self._row(int(self.reduction.curve["chosen"].to_numpy().argmax()))

    def _row(self, i: int) -> dict[str, float]:
        row = self.reduction.curve.iloc[i]
        return {str(name): float(row[name]) for name in self.reduction.curve}

    def table(self) -> pd.DataFrame:
        """One row a neuron: its relevance, its community and how surely it belongs there."""
        table = self.relevance.table()
        found = self.communities
        table.insert(0, "community", 0 if found is None else found.labels)
        table.insert(1, "stability", 1.0 if found is None else found.stability)
        return table

    def __repr__(self) -> str:
        words = [verdict.split()[0] for verdict in self.relevance.verdict]
        tally = ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))
        old, new = self.full, self.chosen
        return "\n".join(
            [
                f"Neurons by {self.method}: {len(words)} ({tally}); "
                f"{self.graph.number_of_edges()} strongly correlated pairs",
                f"Communities: {in_words(self.communities)}",
                f"Reduced: {old['neurons']:.0f} to {new['neurons']:.0f} neurons, "
                f"{old['parameters']:.0f} to {new['parameters']:.0f} parameters; elpd "
                f"{old['elpd']:.1f} to {new['elpd']:.1f}, error {old['error']:.4g} to "
                f"{new['error']:.4g} ({SCORED[self.reduction.scored]})",
            ]
        )


def structure(
    aligned: xr.DataTree,
    train: tuple[xr.DataArray, xr.DataArray],
    test: tuple[xr.DataArray, xr.DataArray],
    *,
    seed: int,
) -> Structure:
    """Look at the neurons of the only hidden layer together, and drop those that are spare.

    What neurons have in common is read on the training windows; what each is worth, and which
    size will do, on the held-out ones, or on the training windows where fewer than 20 are held
    out.

    Parameters
    ----------
    aligned : DataTree
        Aligned draws of a shipped network.
    train, test : pair of DataArray
        x and y.
    seed : int

    Returns
    -------
    Structure

    Raises
    ------
    ValueError
        If the data do not fit the draws.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=120), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=1, outputs=1)
    >>> draws = bn.align(bn.laplace(model, x[:80], y[:80], samples=2000, starts=4))
    >>> found = structure(draws, (x[:80], y[:80]), (x[80:], y[80:]), seed=0)
    >>> found.draws, found.reduction.scored, found.table()["verdict"].tolist()
    (500, 'test', ['live'])
    """
    size = aligned["posterior"].sizes
    few = _thinned(aligned, spread(size["draw"], max(1, MOST // size["chain"])))
    posts = neurons(few)
    layer = layer_of(layout_of(few), None)
    answers = activations(few, train[0])[layer]
    enough = len(test[0]) >= ENOUGH
    worth = relevance(few, *(test if enough else train), layer=layer, seed=seed)
    g = graph(
        {layer: posts[layer]},
        weight="activation",
        activations=answers,
        threshold=HALF,
        relevance=np.abs(worth.share.mean(axis=0)),
    )
    alone = len(g) == 1
    return Structure(
        method=str(aligned.attrs.get("method", "")),
        draws=answers.shape[0],
        total=size["chain"] * size["draw"],
        graph=g,
        communities=None if alone else activation_communities(answers, names=list(g), seed=seed),
        relevance=worth,
        reduction=reduce(few, *train, test=test if enough else None, seed=seed),
    )


def _thinned(draws: xr.DataTree, at: np.ndarray) -> xr.DataTree:
    """Some draws of every chain, without the groups that hold draws of their own choice."""
    left_out = ("posterior_predictive", "log_likelihood", "sample_stats")
    groups = {str(k): v.to_dataset() for k, v in draws.children.items() if k not in left_out}
    for name in {"posterior", "drawn", "alignment"} & set(groups):
        groups[name] = groups[name].isel(draw=at)
    tree = xr.DataTree.from_dict(groups)
    tree.attrs = dict(draws.attrs)
    return tree


def in_words(found: Communities | None) -> str:
    """Communities in a few words."""
    if found is None:
        return "none, a single neuron"
    sizes = [str(size) for size in np.bincount(found.labels)]
    if len(sizes) == 1:
        return f"one that holds every neuron (p = {found.p_value:.2g})"
    chance = "more than chance" if found.found else "no more than chance"
    many = f"{', '.join(sizes[:-1])} and {sizes[-1]}"
    return f"{len(sizes)}, with {many} neurons, {chance} (p = {found.p_value:.2g})"
