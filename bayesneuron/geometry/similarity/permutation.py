"""The null distribution of ‖R_ij‖²: its moments over all permutations of the draws.

If two neurons are independent, any draw of one may stand beside any draw of the other. The mean,
variance and skewness of ‖R_ij‖² over all n! ways to pair the draws have closed forms, whatever the
distribution of the weights. A gamma distribution with a shift (Pearson's type III) of these moments
gives the tail, as long as no single pair of draws decides it: draws far out are pulled in first.

References
----------
Kazi-Aoual, Hitier, Sabatier, Lebreton, "Refined approximations to permutation tests for
multivariate inference", Computational Statistics & Data Analysis 1995; Josse, Pagès, Husson,
"Testing the significance of the RV coefficient", CSDA 2008.
"""

from typing import Any, NamedTuple

import numpy as np
from scipy.stats import pearson3

from bayesneuron.draws._activations import spread
from bayesneuron.geometry.similarity.blocks import Blocks, blocks_of, squares_of

FEWEST = 6  # draws, below which the third moment does not exist
_MOST = 2000  # draws, evenly spaced, from which the shape of the null is taken
_FAR = 6.0  # sd of a normal neuron's squared norm, beyond which a draw is pulled in
_ROWS = 256  # draws whose products are held at once


class Traces(NamedTuple):
    """What the moments need of W = Z Zᵀ, of draws Z (draw, k) with mean 0, and D its diagonal.

    Numbers of one neuron, or arrays of one number per neuron.
    """

    trace: Any
    trace2: Any  # tr W²
    trace3: Any  # tr W³
    diagonal2: Any  # Σ D²
    diagonal3: Any  # Σ D³
    cubes: Any  # Σ W_st³
    between: Any  # Dᵀ W D
    within: Any  # Dᵀ diag(W²)


def independence(blocks: Blocks, freedom: np.ndarray) -> np.ndarray:
    """p-value of every two neurons, that their weights are independent.

    Parameters
    ----------
    blocks : Blocks
    freedom : ndarray, shape (neuron, neuron)
        Effective number of draws less one. Autocorrelation widens the null in proportion.

    Returns
    -------
    ndarray, shape (neuron, neuron)
        0 on the diagonal; 1 for a neuron that never moves, and with fewer than six draws.
    """
    blocks = blocks_of(_pulled_in(blocks))
    n = len(blocks.live)
    p_value = np.ones((n, n))
    i, j = np.triu_indices(n, 1)
    if len(blocks.z) >= FEWEST and len(i):
        z = blocks.z[spread(len(blocks.z), _MOST)]
        each = [_traces(z[:, neuron] - z[:, neuron].mean(axis=0)) for neuron in range(n)]
        all_traces = Traces(*map(np.array, zip(*each, strict=True)))
        first, second = (Traces(*(v[pair] for v in all_traces)) for pair in (i, j))
        live = (first.trace > 0) & (second.trace > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean, variance, skew = permutation_moments(first, second, len(z))
            expected = np.outer(blocks.live, blocks.live) / freedom
            relative = (squares_of(blocks) / expected)[i, j]
            standard = (relative - 1) * mean / np.sqrt(variance)
        live &= np.isfinite(standard) & np.isfinite(skew)
        p_value[i[live], j[live]] = pearson3.sf(standard[live], skew[live])
    p_value = np.minimum(p_value, p_value.T)
    np.fill_diagonal(p_value, 0.0)
    return p_value


def _pulled_in(blocks: Blocks) -> np.ndarray:
    """Draws of each neuron, those far from the mean moved towards it, which keeps independence.

    Of normal weights with covariance R the squared norm has mean tr R and variance 2 ‖R‖².
    """
    z = blocks.z
    own = z.transpose(1, 2, 0) @ z.transpose(1, 0, 2) / len(z)
    most = blocks.live + _FAR * np.sqrt(2 * (own**2).sum(axis=(1, 2)))
    squares = (z**2).sum(axis=2)
    return z * np.sqrt(np.minimum(1.0, most / np.where(squares > 0, squares, 1.0)))[:, :, None]


def _traces(z: np.ndarray) -> Traces:
    diagonal, covariance = (z**2).sum(axis=1), z.T @ z
    squared = covariance @ covariance
    return Traces(
        trace=diagonal.sum(),
        trace2=np.trace(squared),
        trace3=np.trace(squared @ covariance),
        diagonal2=(diagonal**2).sum(),
        diagonal3=(diagonal**3).sum(),
        cubes=_cubes(z),
        between=((diagonal @ z) ** 2).sum(),
        within=diagonal @ ((z @ covariance) * z).sum(axis=1),
    )


def _cubes(z: np.ndarray) -> np.floating:
    """Σ_st (z_s · z_t)³, the squared norm of the third moments, by the cheaper of the two."""
    count, k = z.shape
    parts = [z[start : start + _ROWS] for start in range(0, count, _ROWS)]
    if k**2 < count:
        third = sum(p.T @ (p[:, :, None] * p[:, None, :]).reshape(-1, k**2) for p in parts)
        return np.sum(np.square(third))
    return np.sum([((p @ z.T) ** 3).sum() for p in parts])


def permutation_moments(
    one: Traces, other: Traces, count: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, variance and skewness of tr(W P W' Pᵀ) over all permutations P of `count` draws.

    Examples
    --------
    >>> z = np.random.default_rng(0).normal(size=(6, 2))
    >>> traces = _traces(z - z.mean(axis=0))
    >>> mean, _, _ = permutation_moments(traces, traces, 6)
    >>> bool(np.isclose(mean, traces.trace**2 / 5))
    True
    """
    n = float(count)
    t, t2, t3, d2, d3, u, b, r = one
    s, s2, s3, e2, e3, v, c, q = other
    mean = t * s / (n - 1)
    variance = 2 * ((n - 1) * t2 - t**2) * ((n - 1) * s2 - s**2) / (
        (n - 1) ** 2 * (n + 1) * (n - 2)
    ) + (n * (n + 1) * d2 - (n - 1) * (t**2 + 2 * t2)) * (
        n * (n + 1) * e2 - (n - 1) * (s**2 + 2 * s2)
    ) / ((n + 1) * n * (n - 1) * (n - 2) * (n - 3))
    # Kazi-Aoual et al. 1995, as the code of FactoMineR has it; each line is symmetric in the two
    third = (
        n**2 * (n + 1) * (n**2 + 15 * n - 4) * d3 * e3
        + 4 * (n**4 - 8 * n**3 + 19 * n**2 - 4 * n - 16) * u * v
        + 24 * (n**2 - n - 4) * (u * c + b * v)
        + 6 * (n**4 - 8 * n**3 + 21 * n**2 - 6 * n - 24) * b * c
        + 12 * (n**4 - n**3 - 8 * n**2 + 36 * n - 48) * r * q
        + 12 * (n**3 - 2 * n**2 + 9 * n - 12) * (t * d2 * q + r * s * e2)
        + 3 * (n**4 - 4 * n**3 - 2 * n**2 + 9 * n - 12) * t * s * d2 * e2
        + 24 * (n**3 - 3 * n**2 - 2 * n + 8) * (r * v + u * q)
        + 24 * (n**3 - 2 * n**2 - 3 * n + 12) * (r * c + b * q)
        + 12 * (n**2 - n + 4) * (t * d2 * v + u * s * e2)
        + 6 * (2 * n**3 - 7 * n**2 - 3 * n + 12) * (t * d2 * c + b * s * e2)
        - 2 * n * (n - 1) * (n**2 - n + 4) * ((2 * u + 3 * b) * e3 + (2 * v + 3 * c) * d3)
        - 3 * n * (n - 1) ** 2 * (n + 4) * ((t * d2 + 4 * r) * e3 + (s * e2 + 4 * q) * d3)
        + 2 * n * (n - 1) * (n - 2) * (t**3 + 6 * t * t2 + 8 * t3) * e3
        + 2 * n * (n - 1) * (n - 2) * (s**3 + 6 * s * s2 + 8 * s3) * d3
        + t**3 * ((n**3 - 9 * n**2 + 23 * n - 14) * s**3 + 6 * (n - 4) * s * s2 + 8 * s3)
        + 6 * t * t2 * ((n - 4) * s**3 + (n**3 - 9 * n**2 + 24 * n - 14) * s * s2)
        + 24 * (n - 3) * t * t2 * s3
        + 8 * t3 * (s**3 + 3 * (n - 3) * s * s2 + (n**3 - 9 * n**2 + 26 * n - 22) * s3)
        - 16 * (t**3 * v + u * s**3)
        - 6 * (t * t2 * v + u * s * s2) * (2 * n**2 - 10 * n + 16)
        - 8 * (t3 * v + u * s3) * (3 * n**2 - 15 * n + 16)
        - (t**3 * c + b * s**3) * (6 * n**2 - 30 * n + 24)
        - 6 * (t * t2 * c + b * s * s2) * (4 * n**2 - 20 * n + 24)
        - 8 * (t3 * c + b * s3) * (3 * n**2 - 15 * n + 24)
        - 24 * (n - 2) * (t**3 * q + r * s**3)
        - 6 * (n - 2) * (t * t2 * q + r * s * s2) * (2 * n**2 - 10 * n + 24)
        - 8 * (n - 2) * (t3 * q + r * s3) * (3 * n**2 - 15 * n + 24)
        - (n - 2) * (3 * n**2 - 15 * n + 6) * (t**3 * s * e2 + t * d2 * s**3)
        - 6 * (n - 2) * (n**2 - 5 * n + 6) * (t * t2 * s * e2 + s * s2 * t * d2)
        - 48 * (n - 2) * (t3 * s * e2 + s3 * t * d2)
    ) / (n * (n - 1) * (n - 2) * (n - 3) * (n - 4) * (n - 5))
    variance = np.maximum(variance, 0.0)
    return mean, variance, (third - 3 * mean * variance - mean**3) / variance**1.5
