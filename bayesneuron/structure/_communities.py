"""Communities of neurons, from similarities or activations, over posterior draws."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from bayesneuron.draws._activations import spread
from bayesneuron.geometry.similarity.activation import cosines
from bayesneuron.numerics.checks import check_choice, check_positive
from bayesneuron.numerics.warn import warn_once
from bayesneuron.structure.partitions._greedy import greedy
from bayesneuron.structure.partitions._louvain import louvain
from bayesneuron.structure.partitions._modularity import modularity
from bayesneuron.structure.partitions._representative import comembership, representative
from bayesneuron.structure.partitions._search import canonical, search
from bayesneuron.structure.partitions._spectral import spectral
from bayesneuron.structure.partitions.ball import credible_ball
from bayesneuron.structure.partitions.modes import partition_modes
from bayesneuron.structure.partitions.null import permuted_weights, shuffled_activations
from bayesneuron.structure.partitions.result import ALPHA, Communities
from bayesneuron.structure.partitions.similarity import SIGNS, as_similarities

METHODS = ("search", "louvain", "greedy", "spectral")
MOST = 100  # draws


def communities(
    similarity: Any,
    *,
    method: str = "search",
    k: int | None = None,
    resolution: float = 1.0,
    sign: str = "absolute",
    null: int = 99,
    level: float = 0.95,
    most: int = MOST,
    seed: int = 0,
) -> Communities:
    """Communities of neurons by similarity, draw by draw, and the partition that speaks for all.

    Parameters
    ----------
    similarity : networkx.Graph or ndarray, shape (n, n) or (draw, n, n)
        A graph such as `bayesneuron.graph` gives, or similarities in [-1, 1] of every draw. A
        single matrix or graph gives a single partition, without uncertainty.
    method : {"search", "louvain", "greedy", "spectral"}
        ``search``: local moves as Louvain's, all draws at once, either sign. ``louvain``,
        ``greedy``: networkx. ``spectral``: scikit-learn. The last three know no sign.
    k : int, optional
        Number of communities of ``spectral``; by default from the eigengap.
    resolution : float
        Of modularity; larger means smaller communities.
    sign : {"absolute", "signed"}
        ``absolute`` takes |similarity|: a neuron and its negative belong together, as they do
        for merging. ``signed`` keeps dissimilar neurons apart. See `modularity` for the trap.
    null : int
        Number of null similarities, pairs dealt out at random (`permuted_weights`); 0 for none.
        `activation_communities` has a sharper null.
    level : float
        Of the credible ball.
    most : int
        At most so many draws are partitioned, evenly spaced.
    seed : int

    Returns
    -------
    Communities
        Warns where no communities are found.

    Raises
    ------
    ValueError
        If the similarity is none, or an option is unknown or does not fit the others.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> noise = rng.normal(0, 0.05, (50, 9, 9))
    >>> planted = 0.8 * np.kron(np.eye(3), np.ones((3, 3))) + noise + noise.swapaxes(1, 2)
    >>> found = communities(planted, seed=0)
    >>> found.groups(), found.found
    ([[0, 1, 2], [3, 4, 5], [6, 7, 8]], True)
    """
    _check(method, sign, k, null, most)
    names, stack = as_similarities(similarity, sign=sign)
    mean = stack.mean(axis=0)
    nulls = permuted_weights(mean, null, seed=seed + 1)
    stack = stack[spread(len(stack), most)]
    how = {"method": method, "k": k, "resolution": resolution, "seed": seed}
    return _test(names, stack, mean, (mean, nulls), level=level, sign=sign, how=how)


def activation_communities(
    activations: np.ndarray,
    *,
    names: Sequence[str] | None = None,
    method: str = "search",
    k: int | None = None,
    resolution: float = 1.0,
    sign: str = "absolute",
    shuffle: str = "shift",
    null: int = 99,
    level: float = 0.95,
    most: int = MOST,
    seed: int = 0,
) -> Communities:
    """Communities of neurons that answer alike, with a null that knows the activations.

    As `communities` of the correlations over points, draw by draw. In the null every neuron's
    activations are moved along the points, independently of the others'
    (`shuffled_activations`): distributions and autocorrelation stay, common answers go.

    Parameters
    ----------
    activations : ndarray, shape (draw, point, n)
        Of aligned draws, see `bayesneuron.activations`.
    names : sequence of str, length n, optional
    shuffle : {"shift", "permute"}
        ``shift`` in a circle, for series; ``permute`` for observations in no order.
    method, k, resolution, sign, null, level, most, seed
        See `communities`.

    Returns
    -------
    Communities
        Warns where no communities are found.

    Raises
    ------
    ValueError
        If the activations are not finite (draw, point, n), or an option is unknown.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> common = np.repeat(rng.normal(size=(1, 200, 2)), 4, axis=2)
    >>> found = activation_communities(common + 0.5 * rng.normal(size=(20, 200, 8)), seed=0)
    >>> found.groups(), found.found
    ([[0, 1, 2, 3], [4, 5, 6, 7]], True)
    """
    _check(method, sign, k, null, most)
    activations = np.asarray(activations, float)
    if activations.ndim != 3 or 0 in activations.shape or not np.isfinite(activations).all():
        raise ValueError(
            f"activations: expected finite (draw, point, n), got shape {activations.shape}"
        )
    n = activations.shape[2]
    if names is not None and len(names) != n:
        raise ValueError(f"names: expected {n}, got {len(names)}")
    _, stack = as_similarities(
        cosines(activations[spread(len(activations), most)], centred=True), sign=sign
    )
    tested = shuffled_activations(
        activations, null, shuffle=shuffle, absolute=sign == "absolute", seed=seed + 1
    )
    given = tuple(map(str, range(n) if names is None else names))
    how = {"method": method, "k": k, "resolution": resolution, "seed": seed}
    return _test(given, stack, stack.mean(axis=0), tested, level=level, sign=sign, how=how)


def consensus(
    partitions: np.ndarray, *, names: Sequence[str] | None = None, level: float = 0.95
) -> Communities:
    """What a sample of partitions says, wherever it comes from (k-means of every draw, say).

    Parameters
    ----------
    partitions : ndarray of int, shape (draw, n)
        Labels mean nothing across draws.
    names : sequence of str, length n, optional
    level : float
        Of the credible ball.

    Returns
    -------
    Communities
        Without modularity and test.

    Examples
    --------
    >>> consensus(np.array([[0, 0, 1, 1], [5, 5, 2, 2], [0, 0, 0, 1]])).labels
    array([0, 0, 1, 1])
    """
    given = np.asarray(partitions)
    if given.ndim != 2 or 0 in given.shape or not np.issubdtype(given.dtype, np.integer):
        raise ValueError(
            f"partitions: expected whole numbers (draw, n), got {given.dtype} {given.shape}"
        )
    given = canonical(given)
    labels, expected = representative(given)
    shared = comembership(given)
    return Communities(
        names=tuple(map(str, range(given.shape[1]) if names is None else names)),
        labels=labels,
        comembership=shared,
        partitions=given,
        expected_vi=expected,
        ball=credible_ball(labels, given, level=level),
        modes=tuple(partition_modes(given)[0]),
        stability=_stability(labels, shared, given),
        modularity=np.nan,
        statistic=np.nan,
        null=np.empty(0),
        p_value=np.nan,
        method="",
        sign="",
    )


def _test(
    names: tuple[str, ...],
    stack: np.ndarray,
    mean: np.ndarray,
    tested: tuple[np.ndarray, np.ndarray],
    *,
    level: float,
    sign: str,
    how: dict[str, Any],
) -> Communities:
    observed, nulls = tested
    found = consensus(_partition(stack, **how), names=names, level=level)
    resolution = how["resolution"]
    score = {"sign": sign, "resolution": resolution}
    # data and null go the same way, so that under the null their ranks are exchangeable
    every = np.concatenate([observed[None], nulls])
    reached = modularity(every, _partition(every, **how), **score)
    statistic, null = float(reached[0]), reached[1:]
    p = (1 + np.sum(null >= statistic - 1e-12)) / (1 + len(null)) if len(null) else np.nan
    result = replace(
        found,
        modularity=float(modularity(mean, found.labels, **score)),
        statistic=statistic,
        null=null,
        p_value=float(p),
        method=how["method"],
        sign=sign,
    )
    if result.found is False:
        said = "the labels describe noise" if p > ALPHA else "the draws agree on none"
        warn_once(
            f"communities: none found among {len(names)} neurons (p = {p:.3g}, "
            f"{result.labels.max() + 1} in the partition): {said}"
        )
    return result


def _partition(
    stack: np.ndarray, *, method: str, k: int | None, resolution: float, seed: int
) -> np.ndarray:
    if method == "search":
        return search(stack, resolution=resolution, seed=seed)
    if method == "greedy":
        return np.stack([greedy(s, resolution=resolution) for s in stack])
    seeds = np.random.default_rng(seed).integers(2**31, size=len(stack)).tolist()
    both = zip(stack, seeds, strict=True)
    if method == "louvain":
        return np.stack([louvain(s, resolution=resolution, seed=own) for s, own in both])
    return np.stack([spectral(s, k, seed=own) for s, own in both])


def _stability(labels: np.ndarray, shared: np.ndarray, partitions: np.ndarray) -> np.ndarray:
    n = len(labels)
    member = np.eye(labels.max() + 1)[labels]
    others = member.sum(axis=0) - member  # of each community, less the neuron itself
    near = (shared - np.eye(n)) @ member / np.maximum(others, 1)
    own = near[np.arange(n), labels]
    single = member.sum(axis=0)[labels] == 1
    alone = (partitions[:, :, None] == partitions[:, None, :]).sum(axis=2) == 1
    own = np.where(single, alone.mean(axis=0), own)
    near[np.arange(n), labels] = 0.0
    return own - near.max(axis=1)


def _check(method: str, sign: str, k: int | None, null: int, most: int) -> None:
    check_choice("method", method, METHODS)
    check_choice("sign", sign, SIGNS)
    if sign == "signed" and method != "search":
        raise ValueError(f"sign: {method!r} knows no sign; expected method 'search'")
    if k is not None and method != "spectral":
        raise ValueError(f"k: expected none with method {method!r}, got {k}")
    if null < 0:
        raise ValueError(f"null: expected 0 or more, got {null}")
    check_positive(most=most)
