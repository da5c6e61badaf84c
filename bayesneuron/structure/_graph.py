"""The graph of neurons: which of them belong together, by a stated rule."""

from collections.abc import Mapping, Sequence
from typing import Any

import networkx as nx
import numpy as np
import xarray as xr
from scipy.stats import false_discovery_control

from bayesneuron.draws.provenance import provenance_of
from bayesneuron.geometry.similarity import Similarity
from bayesneuron.network.model import Model
from bayesneuron.numerics.checks import (
    check_choice,
    check_finite,
    check_flag,
    check_probability,
)
from bayesneuron.structure.layers import Neurons, read_layers

WEIGHTS = ("posterior", "activation", "direction", "wasserstein")
RULES = ("probability", "fdr")

Decision = tuple[np.ndarray, np.ndarray]  # whether each pair is an edge, and its probability


def graph(
    source: Neurons,
    *,
    weight: str | None = None,
    threshold: float | None = None,
    rule: str | None = None,
    level: float = 0.95,
    signed: bool = False,
    x: Any = None,
    activations: np.ndarray | Mapping[str, np.ndarray] | None = None,
    relevance: Any = None,
    model: Model | None = None,
) -> nx.Graph:
    """Neurons as nodes; an edge where two of one layer are correlated, by a rule.

    Parameters
    ----------
    source : DataTree, NeuronPosterior, or mapping of str to NeuronPosterior
        Draws, one layer, or several (as `bayesneuron.neurons` returns them).
    weight : {"posterior", "activation", "direction", "wasserstein"}
        Which correlation; ``activation`` by default where there are `activations`, `x`, or draws
        that carry their data; else ``posterior``.

        - ``posterior``: `posterior_correlation`, of weights across draws. It only describes.
        - ``activation``: `activation_similarity`, over data. Only this justifies a merge.
        - ``direction``: `direction_similarity` of incoming weights and bias.
        - ``wasserstein``: `wasserstein_similarity`; has no spread, so needs a threshold.
    threshold : float, optional
        Correlation ρ in [0, 1) that matters, for the rule ``probability``.
    rule : {"probability", "fdr"}
        ``probability`` (the default with a threshold): an edge where P(|correlation| > ρ) >
        `level`. ``fdr`` (the default without): Benjamini and Hochberg's control, over all
        pairs, of the share of false edges at 1 - `level`, in tests of zero correlation. The
        test is the similarity's own, with effective numbers of draws. With many draws a
        correlation can be certain and tiny.
    level : float
        Probability.
    signed : bool
        Whether the edge attribute ``weight`` keeps the sign of the correlation; by default it
        is the absolute value. **A trap:** modularity, Louvain and greedy in networkx
        (python-louvain, leidenalg and bctpy likewise) assume nonnegative weights, and with
        negative ones return a number without complaint. The default groups a neuron with its
        flip. In a layer without sign symmetry (ReLU) opposite neurons are not the same: use
        ``bayesneuron.communities(g, signed=True)``, which reads ``correlation``.
    x : array_like, shape (observation, input), optional
        Data on which draws are evaluated, with draws only; by default the data they carry.
    activations : ndarray (draw, point, neuron), or mapping of str to ndarray, optional
        By layer, of the same aligned draws.
    relevance : Relevance, array_like (neuron,), or mapping of str to array_like, optional
        By layer; of a `Relevance`, the size of the mean share.
    model : Model, optional
        With draws, where the model is not a shipped one.

    Returns
    -------
    networkx.Graph
        Nodes ``"layer[i]"`` with ``layer``, ``index``, ``norm`` (of the mean), ``log_volume``
        (of the 90% region; -inf where singular), ``ambiguous`` (share of draws) and, where
        given, ``relevance``. Edges with ``weight``, ``correlation``, ``sd``, ``probability``
        (that |correlation| > threshold or, without one, 1 - adjusted p-value). Layers without
        activations are left out with ``weight="activation"``. Plain Python values only, so
        that `networkx.write_graphml` takes it.

    Raises
    ------
    ValueError
        If an argument is unknown, out of range, missing for the weight, or of the wrong shape.

    References
    ----------
    Benjamini and Hochberg 1995; Gómez, Jensen, Arenas, "Analysis of community structure in
    networks of correlated data", 2009 (signs).

    Examples
    --------
    >>> import bayesneuron as bn
    >>> sites = {"W": ("hidden", "input"), "V": ("output", "hidden")}
    >>> layout = bn.Layout(sites, {"hidden": "tanh"})
    >>> rng = np.random.default_rng(0)
    >>> w = rng.normal([[3, 0], [0, 2], [3, 0.1]], 0.01, (99, 3, 2))
    >>> draws = bn.from_arrays({"W": w, "V": np.full((99, 1, 3), [1, 2, 3])}, layout=layout)
    >>> g = graph(bn.neurons(draws)["hidden"], weight="direction", threshold=0.9)
    >>> list(g.edges)
    [('hidden[0]', 'hidden[2]')]
    """
    if weight is None:
        has_data = x is not None or activations is not None
        if isinstance(source, xr.DataTree) and "constant_data" in source.children:
            has_data = has_data or model is not None or provenance_of(source).shipped
        weight = "activation" if has_data else "posterior"
    check_choice("weight", weight, WEIGHTS)
    check_flag(signed=signed)
    rule = _checked_rule(rule, threshold, level, weight)
    _check_data(source, weight, x, activations)
    layers = read_layers(
        source,
        x=x,
        activations=activations,
        relevance=relevance,
        needs_activations=weight == "activation",
        model=model,
    )
    g = nx.Graph(weight_kind=weight, rule=rule, level=float(level), signed=bool(signed))
    if threshold is not None:
        g.graph["threshold"] = float(threshold)
    for layer in layers:
        g.add_nodes_from(layer.nodes())
    similarities = [layer.similarity(weight) for layer in layers]
    decisions = (
        _by_false_discoveries(similarities, level)
        if threshold is None
        else _by_probability(similarities, threshold, level)
    )
    for layer, similarity, (is_edge, probability) in zip(
        layers, similarities, decisions, strict=True
    ):
        for pair, (i, j) in enumerate(zip(*_pairs(similarity), strict=True)):
            if is_edge[pair]:
                correlation = float(similarity.mean[i, j])
                g.add_edge(
                    f"{layer.name}[{i}]",
                    f"{layer.name}[{j}]",
                    weight=correlation if signed else abs(correlation),
                    correlation=correlation,
                    sd=float(similarity.sd[i, j]),
                    probability=float(probability[pair]),
                )
    return g


def _pairs(similarity: Similarity) -> tuple[np.ndarray, np.ndarray]:
    return np.triu_indices(len(similarity.mean), 1)


def _by_probability(
    similarities: Sequence[Similarity], threshold: float, level: float
) -> list[Decision]:
    """Edges where P(|correlation| > threshold) > level."""
    probabilities = [s.exceeds(threshold)[_pairs(s)] for s in similarities]
    return [(p > level, p) for p in probabilities]


def _by_false_discoveries(similarities: Sequence[Similarity], level: float) -> list[Decision]:
    """Edges of which a share 1 - level is false on average, over all layers together."""
    p_values = [s.p_value[_pairs(s)] for s in similarities]
    pooled = np.concatenate(p_values)
    adjusted = false_discovery_control(pooled) if len(pooled) else pooled
    ends = np.cumsum([len(p) for p in p_values])[:-1]
    return [
        ((q <= 1 - level) & (s.mean[_pairs(s)] != 0), 1 - q)
        for s, q in zip(similarities, np.split(adjusted, ends), strict=True)
    ]


def _checked_rule(rule: str | None, threshold: float | None, level: float, weight: str) -> str:
    rule = rule if rule is not None else ("fdr" if threshold is None else "probability")
    check_choice("rule", rule, RULES)
    check_probability(level=level)
    if threshold is not None:
        check_finite(threshold=threshold)
    if rule == "probability" and threshold is None:
        raise ValueError("threshold: expected a correlation with rule='probability', got none")
    if rule == "fdr" and threshold is not None:
        raise ValueError(f"threshold: expected none with rule='fdr', got {threshold}")
    if threshold is not None and not 0 <= threshold < 1:
        raise ValueError(f"threshold: expected a correlation in [0, 1), got {threshold}")
    if weight == "wasserstein" and rule == "fdr":
        raise ValueError("weight='wasserstein': expected a threshold, since it has no test")
    return rule


def _check_data(source: Neurons, weight: str, x: Any, activations: Any) -> None:
    if x is not None and (activations is not None or not isinstance(source, xr.DataTree)):
        raise ValueError("x: expected only with draws (a DataTree) and without activations")
    if weight != "activation" and not (x is None and activations is None):
        raise ValueError(f"weight={weight!r}: expected neither x nor activations")
