"""The credible ball of a partition."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from bayesneuron.numerics.checks import check_share
from bayesneuron.numerics.display import html, show
from bayesneuron.structure.partitions._search import canonical
from bayesneuron.structure.partitions.arguments import as_labels
from bayesneuron.structure.partitions.information import variation_of_information


@dataclass(frozen=True)
class CredibleBall:
    """Partitions about as good as the representative one.

    Attributes
    ----------
    level : float
        Share of the sampled partitions that the ball holds, or a little more.
    radius : float
        Variation of information, bits.
    horizontal : ndarray of int, shape (m, n)
        The sampled partitions in the ball that are farthest from the centre.
    coarse : ndarray of int, shape (m, n)
        Of those in the ball with the fewest communities, the farthest (vertical upper bound).
    fine : ndarray of int, shape (m, n)
        Of those with the most communities, the farthest (vertical lower bound).

    Examples
    --------
    >>> import bayesneuron as bn
    >>> groups = bn.communities(np.array([[0, 0, 1, 1], [0, 0, 0, 1], [0, 0, 1, 1]]))
    >>> groups.ball.level
    0.95
    """

    level: float
    radius: float
    horizontal: np.ndarray
    coarse: np.ndarray
    fine: np.ndarray

    def table(self) -> pd.DataFrame:
        """One row per bound: the partitions on it, and their numbers of communities."""
        rows = {}
        for bound in ("horizontal", "coarse", "fine"):
            counts = getattr(self, bound).max(axis=1) + 1
            rows[bound] = {"partitions": len(counts), "fewest": counts.min(), "most": counts.max()}
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("bound")

    def __repr__(self) -> str:
        return show(self._head(), self.table())

    def _repr_html_(self) -> str:
        return html(self._head(), self.table())

    def _head(self) -> str:
        return f"Credible ball: {self.level:.0%} of the partitions within {self.radius:.3f} bits"


def credible_ball(
    labels: np.ndarray, partitions: np.ndarray, *, level: float = 0.95
) -> CredibleBall:
    """The smallest ball in variation of information that holds a share of the partitions.

    Parameters
    ----------
    labels : ndarray of int, shape (n,)
        Its centre.
    partitions : ndarray of int, shape (draw, n)
    level : float

    Returns
    -------
    CredibleBall

    References
    ----------
    Wade and Ghahramani, Bayesian Analysis 13, 2018, section 4.

    Examples
    --------
    >>> draws = np.array([[0, 0, 1, 1], [0, 0, 1, 1], [0, 1, 2, 2]])
    >>> ball = credible_ball(draws[0], draws)
    >>> ball.radius, ball.fine
    (0.5, array([[0, 1, 2, 2]]))
    """
    check_share(level=level)
    labels = as_labels("labels", labels, "n")
    draws = canonical(as_labels("partitions", partitions, "draw", "n"))
    distance = variation_of_information(labels[None], draws)[0]
    radius = float(np.quantile(distance, level, method="inverted_cdf"))
    inside = distance <= radius + 1e-9
    draws, distance = draws[inside], distance[inside]
    count = draws.max(axis=1)
    bounds = (np.full(len(draws), True), count == count.min(), count == count.max())
    return CredibleBall(level, radius, *(_farthest(draws[b], distance[b]) for b in bounds))


def _farthest(draws: np.ndarray, distance: np.ndarray) -> np.ndarray:
    return np.unique(draws[distance >= distance.max() - 1e-9], axis=0)
