"""When a neuron counts as dead, constant, off, a duplicate, irrelevant or redundant."""

from dataclasses import dataclass, fields
from typing import Any

from bayesneuron.numerics.checks import check_not_negative


@dataclass(frozen=True)
class Thresholds:
    """Limits behind the verdicts of `bayesneuron.relevance`; all but the last are shares.

    Attributes
    ----------
    negligible : float
        Share of the variance of what the next layer receives. Below it, in `share` and in
        `gross`, a contribution is negligible: 1%, less than the noise of most series. So is the
        scale of a neuron whose weights would on average contribute less.
    certain : float
        Share of the draws in which a verdict must hold: 95%, as for a credible interval.
    dead : float
        Mean square of the contribution, as a share of that variance: 10⁻⁶ is a thousandth in
        amplitude. A neuron shrunk to zero by its prior gets there, a weak one does not.
    constant : float
        Variance of the activation as a share of its mean square: 10⁻⁴ is a hundredth in
        amplitude. The contribution must also vary by at most `dead`.
    duplicate : float
        Part of the variance, (1 - ρ²) max(1, gross), that the other neuron leaves unexplained:
        10⁻³ is |ρ| > 0.9995, and a thirtieth of the contribution in amplitude.
    redundant : float
        Nats of the log predictive density that a redundant neuron may cost: 4, below which a
        difference is small whatever its standard error (Sivula et al. 2020).

    Raises
    ------
    ValueError
        If a share is not in [0, 1), or the nats are negative.

    References
    ----------
    Sivula, Magnusson, Matamoros, Vehtari, "Uncertainty in Bayesian leave-one-out cross-validation
    based model comparison", 2020.

    Examples
    --------
    >>> Thresholds(negligible=0.05).negligible
    0.05
    """

    negligible: float = 0.01
    certain: float = 0.95
    dead: float = 1e-6
    constant: float = 1e-4
    duplicate: float = 1e-3
    redundant: float = 4.0

    def __post_init__(self) -> None:
        for one in fields(self):
            limit: Any = getattr(self, one.name)
            check_not_negative(**{one.name: limit})
            if one.name != "redundant" and limit >= 1:
                raise ValueError(f"{one.name}: expected a number in [0, 1), got {limit}")
