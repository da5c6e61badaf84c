"""Communities of neurons with their uncertainty."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from bayesneuron.numerics.display import html, show
from bayesneuron.structure.partitions.ball import CredibleBall
from bayesneuron.structure.partitions.distinct import Mode

ALPHA = 0.05  # p-value up to which communities count as significant
LOOSE = 0.5  # stability below which a neuron is named: it could about as well be elsewhere
NAMED = 8  # such neurons listed by name


@dataclass(frozen=True)
class Communities:
    """A partition of neurons, its uncertainty, and its test against a null.

    Attributes
    ----------
    names : tuple of str, length n
    labels : ndarray of int, shape (n,)
        The representative partition, of least expected variation of information.
    comembership : ndarray, shape (n, n)
        Probability that two neurons share a community.
    partitions : ndarray of int, shape (draw, n)
        The partition of each draw.
    expected_vi : float
        Mean variation of information, in bits, between these partitions and the labels.
    ball : CredibleBall
    modes : tuple of Mode
        Several where the partitions fall into distinct groups, the largest first.
    stability : ndarray, shape (n,)
        Mean co-membership with one's own community less that with the next best, in [-1, 1];
        of a neuron alone, the share of draws in which it is alone less the same.
    modularity : float
        Of the labels, in the mean similarity. NaN where there is no similarity.
    statistic : float
        What is tested: the modularity that the method itself reaches on the mean similarity, or
        the mean of those that it reaches draw by draw, against networks of the prior.
    null : ndarray, shape (b,)
        The same for similarities without communities.
    p_value : float
        (1 + #{null >= statistic}) / (1 + b); NaN without a null.
    method : str
        Empty where partitions were given.
    signed : bool
        Whether negative similarities keep neurons apart.
    null_kind : str
        What the null randomises; empty without a similarity.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> groups = bn.communities(np.array([[0, 0, 1, 1], [0, 0, 0, 1], [0, 0, 1, 1]]))
    >>> groups.groups()
    [[0, 1], [2, 3]]
    """

    names: tuple[str, ...]
    labels: np.ndarray
    comembership: np.ndarray
    partitions: np.ndarray
    expected_vi: float
    ball: CredibleBall
    modes: tuple[Mode, ...]
    stability: np.ndarray
    modularity: float = np.nan
    statistic: float = np.nan
    null: np.ndarray = field(default_factory=lambda: np.empty(0))
    p_value: float = np.nan
    method: str = ""
    signed: bool = False
    null_kind: str = ""

    @property
    def significant(self) -> bool | None:
        """Whether there are several communities and p is at most 0.05; None without a null."""
        if np.isnan(self.p_value):
            return None
        return bool(self.labels.max() > 0 and self.p_value <= ALPHA)

    def groups(self) -> list[list[int]]:
        """Indices of the neurons of each community."""
        return [np.flatnonzero(self.labels == c).tolist() for c in range(self.labels.max() + 1)]

    def table(self) -> pd.DataFrame:
        """One row per neuron: its community, the community's size, and its stability there."""
        return pd.DataFrame(
            {
                "community": self.labels,
                "size": np.bincount(self.labels)[self.labels],
                "stability": self.stability,
            },
            index=pd.Index(self.names, name="neuron"),
        )

    def __repr__(self) -> str:
        return show(self._head(), self.table())

    def _repr_html_(self) -> str:
        return html(self._head(), self.table())

    def _head(self) -> str:
        sizes = np.bincount(self.labels).tolist()
        draws, n = self.partitions.shape
        how = [f"sizes {_listed(sizes)}"]
        if self.method:
            how += [
                f"method {self.method!r}",
                "signed similarity" if self.signed else "|similarity|",
            ]
        lines = [f"Communities of {n} neurons: {len(sizes)} ({'; '.join(how)})"]
        known = f"modularity {self.modularity:.3f}; " if self.method else ""
        lines.append(f"  {known}{self._verdict()}")
        if draws > 1:
            lines.append(
                f"  {draws} partitions, {self.expected_vi:.3f} bits from this one on average, "
                f"{self.ball.level:.0%} of them within {self.ball.radius:.3f}"
            )
        else:
            lines.append("  one partition: no uncertainty")
        if len(self.modes) > 1:
            parts = [f"{m.share:.0%} of the draws with {m.labels.max() + 1}" for m in self.modes]
            lines.append(f"  {len(self.modes)} modes: {', '.join(parts)} communities")
        loose = [self.names[i] for i in np.flatnonzero(self.stability < LOOSE)]
        if loose:
            lines.append(f"  stability below {LOOSE}: {_listed(loose)}")
        return "\n".join(lines)

    def _verdict(self) -> str:
        if self.significant is None:
            return "not tested against a null"
        word = "significant" if self.significant else "not significant"
        reached = f"{self.statistic:.3f} against a mean of {self.null.mean():.3f}"
        return f"{word} (p = {self.p_value:.3g}: {reached}, {len(self.null)} {self.null_kind})"


def _listed(values: list) -> str:
    """The first few, and how many more there are."""
    more = f" and {len(values) - NAMED} more" if len(values) > NAMED else ""
    return ", ".join(map(str, values[:NAMED])) + more
