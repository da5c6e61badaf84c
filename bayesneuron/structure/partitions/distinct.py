"""Several representative partitions, where the posterior over partitions has several modes."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from bayesneuron.numerics.display import html, show
from bayesneuron.structure.partitions._representative import representative
from bayesneuron.structure.partitions._search import canonical
from bayesneuron.structure.partitions.arguments import as_labels
from bayesneuron.structure.partitions.information import variation_of_information

MOST = 5  # modes; more would not be a summary
SILHOUETTE = 0.5  # "a reasonable structure", Kaufman and Rousseeuw 1990, table 4
SHARE = 0.1  # of the draws that a mode must hold


@dataclass(frozen=True)
class Mode:
    """A group of sampled partitions that resemble each other.

    Attributes
    ----------
    labels : ndarray of int, shape (n,)
        The partition that represents these draws.
    share : float
        Of all draws, in [0, 1].
    expected_vi : float
        Mean variation of information, bits, of the mode's draws from its labels.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> groups = bn.communities(np.array([[0, 0, 1, 1], [0, 0, 0, 1], [0, 0, 1, 1]]))
    >>> bn.partitions.partition_modes(groups.partitions)[0][0].labels.shape
    (4,)
    """

    labels: np.ndarray
    share: float
    expected_vi: float

    def table(self) -> pd.DataFrame:
        """One row per community: its neurons, by number."""
        groups = [np.flatnonzero(self.labels == c) for c in range(self.labels.max() + 1)]
        return pd.DataFrame(
            {
                "size": [len(group) for group in groups],
                "neurons": [", ".join(map(str, group.tolist())) for group in groups],
            },
            index=pd.RangeIndex(len(groups), name="community"),
        )

    def __repr__(self) -> str:
        return show(self._head(), self.table())

    def _repr_html_(self) -> str:
        return html(self._head(), self.table())

    def _head(self) -> str:
        return (
            f"Mode of {self.share:.0%} of the draws, {self.expected_vi:.3f} bits from its "
            "representative partition on average"
        )


def partition_modes(partitions: np.ndarray) -> tuple[list[Mode], np.ndarray]:
    """Modes of a sample of partitions, the largest first.

    k-medoids in variation of information. The number of modes is the one of greatest mean
    silhouette among 2 to 5, if this is at least 0.5, each mode holds a tenth of the draws, and
    medoids lie further apart than moving one neuron can bring them; otherwise there is one.

    Parameters
    ----------
    partitions : ndarray of int, shape (draw, n)

    Returns
    -------
    modes : list of Mode
    member : ndarray of int, shape (draw,)
        The mode of each draw.

    References
    ----------
    Balocchi and Wade, "Understanding uncertainty in Bayesian cluster analysis" (WASABI),
    arXiv 2506.16295, who summarise a posterior by several partitions; this is a plain variant.

    Examples
    --------
    >>> rows, columns = [0, 0, 0, 1, 1, 1, 2, 2, 2], [0, 1, 2, 0, 1, 2, 0, 1, 2]
    >>> modes, member = partition_modes(np.array([rows] * 6 + [columns] * 4))
    >>> [(m.share, m.labels.tolist()) for m in modes]
    [(0.6, [0, 0, 0, 1, 1, 1, 2, 2, 2]), (0.4, [0, 1, 2, 0, 1, 2, 0, 1, 2])]
    """
    from sklearn.metrics import silhouette_score

    partitions = canonical(as_labels("partitions", partitions, "draw", "n"))
    count, n = partitions.shape
    distances = variation_of_information(partitions, partitions)
    np.fill_diagonal(distances, 0.0)
    best, member = SILHOUETTE, np.zeros(count, int)
    distinct = len(np.unique(partitions, axis=0))
    for k in range(2, min(MOST, distinct, count - 1) + 1):
        medoids, labels = k_medoids(distances, k)
        between = distances[np.ix_(medoids, medoids)] + np.diag(np.full(k, np.inf))
        large = np.bincount(labels, minlength=k).min() >= SHARE * count
        if large and between.min() > one_move(n) + 1e-6:
            score = silhouette_score(distances, labels, metric="precomputed")
            if score >= best + 1e-9 * (k > 2):  # a tie goes to fewer
                best, member = score, labels
    order = np.argsort(-np.bincount(member), kind="stable")
    member = np.argsort(order)[member]
    modes = []
    for mode in range(len(order)):
        own = partitions[member == mode]
        labels, expected = representative(own)
        modes.append(Mode(labels, len(own) / count, expected))
    return modes, member


def one_move(n: int) -> float:
    """The farthest that moving one of n neurons can bring a partition, bits.

    From a community of a others to one of b the variation of information is
    [f(a + 1) - f(a) + f(b + 1) - f(b)] / n with f(m) = m log₂ m, the most where a = b.
    """
    half = max((n - 1) / 2, 1e-12)
    return 2 * ((half + 1) * np.log2(half + 1) - half * np.log2(half)) / n


def k_medoids(distances: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Medoids (k,) and labels (n,): greedy start (BUILD), then assign and re-centre in turn.

    Kaufman and Rousseeuw, "Finding groups in data", 1990, chapter 2.
    """
    medoids: list[int] = []
    near = np.full(len(distances), distances.max() + 1.0)
    for _ in range(k):
        gain = np.maximum(near - distances, 0.0).sum(axis=1)
        gain[medoids] = -1.0
        medoids.append(int(gain.argmax()))
        near = np.minimum(near, distances[medoids[-1]])
    centres = np.array(medoids)
    while True:
        labels = distances[centres].argmin(axis=0)
        labels[centres] = np.arange(k)
        new = centres.copy()
        for c in range(k):
            mine = np.flatnonzero(labels == c)
            cost = distances[np.ix_(mine, mine)].sum(axis=1)
            if cost.min() < cost[mine == centres[c]][0] - 1e-12:
                new[c] = mine[cost.argmin()]
        if (new == centres).all():
            return centres, labels
        centres = new
