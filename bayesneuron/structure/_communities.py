"""Communities of neurons, over posterior draws."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bayesneuron.network.model import Model
from bayesneuron.numerics.checks import (
    check_count,
    check_flag,
    check_positive,
    check_seed,
    check_share,
)
from bayesneuron.numerics.warn import warn_once
from bayesneuron.structure.partitions.methods import Method
from bayesneuron.structure.partitions.result import ALPHA, Communities
from bayesneuron.structure.partitions.summary import summarise
from bayesneuron.structure.sources import (
    Evidence,
    activations_of_draws,
    activations_of_prior,
    as_partitions,
    evidence_of_activations,
    evidence_of_similarities,
    kind_of,
    names_of,
)

MOST = 100  # draws partitioned; co-membership then has a standard error of at most 0.05


def communities(
    source: Any,
    *,
    kind: str | None = None,
    layer: str | None = None,
    x: Any = None,
    names: Sequence[str] | None = None,
    method: str = "search",
    k: int | None = None,
    resolution: float = 1.0,
    signed: bool = False,
    null: int = 99,
    shuffle: str = "shift",
    untrained: bool = False,
    level: float = 0.95,
    most: int = MOST,
    model: Model | None = None,
    seed: int = 0,
) -> Communities:
    """Communities of neurons: a partition for each draw, one that represents them, and a test.

    Parameters
    ----------
    source : DataTree, Similarity, networkx.Graph or array_like
        - Draws: correlations of the neurons' activations over `x`, all draws aligned.
        - Activations (draw, point, n), of aligned draws (`bayesneuron.activations`): the same.
        - A `Similarity`, by its draws where it has them, else by its mean.
        - Similarities in [-1, 1], (n, n) or (draw, n, n).
        - A graph, such as `bayesneuron.graph` gives.
        - Integer labels (draw, n), such as k-means of every draw: no similarity, so no test.

        A graph or a single matrix gives a single partition, without uncertainty.
    kind : {"activations", "similarities", "partitions"}, optional
        What an array is. By default integers (draw, n) are partitions, symmetric matrices are
        similarities, and other arrays (draw, point, n) are activations; where that is ambiguous
        an error says so.
    layer : str, optional
        Of draws; by default the only hidden one.
    x : array_like, shape (observation, input), optional
        For draws; by default the data they carry.
    names : sequence of str, length n, optional
        For arrays and a `Similarity`; draws and graphs have their own.
    method : {"search", "louvain", "greedy", "spectral"}
        ``search``: local moves as Louvain's, for all draws at once and either sign. ``louvain``,
        ``greedy``: networkx. ``spectral``: scikit-learn. The last three ignore signs.
    k : int, optional
        Number of communities of ``spectral``; by default from the eigengap.
    resolution : float
        Of modularity; larger means smaller communities.
    signed : bool
        Whether negative similarities keep neurons apart. By default |similarity| counts: a neuron
        and its negative belong together, as they do for merging. See
        `bayesneuron.partitions.modularity` for the trap.
    null : int
        Number of samples of the null; 0 for no test. Draws and activations: each neuron's
        activations are shuffled along the points, independently of the others'. Similarities and
        graphs: similarities are assigned to pairs at random, which is a weaker test.
    shuffle : {"shift", "permute"}
        Of draws and activations: ``shift`` in a circle keeps the autocorrelation of a series;
        ``permute`` is for exchangeable observations.
    untrained : bool
        Whether the null of draws is `null` networks of their prior at the same `x`, in place of
        shuffled activations: whether training made the layer more modular than it began.
    level : float
        Of the credible ball.
    most : int
        Maximum number of draws that are partitioned, evenly spaced.
    model : Model, optional
        For draws, where the model is not a shipped one.
    seed : int

    Returns
    -------
    Communities
        Warns where they are not significant.

    Raises
    ------
    ValueError
        If the source or an option is not valid, or they do not fit each other.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> common = np.repeat(rng.normal(size=(1, 200, 2)), 4, axis=2)
    >>> result = communities(common + 0.5 * rng.normal(size=(20, 200, 8)), kind="activations")
    >>> result.groups(), result.significant
    ([[0, 1, 2, 3], [4, 5, 6, 7]], True)
    >>> communities(np.array([[0, 0, 1, 1], [5, 5, 2, 2], [0, 0, 0, 1]])).labels
    array([0, 0, 1, 1])
    """
    kind = kind_of(source, kind)
    check_flag(signed=signed, untrained=untrained)
    if kind != "draws" and not all(option is None for option in (layer, x, model)):
        raise ValueError(f"layer, x, model: expected only with draws, got them with {kind}")
    if untrained and kind != "draws":
        raise ValueError(f"untrained: expected draws, whose prior is known, got {kind}")
    if untrained and shuffle != "shift":
        raise ValueError(f"shuffle: expected none with untrained=True, got {shuffle!r}")
    if names is not None and kind in ("draws", "graph"):
        raise ValueError(f"names: expected none with {kind}, which have their own")
    check_count(null=null)
    check_positive(most=most)
    check_share(level=level)
    check_seed(seed)
    partition_by = Method(method, k, resolution, signed, seed)
    if kind == "partitions":
        labels = as_partitions(source)
        return summarise(labels, names=names_of(names, labels.shape[1]), level=level)
    options = {"signed": signed, "null": null, "most": most, "seed": seed + 1}
    if kind in ("draws", "activations"):
        without = None
        if kind == "draws":
            own = {"layer": layer, "model": model}
            if untrained:
                without = activations_of_prior(source, x, count=null, seed=seed + 1, **own)
            names, source = activations_of_draws(source, x, **own)
        evidence = evidence_of_activations(
            source, names, shuffle=shuffle, untrained=without, **options
        )
    else:
        evidence = evidence_of_similarities(source, names, **options)
    return _tested(evidence, partition_by, level)


def _tested(evidence: Evidence, method: Method, level: float) -> Communities:
    """Partition every draw, summarise the partitions, and test the mean similarity."""
    result = summarise(method.partition(evidence.by_draw), names=evidence.names, level=level)
    test = evidence.null.test(method)
    result = replace(
        result,
        modularity=float(method.modularity(evidence.mean, result.labels)),
        statistic=test.statistic,
        null=test.null,
        p_value=test.p_value,
        method=method.name,
        signed=method.signed,
        null_kind=test.kind,
    )
    if result.significant is False:
        reason = (
            "no more modular than the null"
            if test.p_value > ALPHA
            else "the draws agree on no split"
        )
        warn_once(
            f"communities: none significant among {len(result.names)} neurons "
            f"(p = {test.p_value:.3g}, {result.labels.max() + 1} in the partition): {reason}"
        )
    return result
