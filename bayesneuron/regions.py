"""Probability regions of neurons: ellipsoids."""

from dataclasses import dataclass
from functools import partial

import jax
import numpy as np
from scipy.special import gammaln

from bayesneuron.checks import check_choice
from bayesneuron.covariance import log_volumes, roots


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["center", "cov", "radius"],
    meta_fields=["level", "kind"],
)
@dataclass(frozen=True)
class Region:
    """The ellipsoids {w : (w - e_i)ᵀ D_i⁻¹ (w - e_i) ≤ r_i²}, one a neuron.

    Attributes
    ----------
    center : ndarray, shape (neuron, k)
    cov : ndarray, shape (neuron, k, k)
    radius : ndarray, shape (neuron,)
        r_i, in Mahalanobis units.
    level : float
        Probability.
    kind : str
        ``normal`` or ``draws``.
    """

    center: np.ndarray
    cov: np.ndarray
    radius: np.ndarray
    level: float
    kind: str

    def contains(self, points: np.ndarray) -> np.ndarray:
        """Whether each point, shape (..., neuron, k), lies in its neuron's region."""
        return mahalanobis_of(points, self.center, self.cov) <= self.radius

    def coverage(self, draws: np.ndarray) -> np.ndarray:
        """Share of draws, shape (draw, neuron, k), in each neuron's region."""
        return self.contains(draws).mean(axis=0)

    def axes(self) -> np.ndarray:
        """Half-axes as columns, shape (neuron, k, k)."""
        return roots(self.cov)[0] * self.radius[:, None, None]

    def log_volume(self) -> np.ndarray:
        """Log volume of each ellipsoid, shape (neuron,)."""
        k = self.center.shape[1]
        ball = 0.5 * k * np.log(np.pi) - gammaln(0.5 * k + 1)
        return log_volumes(self.cov) + ball + k * np.log(self.radius)

    def project(self, basis: np.ndarray) -> "Region":
        """The ellipsoids' exact shadows B (e + ...), for `basis` B of shape (d, k)."""
        cov = basis @ self.cov @ basis.T
        return Region(self.center @ basis.T, cov, self.radius, self.level, self.kind)


def region(
    mean: np.ndarray,
    cov: np.ndarray,
    draws: np.ndarray,
    *,
    level: float = 0.9,
    kind: str = "normal",
) -> Region:
    """Regions of the given probability.

    Parameters
    ----------
    mean, cov : ndarray, shapes (neuron, k) and (neuron, k, k)
    draws : ndarray, shape (draw, neuron, k)
    level : float
    kind : {"normal", "draws"}
        Radius from the χ² law of a normal neuron, r² = χ²_k(level), or from the draws' own
        Mahalanobis distances, whatever their law. Where D_i is singular, k is its rank.

    Raises
    ------
    ValueError
        If the level is not in (0, 1) or the kind unknown.
    """
    from scipy.stats import chi2

    if not 0 < level < 1:
        raise ValueError(f"level: expected a probability in (0, 1), got {level}")
    check_choice("kind", kind, ("normal", "draws"))
    if kind == "normal":
        ranks = (np.abs(roots(cov)[0]).max(axis=1) > 0).sum(axis=1)
        radius = np.sqrt(chi2.ppf(level, np.maximum(ranks, 1)))
    else:
        radius = np.quantile(mahalanobis_of(draws, mean, cov), level, axis=0)
    return Region(mean, cov, radius, level, kind)


def mahalanobis_of(points: np.ndarray, mean: np.ndarray, cov: np.ndarray) -> np.ndarray:
    """Mahalanobis distance of points, shape (..., neuron, k), from each neuron's mean."""
    inverse = roots(cov)[1]
    return np.linalg.norm(np.einsum("nij,...nj->...ni", inverse, points - mean), axis=-1)
