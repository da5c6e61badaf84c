"""Probability regions of neurons: ellipsoids."""

from dataclasses import dataclass
from functools import partial

import jax
import numpy as np
import pandas as pd
from scipy.special import gammaln

from bayesneuron.numerics.checks import (
    check_choice,
    check_probability,
)
from bayesneuron.numerics.covariance import log_volumes, roots
from bayesneuron.numerics.display import html, show


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["center", "cov", "radius"],
    meta_fields=["level", "kind"],
)
@dataclass(frozen=True)
class Region:
    """The ellipsoids {w : (w - e_i)ᵀ D_i⁻¹ (w - e_i) ≤ r_i²}, one per neuron.

    Attributes
    ----------
    center : ndarray, shape (neuron, k)
    cov : ndarray, shape (neuron, k, k)
    radius : ndarray, shape (neuron,)
        r_i, in Mahalanobis units.
    level : float
        Probability.
    kind : str
        How the radius was chosen, ``draws`` or ``normal``: see `region`.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.align(bn.laplace(model, x, y, samples=50, starts=4))
    >>> region = bn.neurons(draws)["hidden"].region(0.9)
    >>> region.level
    0.9
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
        """Half-axes as columns, shape (neuron, k, k); NaN of an unbounded region."""
        bounded = np.where(np.isfinite(self.radius), self.radius, np.nan)
        return roots(self.cov)[0] * bounded[:, None, None]

    def log_volume(self) -> np.ndarray:
        """Log volume of each ellipsoid, shape (neuron,); -inf if flat, inf if unbounded."""
        k = self.center.shape[1]
        ball = 0.5 * k * np.log(np.pi) - gammaln(0.5 * k + 1)
        bounded = np.isfinite(self.radius)
        with np.errstate(divide="ignore"):  # draws that never move: a point
            grown = ball + k * np.log(np.where(bounded, self.radius, 1.0))
        return np.where(bounded, log_volumes(self.cov) + grown, np.inf)

    def table(self) -> pd.DataFrame:
        """One row per neuron: radius, longest and shortest half-axis, log volume.

        ``longest`` and ``shortest`` are NaN, and the others inf, where a region is unbounded.
        """
        lengths = np.linalg.norm(self.axes(), axis=1)
        return pd.DataFrame(
            {
                "norm": np.linalg.norm(self.center, axis=1),
                "radius": self.radius,
                "longest": lengths.max(axis=1),
                "shortest": lengths.min(axis=1),
                "log_volume": self.log_volume(),
            },
        ).rename_axis("neuron")

    def _head(self) -> str:
        n, k = self.center.shape
        radius = "from the draws" if self.kind == "draws" else "of a normal distribution"
        return f"Regions of {n} neurons, {k} weights: probability {self.level:g}, radius {radius}"

    def __repr__(self) -> str:
        return show(self._head(), self.table())

    def _repr_html_(self) -> str:
        return html(self._head(), self.table())

    def project(self, basis: np.ndarray) -> "Region":
        """The ellipsoids' exact shadows {B w}, for `basis` B of shape (d, k)."""
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
    """Regions of a probability.

    Parameters
    ----------
    mean, cov : ndarray, shapes (neuron, k) and (neuron, k, k)
        Of the draws, as `bayesneuron.numerics.covariance.covariances` gives them.
    draws : ndarray, shape (draw, neuron, k)
    level : float
    kind : {"draws", "normal"}
        ``draws``, the default, whatever the distribution of the neuron: r is the
        ⌈(S + 1) level⌉-th smallest of the S draws' Mahalanobis distances, each from the mean and
        covariance of the *other* draws (`left_out`). Distances from a mean and covariance to which
        the draw itself contributed would give too small a region.
        ``normal``: the χ² distribution of a normal neuron, r² = χ²_k(level). Where D_i is singular,
        k is its rank. The region of a skewed, long-tailed or bimodal neuron then has another
        probability.
    shrinkage : ndarray, shape (neuron,), or float
        Of `cov`, for the draws left out.

    Returns
    -------
    Region
        Unbounded with at most k + 1 draws and no shrinkage: these determine no distance.

    Notes
    -----
    A region of kind ``draws`` contains one more independent draw with a probability of about
    `level`: jackknife distances and a conformal rank. Fewer than level / (1 - level) draws (9 at
    0.9) are too few for that; r is then their largest distance. Draws of a chain count by their
    effective number: 1,000 of autocorrelation 0.9, of which 50 are effective, give 0.86 at 0.9 in
    five dimensions.

    Raises
    ------
    ValueError
        If the level is not in (0, 1), the kind unknown or there are no draws.

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

    if not len(draws):
        raise ValueError("draws: expected at least one, got none")
    check_probability(level=level)
    check_choice("kind", kind, ("normal", "draws"))
    if kind == "normal":
        ranks = (np.abs(roots(cov)[0]).max(axis=1) > 0).sum(axis=1)
        radius = np.sqrt(chi2.ppf(level, np.maximum(ranks, 1)))
    else:
        count = len(draws)
        rank = min(max(int(np.ceil((count + 1) * level - 1e-9)), 1), count)
        apart = left_out(draws, mean, cov, shrinkage)
        radius = np.partition(apart, rank - 1, axis=0)[rank - 1]
    return Region(mean, cov, radius, level, kind)


def mahalanobis_of(points: np.ndarray, mean: np.ndarray, cov: np.ndarray) -> np.ndarray:
    """Mahalanobis distance of points, shape (..., neuron, k), from each neuron's mean.

    Infinite off the directions in which a singular covariance has any variance.
    """
    root, inverse = roots(cov)
    apart = points - mean
    near = np.linalg.norm(np.einsum("nij,...nj->...ni", inverse, apart), axis=-1)
    flat = (np.abs(root).max(axis=1) == 0).any(axis=-1)
    if not flat.any():
        return near
    within = np.einsum("nij,njk,...nk->...ni", root, inverse, apart)
    spread = np.sqrt(np.einsum("nii->n", cov))
    slack = 1e-5 * spread + 1e-12 * np.linalg.norm(mean, axis=-1)
    off = flat & (np.linalg.norm(apart - within, axis=-1) > slack)
    return np.where(off, np.inf, near)


def left_out(
    draws: np.ndarray, mean: np.ndarray, cov: np.ndarray, shrinkage: np.ndarray | float = 0.0
) -> np.ndarray:
    """Mahalanobis distance of every draw from the mean and covariance of the other draws.

    With S draws, δ = w - e of one of them, and λ the share of D shrunk to its diagonal, leaving
    the draw out moves the mean by δ / (S - 1) and makes of D

        D_ = g D - c ((1 - λ) δδᵀ + λ diag(δ²)),  g = (S - 1) / (S - 2),  c = S / ((S - 1)(S - 2)),

    so that by Sherman and Morrison, with M = g D - c λ diag(δ²) and q = δᵀ M⁻¹ δ,

        d² = (S / (S - 1))² q / (1 - (1 - λ) c q).

    Exact for λ = 0, where q = δᵀ D⁻¹ δ / g. Otherwise q is taken to first order in c,
    q = δᵀ p / g + (c λ / g²) Σ_j p_j² δ_j², p = D⁻¹ δ, and λ as what it was with the draw.

    Parameters
    ----------
    draws : ndarray, shape (draw, neuron, k)
    mean, cov : ndarray, shapes (neuron, k) and (neuron, k, k)
        Of these draws.
    shrinkage : ndarray, shape (neuron,), or float
        λ.

    Returns
    -------
    ndarray, shape (draw, neuron)
        Infinite where the others do not span the draw: of up to k + 1 without shrinkage, all.

    Examples
    --------
    >>> draws = np.random.default_rng(0).normal(size=(20, 1, 3))
    >>> cov, rest = np.cov(draws[:, 0].T)[None], draws[1:]
    >>> near = left_out(draws, draws.mean(axis=0), cov)
    >>> far = mahalanobis_of(draws[0], rest.mean(axis=0), np.cov(rest[:, 0].T)[None])
    >>> bool(np.isclose(near[0], far)[0])
    True
    """
    count, inverse = len(draws), roots(cov)[1]
    if count < 3:
        return np.full(draws.shape[:2], np.inf)
    shrunk = np.asarray(shrinkage)
    apart = draws - mean
    white = np.einsum("nij,snj->sni", inverse, apart)
    grown = (count - 1) / (count - 2)
    taken = count / ((count - 1) * (count - 2))
    q = (white**2).sum(axis=-1) / grown
    if shrunk.any():
        slope = np.einsum("nji,snj->sni", inverse, white)
        q = q + taken * shrunk / grown**2 * ((slope * apart) ** 2).sum(axis=-1)
    left = 1 - (1 - shrunk) * taken * q
    spans = left > 1e-9
    return np.where(spans, count / (count - 1) * np.sqrt(q / np.where(spans, left, 1.0)), np.inf)
