"""The partition of least expected variation of information, to represent a sample."""

import numpy as np
from scipy.cluster.hierarchy import cut_tree, linkage
from scipy.spatial.distance import squareform

from bayesneuron.structure.partitions._search import canonical
from bayesneuron.structure.partitions.arguments import as_labels
from bayesneuron.structure.partitions.information import together, variation_of_information

STARTS = 2  # candidates that single moves go on from: the best may lead to a worse optimum
GAIN = 1e-12  # of the expectation; less is rounding


def comembership(partitions: np.ndarray) -> np.ndarray:
    """Share of partitions in which two neurons are together, (n, n).

    Examples
    --------
    >>> comembership(np.array([[0, 0, 1], [0, 1, 1]])).tolist()
    [[1.0, 0.5, 0.0], [0.5, 1.0, 0.5], [0.0, 0.5, 1.0]]
    """
    return together(as_labels("partitions", partitions, "draw", "n")).mean(axis=0, dtype=float)


def representative(partitions: np.ndarray) -> tuple[np.ndarray, float]:
    """The partition c that minimises E VI(c, c') over the given partitions c'.

    Candidates are the given partitions and the cuts of hierarchical clusterings (average and
    complete linkage) of 1 - co-membership; the expectation is exact over the given ones. From
    the best candidates single neurons move, each to where the expectation falls most, until no
    move helps.

    Parameters
    ----------
    partitions : ndarray of int, shape (draw, n)

    Returns
    -------
    labels : ndarray of int, shape (n,)
        Numbered by first appearance.
    expected : float
        Bits.

    References
    ----------
    Wade and Ghahramani, "Bayesian cluster analysis: point estimation and credible balls",
    Bayesian Analysis 13, 2018; single moves as in Rastelli and Friel, Stat. Comput. 28, 2018.

    Examples
    --------
    >>> draws = np.array([[0, 0, 1, 1], [0, 0, 1, 1], [0, 1, 1, 1]])
    >>> representative(draws)[0]
    array([0, 0, 1, 1])
    """
    partitions = as_labels("partitions", partitions, "draw", "n")
    distinct, share = np.unique(canonical(partitions), axis=0, return_counts=True)
    share = share / share.sum()
    candidates = np.unique(np.concatenate([distinct, *_cuts(comembership(partitions))]), axis=0)
    expected = variation_of_information(candidates, distinct) @ share
    starts = candidates[np.argsort(expected, kind="stable")[:STARTS]]
    optima = np.stack([_improve(c, distinct, share) for c in starts])
    expected = variation_of_information(optima, distinct) @ share
    best = int(expected.argmin())
    return optima[best], float(expected[best])


def _cuts(probability: np.ndarray) -> list[np.ndarray]:
    n = len(probability)
    if n < 2:
        return []
    distance = squareform(np.maximum(1 - probability, 0.0), checks=False)
    return [canonical(cut_tree(linkage(distance, kind)).T) for kind in ("average", "complete")]


def _improve(labels: np.ndarray, draws: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Single moves; each changes two sizes and two cells of every contingency table.

    n E VI = Σ f(|c|) + const - 2 E Σ f(|c ∩ c'|), f(m) = m log₂ m. Up to twice as many
    communities as at the start can be opened.
    """
    n = len(labels)
    m = np.arange(n + 2)
    f = m * np.log2(np.maximum(m, 1))
    step = np.diff(f)  # f(m + 1) - f(m)
    labels, s = labels.copy(), np.arange(len(draws))
    room = min(n, 2 * (labels.max() + 1))
    member = np.eye(room)[labels]  # (n, community)
    theirs = np.eye(draws.max() + 1)[draws]
    table = (np.swapaxes(theirs, 1, 2) @ member).astype(int)  # (draw, theirs, ours)
    size = member.sum(axis=0).astype(int)
    improved = True
    while improved:
        improved = False
        for i in range(n):
            home = labels[i]
            cell = table[s, draws[:, i]]  # (draw, ours): the intersections that i would change
            size[home] -= 1
            cell[:, home] -= 1
            cost = step[size] - 2 * share @ step[cell]  # of entering each
            best = int(cost.argmin())
            if cost[best] < cost[home] - GAIN:
                table[s, draws[:, i], home] -= 1
                table[s, draws[:, i], best] += 1
                labels[i], improved = best, True
            size[labels[i]] += 1
    return canonical(labels)
