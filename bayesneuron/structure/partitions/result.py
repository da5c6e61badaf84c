"""Communities of neurons with their uncertainty."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from bayesneuron.structure.partitions.ball import CredibleBall
from bayesneuron.structure.partitions.modes import Mode

ALPHA = 0.05


@dataclass(frozen=True)
class Communities:
    """A partition of neurons, and what the posterior says of it.

    Attributes
    ----------
    names : tuple of str, length n
    labels : ndarray of int, shape (n,)
        The representative partition, of least expected variation of information.
    comembership : ndarray, shape (n, n)
        Probability that two neurons share a community.
    partitions : ndarray of int, shape (draw, n)
        The sampled ones.
    expected_vi : float
        Mean variation of information, bits, of the sampled partitions from the labels.
    ball : CredibleBall
    modes : tuple of Mode
        Several where the partitions fall into distinct groups, the largest first.
    stability : ndarray, shape (n,)
        Mean co-membership with one's own community less that with the next best, in [-1, 1];
        of a neuron alone, the share of draws in which it is alone less the same.
    modularity : float
        Of the labels, in the mean similarity. NaN where there is no similarity.
    statistic : float
        Modularity that the method itself reaches on the mean similarity: what is tested.
    null : ndarray, shape (b,)
        The same of similarities without communities.
    p_value : float
        (1 + #{null >= statistic}) / (1 + b); NaN without a null.
    method, sign : str
    """

    names: tuple[str, ...]
    labels: np.ndarray
    comembership: np.ndarray
    partitions: np.ndarray
    expected_vi: float
    ball: CredibleBall
    modes: tuple[Mode, ...]
    stability: np.ndarray
    modularity: float
    statistic: float
    null: np.ndarray
    p_value: float
    method: str
    sign: str

    @property
    def found(self) -> bool | None:
        """Whether there are communities: several, and p at most 0.05; None without a null."""
        if np.isnan(self.p_value):
            return None
        return bool(self.labels.max() > 0 and self.p_value <= ALPHA)

    def groups(self) -> list[list[int]]:
        """Indices of the neurons of each community."""
        return [np.flatnonzero(self.labels == c).tolist() for c in range(self.labels.max() + 1)]

    def table(self) -> pd.DataFrame:
        """One row a neuron: its community, the size of it, and how surely it belongs there."""
        return pd.DataFrame(
            {
                "community": self.labels,
                "size": np.bincount(self.labels)[self.labels],
                "stability": self.stability,
            },
            index=pd.Index(self.names, name="neuron"),
        )

    def __repr__(self) -> str:
        sizes = np.bincount(self.labels).tolist()
        draws, n = self.partitions.shape
        how = ", ".join(word for word in (self.method, self.sign) if word)
        verdict = {
            True: f"communities found (p = {self.p_value:.3g}, {len(self.null)} null draws)",
            False: f"no communities found (p = {self.p_value:.3g}, {len(self.null)} null draws)",
            None: "not tested against a null",
        }[self.found]
        lines = [
            f"Communities of {n} neurons: {len(sizes)}, sizes {sizes}" + f" ({how})" * bool(how),
            f"  {verdict}; modularity {self.modularity:.3f}",
            f"  {draws} partitions: {self.expected_vi:.3f} bits away on average, "
            f"{self.ball.level:.0%} within {self.ball.radius:.3f}",
        ]
        if len(self.modes) > 1:
            parts = [f"{m.share:.0%} in {m.labels.max() + 1}" for m in self.modes]
            lines.append(f"  {len(self.modes)} modes: {', '.join(parts)} communities")
        loose = np.flatnonzero(self.stability < 0.5)
        if len(loose):
            shown = ", ".join(self.names[i] for i in loose[:8]) + ", ..." * (len(loose) > 8)
            lines.append(f"  {len(loose)} neurons of stability below 0.5: {shown}")
        return "\n".join(lines)
