"""Probability regions of neurons: ellipsoids that hold a share of the draws."""

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
        with np.errstate(divide="ignore"):  # draws that never move: a point
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
    kind: str = "draws",
    shrinkage: np.ndarray | float = 0.0,
) -> Region:
    """Regions of the given probability.

    Parameters
    ----------
    mean, cov : ndarray, shapes (neuron, k) and (neuron, k, k)
        Of the draws, as `bayesneuron.covariance.covariances` gives them.
    draws : ndarray, shape (draw, neuron, k)
    level : float
    kind : {"draws", "normal"}
        ``draws``: whatever the law of the neuron. Every draw's Mahalanobis distance from the mean
        and covariance of the *others*; r is the ⌈(S + 1) level⌉-th smallest of the S (the largest
        if there are too few). A draw more would be one of S + 1 alike, so its region is not too
        small for having seen the draws, which a quantile of their own distances is.
        ``normal``: the χ² law of a normal neuron, r² = χ²_k(level). Where D_i is singular, k is
        its rank. Of a skewed or long-tailed neuron it holds another probability.
    shrinkage : ndarray, shape (neuron,), or float
        Of `cov`, for the draws left out.

    Raises
    ------
    ValueError
        If the level is not in (0, 1) or the kind unknown.

    References
    ----------
    Vovk, Gammerman, Shafer, "Algorithmic Learning in a Random World", 2005 (conformal prediction).

    Examples
    --------
    >>> draws = np.random.default_rng(0).standard_t(3, size=(2000, 1, 2))
    >>> mean, cov = draws.mean(axis=0), np.cov(draws[:, 0].T)[None]
    >>> [round(float(region(mean, cov, draws, kind=kind).coverage(draws)[0]), 2)
    ...  for kind in ("draws", "normal")]
    [0.9, 0.92]
    """
    from scipy.stats import chi2

    if not 0 < level < 1:
        raise ValueError(f"level: expected a probability in (0, 1), got {level}")
    check_choice("kind", kind, ("normal", "draws"))
    if kind == "normal":
        ranks = (np.abs(roots(cov)[0]).max(axis=1) > 0).sum(axis=1)
        radius = np.sqrt(chi2.ppf(level, np.maximum(ranks, 1)))
    else:
        count = len(draws)
        rank = min(int(np.ceil((count + 1) * level - 1e-9)), count)
        apart = left_out(mahalanobis_of(draws, mean, cov), shrinkage)
        radius = np.partition(apart, rank - 1, axis=0)[rank - 1]
    return Region(mean, cov, radius, level, kind)


def mahalanobis_of(points: np.ndarray, mean: np.ndarray, cov: np.ndarray) -> np.ndarray:
    """Mahalanobis distance of points, shape (..., neuron, k), from each neuron's mean."""
    inverse = roots(cov)[1]
    return np.linalg.norm(np.einsum("nij,...nj->...ni", inverse, points - mean), axis=-1)


def left_out(distances: np.ndarray, shrinkage: np.ndarray | float = 0.0) -> np.ndarray:
    """Mahalanobis distance of every draw from the mean and covariance of the other draws.

    With S draws, δ_s = w_s - e and u_s = δ_sᵀ D⁻¹ δ_s, leaving draw s out moves the mean by
    δ_s / (S - 1) and takes c δ_s δ_sᵀ, c = S / ((S - 1)(S - 2)), from g D, g = (S - 1) / (S - 2).
    By Sherman and Morrison

        d_s² = (S / (S - 1))² (u_s / g) / (1 - c u_s / g),

    exact for the plain covariance. A share λ of D that is shrunk away does not move:
    c becomes (1 - λ) c and g becomes 1 + (1 - λ) / (S - 2).

    Parameters
    ----------
    distances : ndarray, shape (draw, neuron)
        √u, the draws' distances from their own mean and covariance.
    shrinkage : ndarray, shape (neuron,), or float
        λ.

    Returns
    -------
    ndarray, shape (draw, neuron)
        As given where the others span fewer directions than the draw needs.

    Examples
    --------
    >>> draws = np.random.default_rng(0).normal(size=(20, 1, 3))
    >>> cov, rest = np.cov(draws[:, 0].T)[None], draws[1:]
    >>> near = left_out(mahalanobis_of(draws, draws.mean(axis=0), cov))
    >>> far = mahalanobis_of(draws[0], rest.mean(axis=0), np.cov(rest[:, 0].T)[None])
    >>> bool(np.isclose(near[0], far)[0])
    True
    """
    count = len(distances)
    if count < 3:
        return distances
    moved = 1 - np.asarray(shrinkage)
    scaled = distances**2 / (1 + moved / (count - 2))
    left = 1 - moved * count / ((count - 1) * (count - 2)) * scaled
    spans = left > 1e-9
    apart = count / (count - 1) * np.sqrt(scaled / np.where(spans, left, 1.0))
    return np.where(spans, apart, distances)
