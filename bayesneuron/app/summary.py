"""The neurons of one estimate together: graph, communities, relevance, reduced network."""

from dataclasses import dataclass, fields
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import xarray as xr

from bayesneuron.diagnostics.mixtures.stretches import SAMPLED
from bayesneuron.draws._activations import layer_of, spread
from bayesneuron.draws.provenance import provenance_of, with_provenance
from bayesneuron.geometry import activations, neurons
from bayesneuron.numerics.display import html
from bayesneuron.reduction import Reduction, reduce
from bayesneuron.reduction.result import NO_SIZE, Scored, undecided
from bayesneuron.reduction.through_network import caution_of
from bayesneuron.structure import Communities, Relevance, communities, graph, relevance

MOST = 500  # draws: enough for every number reported here
HALF = 0.5**0.5  # |correlation| above which two neurons share more than half of their variance
ENOUGH = 20  # held-out windows; with fewer, their scores are too noisy to choose by

SCORED: dict[Scored, str] = {
    "test": "on held-out windows",
    "loo": "by PSIS-LOO on the training windows",
    "lfo": "by leave-future-out on the training windows",
    "train": "on the training windows",
}


@dataclass(frozen=True)
class Related:
    """How the neurons of one hidden layer relate.

    Attributes
    ----------
    method : str
        The estimate.
    scored, total : int
        Draws used, evenly spaced, and draws in all.
    graph : networkx.Graph
        Edges where activations share more than half of their variance, with high probability.
    communities : Communities or None
        None where there is a single neuron.
    relevance : Relevance
    """

    method: str
    scored: int
    total: int
    graph: nx.Graph
    communities: Communities | None
    relevance: Relevance

    def table(self) -> pd.DataFrame:
        """One row per neuron: relevance, community, and the stability of its membership."""
        table = self.relevance.table()
        communities = self.communities
        table.insert(0, "community", 0 if communities is None else communities.labels)
        table.insert(1, "stability", 1.0 if communities is None else communities.stability)
        return table


@dataclass(frozen=True)
class Structure(Related):
    """The same, and the network without redundant neurons.

    Attributes
    ----------
    reduction : Reduction
    """

    reduction: Reduction

    def __repr__(self) -> str:
        words = [verdict.split()[0] for verdict in self.relevance.verdict]
        tally = ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))
        old, new = ends(self.reduction)
        reduced = (
            f"Reduced: {old['neurons']:.0f} to {new['neurons']:.0f} neurons, "
            f"{old['parameters']:.0f} to {new['parameters']:.0f} parameters; elpd "
            f"{finite(old['elpd'])} to {finite(new['elpd'])}, error {old['error']:.4g} to "
            f"{new['error']:.4g} ({SCORED[self.reduction.scored]})"
        )
        if undecided(self.reduction.curve):
            reduced = f"Not reduced: {NO_SIZE} ({SCORED[self.reduction.scored]})"
        why = caution_of(self.reduction.lost)
        caution = [f"Reduction not to be trusted: {why}"] if why else []
        return "\n".join(
            [
                f"Neurons by {self.method}: {len(words)} ({tally}); "
                f"{self.graph.number_of_edges()} strongly correlated pairs",
                f"Communities: {in_words(self.communities)}",
                *caution,
                reduced,
            ]
        )

    def _repr_html_(self) -> str:
        return html(repr(self), self.table())


def structure(
    aligned: xr.DataTree,
    train: tuple[xr.DataArray, xr.DataArray],
    test: tuple[xr.DataArray, xr.DataArray],
    *,
    seed: int,
    score: str = "own",
) -> Structure:
    """Relate the neurons of the only hidden layer, and drop redundant ones.

    Correlations come from the training windows. Relevance and the choice of a size come from the
    held-out windows, or from the training windows where fewer than 20 are held out.

    Parameters
    ----------
    aligned : DataTree
        Aligned draws of a shipped network.
    train, test : pair of DataArray
        x and y.
    seed : int
    score : {"own", "merged"}
        As in `bayesneuron.reduce`.

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
    >>> together = structure(draws, (x[:80], y[:80]), (x[80:], y[80:]), seed=0)
    >>> together.scored, together.reduction.scored, together.table()["verdict"].tolist()
    (500, 'test', ['live'])
    """
    few = some_draws(aligned)
    test_or_none = test if len(test[0]) >= ENOUGH else None
    related = relate(aligned, few, train[0], test_or_none or train, seed=seed)
    parts = {part.name: getattr(related, part.name) for part in fields(related)}
    reduction = reduce(few, *train, test=test_or_none, score=score, seed=seed)
    return Structure(**parts, reduction=reduction)


def some_draws(aligned: xr.DataTree) -> xr.DataTree:
    """As many draws as `relate` needs, evenly spaced."""
    size = aligned["posterior"].sizes
    return _thinned(aligned, spread(size["draw"], max(1, MOST // size["chain"])))


def relate(
    aligned: xr.DataTree,
    few: xr.DataTree,
    x: Any,
    scored: tuple[Any, Any],
    *,
    seed: int,
    layer: str | None = None,
) -> Related:
    """Relate the neurons of a hidden layer: graph, communities, relevance.

    Parameters
    ----------
    aligned, few : DataTree
        All draws, and those that are used.
    x : array_like
        Inputs whose activations are correlated.
    scored : pair of array_like
        x and y that relevance is of.
    seed : int
    layer : str, optional
        By default the only one.
    """
    posts = neurons(few)
    layer = layer_of(provenance_of(few).layout, layer)
    active = activations(few, x)[layer]
    relevant = relevance(few, *scored, layer=layer, seed=seed)
    g = graph(
        {layer: posts[layer]},
        weight="activation",
        activations=active,
        threshold=HALF,
        relevance=relevant,
    )
    together = None
    if len(g) > 1:
        together = communities(active, kind="activations", names=list(g), seed=seed)
    size = aligned["posterior"].sizes
    return Related(
        method=provenance_of(aligned).method,
        scored=active.shape[0],
        total=size["chain"] * size["draw"],
        graph=g,
        communities=together,
        relevance=relevant,
    )


def ends(reduction: Reduction) -> tuple[dict[str, float], dict[str, float]]:
    """The rows of the whole network and of the chosen one in the curve of sizes."""
    curve = reduction.curve
    places = (-1, int(np.argmax(curve["chosen"].to_numpy())))
    before, after = ({str(k): float(v) for k, v in curve.iloc[i].items()} for i in places)
    return before, after


def finite(elpd: float, se: float | None = None) -> str:
    """An elpd in words: draws that give the data no density have none that is finite.

    Examples
    --------
    >>> finite(-12.34), finite(-12.34, 1.5), finite(float("nan"))
    ('-12.3', '-12.3 ± 1.5', 'not finite')
    """
    if not np.isfinite(elpd):
        return "not finite"
    return f"{elpd:.1f}" + (f" ± {se:.1f}" if se is not None else "")


def _thinned(draws: xr.DataTree, at: np.ndarray) -> xr.DataTree:
    """Some draws of every chain, without the groups that hold draws of their own choice."""
    left_out = ("posterior_predictive", "log_likelihood", "sample_stats")
    groups = {str(k): v.to_dataset() for k, v in draws.children.items() if k not in left_out}
    for name in set(SAMPLED) & set(groups):
        groups[name] = groups[name].isel(draw=at)
    return with_provenance(xr.DataTree.from_dict(groups), provenance_of(draws))


def in_words(communities: Communities | None) -> str:
    """Communities in a few words."""
    if communities is None:
        return "none, a single neuron"
    p = f"p = {communities.p_value:.2g}"
    sizes = [str(size) for size in np.bincount(communities.labels)]
    if len(sizes) == 1:
        return f"one that holds every neuron ({p})"
    more = "more" if communities.significant else "no more"
    chance = f"{more} distinct than by chance"
    return f"{len(sizes)}, with {', '.join(sizes[:-1])} and {sizes[-1]} neurons, {chance} ({p})"
