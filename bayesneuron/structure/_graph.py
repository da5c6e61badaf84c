"""The graph of neurons: which of them belong together, by a stated rule."""

from collections.abc import Mapping
from typing import Any

import networkx as nx
import numpy as np
import xarray as xr
from scipy.stats import false_discovery_control

from bayesneuron.alignment import aligned
from bayesneuron.geometry import activations as activations_of
from bayesneuron.geometry.posterior import NeuronPosterior
from bayesneuron.geometry.posterior import neurons as neurons_of
from bayesneuron.geometry.similarity import (
    Similarity,
    activation_similarity,
    direction_similarity,
    posterior_correlation,
    wasserstein_similarity,
)
from bayesneuron.network.model import Model
from bayesneuron.numerics.checks import check_choice

WEIGHTS = ("posterior", "activation", "cosine", "wasserstein")
RULES = ("probability", "fdr")

Neurons = NeuronPosterior | Mapping[str, NeuronPosterior] | xr.DataTree


def graph(
    neurons: Neurons,
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
    neurons : NeuronPosterior, mapping of str to NeuronPosterior, or DataTree
        One layer, several (as `bayesneuron.neurons` returns them), or draws.
    weight : {"posterior", "activation", "cosine", "wasserstein"}
        Which correlation; ``activation`` by default where there are `activations` or `x`, else
        ``posterior``.

        - ``posterior``: `posterior_correlation`, of weights across draws. Describes.
        - ``activation``: `activation_similarity`, over data. Only this licenses a merge.
        - ``cosine``: `direction_similarity` of incoming weights and bias.
        - ``wasserstein``: `wasserstein_similarity`; has no spread, so needs a threshold.
    threshold : float, optional
        Correlation ρ in [0, 1) that matters, for the rule ``probability``.
    rule : {"probability", "fdr"}
        ``probability`` (the default with a threshold): an edge where P(|correlation| > ρ) >
        `level`. ``fdr`` (the default without): Benjamini and Hochberg's control, over all
        pairs, of the share of false edges at 1 - `level`, in tests of zero correlation.
        The tests are of the similarity's own docstring, with effective numbers of draws.
        With many draws a correlation can be certain and tiny.
    level : float
        Probability.
    signed : bool
        Let ``weight`` be the correlation itself; by default its absolute value.
        **A trap:** modularity, Louvain and greedy in networkx (python-louvain, leidenalg and
        bctpy likewise) take weights to be nonnegative, and with negative ones return a number
        without complaint. Give them the default, which puts a neuron with its flip; in a layer
        without sign symmetry (ReLU), where opposite neurons are not the same, first drop
        edges of negative ``correlation``. The signed weight is for a signed modularity.
    x : array_like, shape (observation, input), optional
        Data on which draws are evaluated, with a DataTree only.
    activations : ndarray (draw, point, neuron), or mapping of str to ndarray, optional
        By layer, of the same aligned draws.
    relevance : array_like (neuron,), or mapping of str to array_like, optional
        By layer.
    model : Model, optional
        With `x`, where the model is not a shipped one.

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
    >>> g = graph(bn.neurons(draws)["hidden"], weight="cosine", threshold=0.9)
    >>> list(g.edges)
    [('hidden[0]', 'hidden[2]')]
    """
    weight = weight or ("posterior" if x is None and activations is None else "activation")
    check_choice("weight", weight, WEIGHTS)
    rule = _checked_rule(rule, threshold, level, weight)
    posts, responses = _read(neurons, weight, x, activations, model)
    importance = _by_layer("relevance", relevance, posts)
    found = {name: _similarity(post, weight, responses.get(name)) for name, post in posts.items()}
    g = nx.Graph(weight_kind=weight, rule=rule, level=float(level), signed=bool(signed))
    if threshold is not None:
        g.graph["threshold"] = float(threshold)
    for name, post in posts.items():
        g.add_nodes_from(_nodes(post, importance.get(name)))
    pairs = {name: np.triu_indices(len(post.mean), 1) for name, post in posts.items()}
    kept, probability = _decide(found, pairs, rule, threshold, level)
    for name, similarity in found.items():
        for i, j, keep, certain in zip(*pairs[name], kept[name], probability[name], strict=True):
            if keep:
                correlation = float(similarity.mean[i, j])
                g.add_edge(
                    f"{name}[{i}]",
                    f"{name}[{j}]",
                    weight=correlation if signed else abs(correlation),
                    correlation=correlation,
                    sd=float(similarity.sd[i, j]),
                    probability=float(certain),
                )
    return g


def _decide(
    found: Mapping[str, Similarity],
    pairs: Mapping[str, tuple[np.ndarray, np.ndarray]],
    rule: str,
    threshold: float | None,
    level: float,
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Which pairs are edges, and the probability of each."""
    if rule == "probability":
        assert threshold is not None
        sure = {name: s.exceeds(threshold)[pairs[name]] for name, s in found.items()}
        return {name: p > level for name, p in sure.items()}, sure
    p_values = np.concatenate([s.p_value[pairs[name]] for name, s in found.items()])
    adjusted = false_discovery_control(p_values) if len(p_values) else p_values
    ends = np.cumsum([len(pairs[name][0]) for name in found])[:-1]
    by_layer = dict(zip(found, np.split(adjusted, ends), strict=True))
    kept = {
        name: (q <= 1 - level) & (found[name].mean[pairs[name]] != 0)
        for name, q in by_layer.items()
    }
    return kept, {name: 1 - q for name, q in by_layer.items()}


def _similarity(post: NeuronPosterior, weight: str, responses: np.ndarray | None) -> Similarity:
    if weight == "activation":
        assert responses is not None
        return activation_similarity(responses)
    if weight == "cosine":
        return direction_similarity(post.select("incoming", "bias"))
    return posterior_correlation(post) if weight == "posterior" else wasserstein_similarity(post)


def _nodes(
    post: NeuronPosterior, relevance: np.ndarray | None
) -> list[tuple[str, dict[str, str | int | float]]]:
    norm, volume = np.linalg.norm(post.mean, axis=1), post.region(0.9).log_volume()
    nodes: list[tuple[str, dict[str, str | int | float]]] = []
    for i in range(len(post.mean)):
        values: dict[str, str | int | float] = {
            "layer": post.layer,
            "index": i,
            "norm": float(norm[i]),
            "log_volume": float(volume[i]),
            "ambiguous": float(post.ambiguous[i]),
        }
        if relevance is not None:
            values["relevance"] = float(relevance[i])
        nodes.append((f"{post.layer}[{i}]", values))
    return nodes


def _checked_rule(rule: str | None, threshold: float | None, level: float, weight: str) -> str:
    rule = rule or ("fdr" if threshold is None else "probability")
    check_choice("rule", rule, RULES)
    if not 0 < level < 1:
        raise ValueError(f"level: expected a probability in (0, 1), got {level}")
    if rule == "probability" and threshold is None:
        raise ValueError("threshold: expected a correlation with rule='probability', got none")
    if rule == "fdr" and threshold is not None:
        raise ValueError(f"threshold: expected none with rule='fdr', got {threshold}")
    if threshold is not None and not 0 <= threshold < 1:
        raise ValueError(f"threshold: expected a correlation in [0, 1), got {threshold}")
    if weight == "wasserstein" and rule == "fdr":
        raise ValueError("weight='wasserstein': expected a threshold, since it has no test")
    return rule


def _read(
    neurons: Neurons, weight: str, x: Any, activations: Any, model: Model | None
) -> tuple[dict[str, NeuronPosterior], dict[str, np.ndarray]]:
    """Posteriors and, where they are asked for, activations, by layer."""
    if x is not None and (activations is not None or not isinstance(neurons, xr.DataTree)):
        raise ValueError("x: expected only with draws (a DataTree) and without activations")
    if weight != "activation" and not (x is None and activations is None):
        raise ValueError(f"weight={weight!r}: expected neither x nor activations")
    if isinstance(neurons, xr.DataTree):
        draws = aligned(neurons)
        posts = neurons_of(draws)
        if x is not None:
            activations = activations_of(draws, x, model=model)
    elif isinstance(neurons, NeuronPosterior):
        posts = {neurons.layer: neurons}
    else:
        posts = dict(neurons)
    if not posts or not all(isinstance(p, NeuronPosterior) for p in posts.values()):
        raise ValueError(f"neurons: expected neuron posteriors by layer, got {posts}")
    if weight != "activation":
        return posts, {}
    if activations is None:
        raise ValueError("weight='activation': expected activations, or draws with x; got neither")
    responses = _by_layer("activations", activations, posts)
    posts = {name: post for name, post in posts.items() if name in responses}
    for name, post in posts.items():
        if responses[name].ndim != 3 or responses[name].shape[2] != len(post.mean):
            raise ValueError(
                f"activations of {name}: expected shape (draw, point, {len(post.mean)}), "
                f"got {responses[name].shape}"
            )
    return posts, responses


def _by_layer(what: str, given: Any, posts: Mapping[str, NeuronPosterior]) -> dict[str, np.ndarray]:
    """Arrays by layer; a plain array is of the only layer."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        if len(posts) != 1:
            raise ValueError(f"{what}: expected a mapping by layer {list(posts)}, got one array")
        given = {next(iter(posts)): given}
    found = {str(name): np.asarray(values, float) for name, values in given.items()}
    if not set(found) & set(posts):
        raise ValueError(f"{what}: expected some of the layers {list(posts)}, got {list(found)}")
    for name in set(found) & set(posts) if what == "relevance" else ():
        if found[name].shape != (len(posts[name].mean),):
            raise ValueError(
                f"relevance of {name}: expected {len(posts[name].mean)} values, "
                f"got shape {found[name].shape}"
            )
    return found
