"""What is known of the delay and the width of windows, and what follows."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from bayesneuron.numerics.display import html, show
from bayesneuron.numerics.ranks import upper_p_value

FALSE = 0.01  # share of false neighbours that is as good as none
NEAR = 0.9  # of the level of E1 at the largest widths
LEVEL = 0.05


@dataclass(frozen=True)
class Embedding:
    """Delay and width of windows that unfold a trajectory.

    Attributes
    ----------
    delays : ndarray of int
    information, autocorrelation : ndarray, shape (delay,)
        Average mutual information in nats, and the autocorrelation.
    chance : float
        Mutual information that independent samples reach, 95%.
    by_information, by_memory : int or None
        Delay of the first minimum of the information; at which the autocorrelation is below 1/e.
    delay : int
        That was chosen, or was `given`.
    given : bool
    widths : ndarray of int
    false_neighbours, e1, e2 : ndarray, shape (width,)
        Share of false nearest neighbours, and Cao's two ratios.
    null_e2 : ndarray, shape (surrogate, width)
        E2 of Gaussian series of the same autocorrelation.
    theiler : int
        Samples within which points are no neighbours.
    samples, recordings : int
    units : str

    Examples
    --------
    >>> import bayesneuron as bn
    >>> series = bn.datasets.noisy_sine(length=120, period=20)
    >>> len(bn.embedding(series).delays) > 0
    True
    """

    delays: np.ndarray
    information: np.ndarray
    chance: float
    autocorrelation: np.ndarray
    by_information: int | None
    by_memory: int | None
    delay: int
    given: bool
    widths: np.ndarray
    false_neighbours: np.ndarray
    e1: np.ndarray
    e2: np.ndarray
    null_e2: np.ndarray
    theiler: int
    samples: int
    recordings: int
    units: str = ""

    @property
    def width_by_false_neighbours(self) -> int | None:
        """First width at which at most 1% of neighbours are false."""
        return self._first(self.false_neighbours <= FALSE)

    @property
    def width_by_cao(self) -> int | None:
        """First width from which E1 stays within a tenth of its level at the largest three."""
        level = min(1.0, float(np.nanmedian(self.e1[-3:])))
        below = np.flatnonzero(~(self.e1 >= NEAR * level))
        return self._first(np.arange(len(self.e1)) > (below[-1] if len(below) else -1))

    @property
    def width(self) -> int:
        """The larger of both widths; where neither is found, that of fewest false neighbours."""
        found = [self.width_by_false_neighbours, self.width_by_cao]
        known = [width for width in found if width is not None]
        return max(known) if known else int(self.widths[np.nanargmin(self.false_neighbours)])

    @property
    def e2_p(self) -> float:
        """p-value of the largest distance of E2 from 1, among Gaussian series; NaN without them."""
        own, null = (np.abs(v - 1).max(axis=-1) for v in (self.e2, self.null_e2))
        return float(upper_p_value(own, null))

    @property
    def recommendation(self) -> str:
        """Which windows, why, and what speaks against them, in one sentence."""
        parts = [f"windows of {self.width} at delay {self.delay}: {self._why_delay()}"]
        false, cao = self.width_by_false_neighbours, self.width_by_cao
        least = int(np.nanargmin(self.false_neighbours))
        if false is None:
            parts.append(
                f"false neighbours do not vanish (least {self.false_neighbours[least]:.1%} at width"
                f" {self.widths[least]})"
            )
        else:
            parts.append(f"false neighbours vanish at width {false}")
        parts.append("E1 does not settle" if cao is None else f"E1 settles at width {cao}")
        if len(self.null_e2):
            told = self.e2_p <= LEVEL
            parts.append(
                f"E2 is {'further from 1 than' if told else 'no further from 1 than'} in Gaussian "
                f"noise of the same autocorrelation (p = {self.e2_p:.2g})"
            )
        return "; ".join(parts)

    def table(self) -> pd.DataFrame:
        """One row per width: ``false_neighbours``, ``e1``, ``e2`` and ``e2_noise``."""
        noise = np.full(len(self.widths), np.nan)
        if len(self.null_e2):
            noise = self.null_e2.mean(axis=0)
        columns = {
            "false_neighbours": self.false_neighbours,
            "e1": self.e1,
            "e2": self.e2,
            "e2_noise": noise,
        }
        return pd.DataFrame(columns, index=pd.Index(self.widths, name="width"))

    def delay_table(self) -> pd.DataFrame:
        """One row per delay: ``information`` and ``autocorrelation``."""
        columns = {"information": self.information, "autocorrelation": self.autocorrelation}
        return pd.DataFrame(columns, index=pd.Index(self.delays, name="delay"))

    def _why_delay(self) -> str:
        if self.given:
            return "delay as given"
        memory = (
            "the autocorrelation stays above 1/e"
            if self.by_memory is None
            else f"the autocorrelation falls below 1/e at {self.by_memory}"
        )
        if self.by_information is not None:
            return f"first minimum of the mutual information; {memory}"
        return f"the mutual information has no minimum; {memory}"

    def _first(self, fits: np.ndarray) -> int | None:
        places = np.flatnonzero(fits)
        return int(self.widths[places[0]]) if len(places) else None

    def _head(self) -> str:
        several = f" in {self.recordings} recordings" if self.recordings > 1 else ""
        return f"Embedding of {self.samples} samples{several}: {self.recommendation}"

    def __repr__(self) -> str:
        return show(self._head(), self.table())

    def _repr_html_(self) -> str:
        return html(self._head(), self.table())
