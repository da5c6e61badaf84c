"""Centres and clusters of normal distributions in the Bures–Wasserstein metric."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from bayesneuron.geometry.distances._bures_wasserstein import squared as squared_distances
from bayesneuron.geometry.distances.stacked import stacked_roots
from bayesneuron.numerics.arrays import as_covariances, as_finite
from bayesneuron.numerics.checks import check_positive, check_seed, check_within
from bayesneuron.numerics.display import html, show
from bayesneuron.numerics.warn import warn_once

RELATIVE = 1e-8  # change of the covariance at which the fixed point counts as reached
ROUGH = 1e-2  # enough to compare restarts by: inertia within about 1e-4 of itself
STEPS = 1000
ROUNDS = 100  # of Lloyd; it stops by itself long before
FLOOR = 1e-12  # eigenvalues below this share of the largest are zeros


@dataclass(frozen=True)
class KMeans:
    """Clusters of n normal distributions of dimension d.

    Attributes
    ----------
    labels : ndarray of int, shape (n,)
        Numbered by first appearance.
    means : ndarray, shape (k, d)
    covs : ndarray, shape (k, d, d)
        The centres are the barycentres of their clusters.
    inertia : float
        Sum of squared 2-Wasserstein distances to the centres.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> points = np.array([[0.0], [0.1], [5.0]])
    >>> bn.partitions.wasserstein_kmeans(points, np.full((3, 1, 1), 0.1), 2).labels.tolist()
    [0, 0, 1]
    """

    labels: np.ndarray
    means: np.ndarray
    covs: np.ndarray
    inertia: float

    def table(self) -> pd.DataFrame:
        """One row per cluster: its size, and the centre's norm and total standard deviation."""
        return pd.DataFrame(
            {
                "size": np.bincount(self.labels),
                "norm": np.linalg.norm(self.means, axis=1),
                "sd": np.sqrt(np.einsum("kii->k", self.covs)),
            },
            index=pd.RangeIndex(len(self.means), name="cluster"),
        )

    def __repr__(self) -> str:
        return show(self._head(), self.table())

    def _repr_html_(self) -> str:
        return html(self._head(), self.table())

    def _head(self) -> str:
        k, d = self.means.shape
        return (
            f"k-means of {len(self.labels)} normal distributions of dimension {d}: {k} clusters, "
            f"inertia {self.inertia:.4g}"
        )


def wasserstein_barycentre(
    means: np.ndarray, covs: np.ndarray, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The normal distribution of least weighted sum of squared 2-Wasserstein distances to others.

    Its mean is Σ wᵢ mᵢ, its covariance the fixed point of

        S ← S^(-½) (Σ wᵢ (S^½ Sᵢ S^½)^½)² S^(-½),

    started at (Σ wᵢ Sᵢ^½)², which is the answer when the Sᵢ commute.

    Parameters
    ----------
    means : ndarray, shape (n, k)
    covs : ndarray, shape (n, k, k)
        May be singular; the inverse is then taken on the range.
    weights : ndarray, shape (n,), optional
        Not negative, with a positive sum; equal by default.

    Returns
    -------
    mean : ndarray, shape (k,)
    cov : ndarray, shape (k, k)

    Raises
    ------
    ValueError
        If the shapes do not fit or the weights are no weights.

    References
    ----------
    Agueh and Carlier, "Barycenters in the Wasserstein space", SIAM J. Math. Anal. 43, 2011;
    Álvarez-Esteban et al., "A fixed-point approach to barycenters in Wasserstein space",
    J. Math. Anal. Appl. 441, 2016, theorem 4.2.

    Examples
    --------
    >>> mean, cov = wasserstein_barycentre(np.array([[0.0], [2.0]]), np.array([[[1.0]], [[9.0]]]))
    >>> mean.round(6), cov.round(6)  # sd (1 + 3) / 2
    (array([1.]), array([[4.]]))
    """
    means, covs = check_gaussians(means, covs)
    w = np.ones(len(means)) if weights is None else as_finite("weights", weights, "n")
    if w.shape != (len(means),) or not (w >= 0).all() or not w.sum() > 0:
        raise ValueError(
            f"weights: expected {len(means)} numbers >= 0 with a positive sum, got {weights}"
        )
    w = w / w.sum()
    return w @ means, _fixed_point(covs, _root(covs), w, RELATIVE)


def wasserstein_kmeans(
    means: np.ndarray, covs: np.ndarray, k: int, *, seed: int = 0, starts: int = 8
) -> KMeans:
    """k-means of normal distributions: 2-Wasserstein distances, barycentres as centres.

    Starts as k-means++ does, with squared distances in this metric; then assigns and centres in
    turn (Lloyd) until no label changes. A cluster that loses its last member takes the
    distribution farthest from its own centre.

    Parameters
    ----------
    means : ndarray, shape (n, d)
    covs : ndarray, shape (n, d, d)
    k : int
        Number of clusters, at most n.
    seed : int
    starts : int
        The one with the least inertia is kept. They are compared with centres a few steps from
        the fixed point; the kept one goes on with converged centres until no label changes.

    Returns
    -------
    KMeans

    Raises
    ------
    ValueError
        If the shapes do not fit, or k or starts is out of range.

    References
    ----------
    Arthur and Vassilvitskii, "k-means++", SODA 2007; Verdinelli and Wasserman, "Hybrid
    Wasserstein distance and fast distribution clustering", Electron. J. Stat. 13, 2019.

    Examples
    --------
    >>> means = np.array([[0.0], [0.1], [9.0], [9.1]])
    >>> wasserstein_kmeans(means, np.ones((4, 1, 1)), 2, seed=0).labels
    array([0, 0, 1, 1])
    """
    means, covs = check_gaussians(means, covs)
    check_within("k", k, 1, len(means))
    check_positive(starts=starts)
    check_seed(seed)
    rng = np.random.default_rng(seed)
    squared, normals = pairwise_squared(means, covs), _normals(means, covs)
    drawn = [squared[_plus_plus(squared, k, rng)] for _ in range(starts)]
    rough = [_lloyd(normals, away, ROUGH) for away in drawn]
    best = min(rough, key=lambda f: f.inertia)
    away = np.stack([_to_centre(normals, *at) for at in zip(best.means, best.covs, strict=True)])
    return _lloyd(normals, away, RELATIVE)


@dataclass(frozen=True)
class _Normals:
    """Normal distributions with what every distance and barycentre of them needs.

    Attributes
    ----------
    means : ndarray, shape (n, d)
    covs, factors, roots : ndarray, shape (n, d, d)
        S = A Aᵀ, A, and the symmetric root of S.
    """

    means: np.ndarray
    covs: np.ndarray
    factors: np.ndarray
    roots: np.ndarray


def _normals(means: np.ndarray, covs: np.ndarray) -> _Normals:
    return _Normals(means, covs, stacked_roots(covs)[0], _root(covs))


def pairwise_squared(means: np.ndarray, covs: np.ndarray) -> np.ndarray:
    """Squared 2-Wasserstein distances of all pairs, (n, n)."""
    squared, factors = np.zeros((len(means), len(means))), stacked_roots(covs)[0]
    for i in range(len(means) - 1):  # row by row: all pairs of covariances at once fill memory
        one, rest = (means[i], covs[i], factors[i]), slice(i + 1, None)
        squared[i, rest] = squared_distances(*one, means[rest], covs[rest], factors[rest])
    return squared + squared.T


def _lloyd(normals: _Normals, away: np.ndarray, tolerance: float) -> KMeans:
    """From the squared distances (k, n) to the first centres, until no label changes."""
    (k, n), away = away.shape, away.copy()
    means, covs, roots = normals.means, normals.covs, normals.roots
    centres, spreads = np.zeros((k, means.shape[1])), np.zeros((k, *covs.shape[1:]))
    labels = np.full(n, -1)
    for _ in range(ROUNDS):
        new = _fill_empty(away.argmin(axis=0), away)
        changed = [c for c in range(k) if ((new == c) != (labels == c)).any()]
        labels = new
        if not changed:
            break
        for c in changed:
            mine = labels == c
            centres[c] = means[mine].mean(axis=0)
            weights = np.full(mine.sum(), 1 / mine.sum())
            spreads[c] = _fixed_point(covs[mine], roots[mine], weights, tolerance)
            away[c] = _to_centre(normals, centres[c], spreads[c])
    _, first, labels = np.unique(labels, return_index=True, return_inverse=True)
    order = np.argsort(first)
    labels = np.argsort(order)[labels]
    inertia = float(away[order][labels, np.arange(n)].sum())
    return KMeans(labels, centres[order], spreads[order], inertia)


def _plus_plus(squared: np.ndarray, k: int, rng: np.random.Generator) -> np.ndarray:
    chosen = [int(rng.integers(len(squared)))]
    for _ in range(k - 1):
        near = squared[chosen].min(axis=0)
        near[chosen] = 0.0
        if near.sum() <= 0:  # nothing left but copies of the chosen
            near = np.ones(len(squared))
            near[chosen] = 0.0
        chosen.append(int(rng.choice(len(squared), p=near / near.sum())))
    return np.array(chosen)


def _fill_empty(labels: np.ndarray, away: np.ndarray) -> np.ndarray:
    labels = labels.copy()
    for c in range(len(away)):
        if (labels == c).any():
            continue
        own = away[labels, np.arange(len(labels))]
        alone = np.bincount(labels, minlength=len(away))[labels] < 2
        labels[np.where(alone, -1.0, own).argmax()] = c
    return labels


def _fixed_point(
    covs: np.ndarray, roots: np.ndarray, w: np.ndarray, tolerance: float
) -> np.ndarray:
    if len(covs) == 1:
        return covs[0]
    start = np.einsum("n,nij->ij", w, roots)
    s = start @ start
    for _ in range(STEPS):
        values, vectors = np.linalg.eigh(s)
        keep = values > FLOOR * max(values[-1], 0.0)
        root = np.sqrt(np.where(keep, values, 0.0))
        half = (vectors * root) @ vectors.T
        back = (vectors * np.divide(1.0, root, out=np.zeros_like(root), where=keep)) @ vectors.T
        middle = np.einsum("n,nij->ij", w, _root(half @ covs @ half))
        new = back @ middle @ middle @ back
        new = (new + new.T) / 2
        moved = np.linalg.norm(new - s)
        s = new
        if moved <= tolerance * np.linalg.norm(s):
            return s
    warn_once(f"Wasserstein barycentre: not converged in {STEPS} steps")
    return s


def _to_centre(normals: _Normals, mean: np.ndarray, cov: np.ndarray) -> np.ndarray:
    """Squared distances of all to one distribution, (n,)."""
    centre = mean, cov, stacked_roots(cov)[0]
    return squared_distances(*centre, normals.means, normals.covs, normals.factors)


def _root(s: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(s)
    return (vectors * np.sqrt(np.maximum(values, 0.0))[..., None, :]) @ np.swapaxes(vectors, -1, -2)


def check_gaussians(means: np.ndarray, covs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means (n, k) and covariances (n, k, k), checked."""
    means = as_finite("means", means, "n", "k")
    covs = as_covariances("covs", covs, "n", "k", "k")
    if covs.shape != (*means.shape, means.shape[-1]):
        raise ValueError(
            "expected means (n, k) and covs (n, k, k) with n >= 1, "
            f"got {means.shape} and {covs.shape}"
        )
    return means, covs
