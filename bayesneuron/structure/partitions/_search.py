"""Search for the partition of greatest modularity, in many matrices at once.

The moves are Louvain's: a neuron goes where modularity gains most, then whole communities do.
networkx has them for one graph without signs. Here the matrices of all draws move together.
"""

import numpy as np

from bayesneuron.numerics.checks import check_not_negative, check_positive, check_seed
from bayesneuron.structure.partitions._modularity import modularity_matrix, quality
from bayesneuron.structure.partitions.arguments import symmetric

GAIN = 1e-9  # of modularity; less is not worth a move


def search(
    similarity: np.ndarray, *, resolution: float = 1.0, starts: int = 2, seed: int = 0
) -> np.ndarray:
    """Partitions of greatest (signed) modularity by local moves.

    Exact gains, neurons in random order; neurons first, then communities as wholes, in turn
    until neither gains. At the end no single neuron can be moved, and no two communities
    joined, with profit.

    Parameters
    ----------
    similarity : ndarray, shape (n, n) or (draw, n, n)
        Signed as it is; take ``abs`` for the modularity of the absolute values.
    resolution : float
    starts : int
        Number of random orders; the best is kept, for each matrix.
    seed : int

    Returns
    -------
    ndarray of int, shape (n,) or (draw, n)
        Numbered by first appearance.

    References
    ----------
    Blondel et al., J. Stat. Mech. P10008, 2008; the gain from `modularity_matrix`.

    Examples
    --------
    >>> search(np.kron(np.eye(2), np.ones((3, 3))), seed=0)
    array([0, 0, 0, 1, 1, 1])
    """
    similarity = symmetric("similarity", similarity, stacked=True)
    check_not_negative(resolution=resolution)
    check_positive(starts=starts)
    check_seed(seed)
    stack = similarity.reshape(-1, *similarity.shape[-2:])
    b = modularity_matrix(stack, resolution=resolution)
    rng = np.random.default_rng(seed)
    n = b.shape[-1]
    best_score, best = np.full(len(b), -np.inf), np.zeros((len(b), n), int)
    for _ in range(starts):
        labels = _climb(b, rng)
        score = quality(b, labels)
        better = score > best_score + GAIN
        best_score, best[better] = np.where(better, score, best_score), labels[better]
    return canonical(best).reshape(*similarity.shape[:-1])


def canonical(labels: np.ndarray) -> np.ndarray:
    """The same partitions with communities numbered by first appearance, (..., n)."""
    same = labels[..., :, None] == labels[..., None, :]
    first = same.argmax(axis=-1)  # earliest member of its community
    leads = first == np.arange(labels.shape[-1])
    return np.take_along_axis(leads.cumsum(axis=-1) - 1, first, axis=-1)


def _climb(b: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    labels = np.tile(np.arange(b.shape[-1]), (len(b), 1))
    active = np.arange(len(b))
    while len(active):
        mine = canonical(_moves(b[active], labels[active], rng))
        groups = np.arange(mine.max() + 1)
        member = (mine[..., None] == groups).astype(float)  # (draw, neuron, community)
        coarse = np.swapaxes(member, 1, 2) @ (b[active] @ member)
        joined = _moves(coarse, np.tile(groups, (len(active), 1)), rng)
        labels[active] = np.take_along_axis(joined, mine, axis=1)
        active = active[(joined != groups).any(axis=1)]
    return labels


def _moves(b: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Single moves until none gains; n labels may be in use, so that one is free for leaving."""
    n = b.shape[-1]
    b = b * (1 - np.eye(n))
    labels = labels.copy()
    active = np.arange(len(b))
    while len(active):
        moved = np.zeros(len(active), bool)
        at = np.arange(len(active))
        mine, offset = labels[active], n * at  # the communities of all draws in one count
        places = mine + offset[:, None]
        for i in rng.permuted(np.tile(np.arange(n), (len(active), 1)), axis=1).T:
            pulls = b[active, i]
            offers = np.bincount(places.ravel(), pulls.ravel(), n * len(active)).reshape(-1, n)
            target = offers.argmax(axis=1)
            go = np.flatnonzero(offers[at, target] - offers[at, mine[at, i]] > GAIN)
            if len(go):
                mine[go, i[go]] = target[go]
                places[go, i[go]] = target[go] + offset[go]
                moved[go] = True
        labels[active] = mine
        active = active[moved]
    return labels
