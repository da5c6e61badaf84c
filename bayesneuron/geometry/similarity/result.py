"""A signed correlation between neurons, with its spread."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr

from bayesneuron.numerics.checks import check_finite
from bayesneuron.numerics.display import html, show

STRONGEST = 10  # pairs printed


@dataclass(frozen=True)
class Similarity:
    """A correlation between every two neurons of a layer.

    Attributes
    ----------
    kind : str
        ``posterior`` (of weights across draws; describes), ``activation`` (over data; licenses a
        merge), ``direction`` or ``wasserstein`` (geometry of the weights).
    mean : ndarray, shape (neuron, neuron)
        ρ, signed, in [-1, 1]; 0 for a neuron without variation.
    sd : ndarray, shape (neuron, neuron)
        Posterior sd of ρ over draws; for a posterior correlation, which is one number of the
        posterior, the standard error left by the finite number of draws. NaN where unknown.
    p_value : ndarray, shape (neuron, neuron)
        Of the test that ρ is 0; NaN where there is none.
    by_draw : ndarray, shape (draw, neuron, neuron), or None
        ρ of each draw.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.align(bn.laplace(model, x, y, samples=50, starts=4))
    >>> bn.similarity.direction_similarity(bn.neurons(draws)["hidden"]).mean.shape
    (2, 2)
    """

    kind: str
    mean: np.ndarray
    sd: np.ndarray
    p_value: np.ndarray
    by_draw: np.ndarray | None = None

    def exceeds(self, threshold: float) -> np.ndarray:
        """Probability that |ρ| > `threshold`, shape (neuron, neuron).

        The share of draws, where each has its ρ. Else ρ² is taken as normal, with the standard
        error v of which ``sd`` is √(ρ² + v) - |ρ|; without a spread it is 0 or 1.

        Examples
        --------
        >>> one = np.ones((1, 1))
        >>> Similarity("posterior", 0.5 * one, 0.1 * one, one).exceeds(0.5)
        array([[0.5]])
        """
        check_finite(threshold=threshold)
        if self.by_draw is not None:
            return (np.abs(self.by_draw) > threshold).mean(axis=0)
        gap = self.mean**2 - threshold**2
        error = 2 * np.abs(self.mean) * self.sd + self.sd**2
        known = error > 0  # false where NaN
        certain = (gap > 0).astype(float)
        return np.where(known, ndtr(gap / np.where(known, error, 1.0)), certain)

    def table(self) -> pd.DataFrame:
        """One row per pair of neurons, the strongest correlation first.

        ``first`` and ``second``, ``correlation`` with its ``sd``, and the ``p_value`` of the test
        that it is 0.
        """
        i, j = np.triu_indices(len(self.mean), 1)
        order = np.argsort(-np.abs(self.mean[i, j]), kind="stable")
        i, j = i[order], j[order]
        return pd.DataFrame(
            {
                "first": i,
                "second": j,
                "correlation": self.mean[i, j],
                "sd": self.sd[i, j],
                "p_value": self.p_value[i, j],
            }
        )

    def _head(self) -> str:
        n = len(self.mean)
        pairs = n * (n - 1) // 2
        head = f"Similarity ({self.kind}) of {n} neurons"
        return head if pairs <= STRONGEST else f"{head}: strongest {STRONGEST} of {pairs} pairs"

    def __repr__(self) -> str:
        return show(self._head(), self.table().head(STRONGEST))

    def _repr_html_(self) -> str:
        return html(self._head(), self.table().head(STRONGEST))


def tail_p(z: np.ndarray) -> np.ndarray:
    """Two-sided p-value of a standard normal z; 1 where it is NaN."""
    return np.nan_to_num(2 * ndtr(-np.abs(z)), nan=1.0)


def fisher_z(r: np.ndarray) -> np.ndarray:
    """Atanh r, finite at ±1."""
    return np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12))
