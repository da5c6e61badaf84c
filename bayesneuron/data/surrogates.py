"""Gaussian series with the memory of a given one: the null of tests on dependent points.

The spectrum is that of a vector autoregression fitted by least squares, its order chosen by AIC,
and the surrogates are draws of the Gaussian process with this spectrum. Every amplitude is thus
random, as in any Gaussian series, and recordings of any length and several channels have one
process. Series with the periodogram that was observed, with random amplitudes or with its own, are
set beside it in `benchmarks/point_normality.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_discrete_lyapunov

LARGEST = 0.9995  # modulus of a root: slower decay than this is no stationary process


@dataclass(frozen=True)
class GaussianProcess:
    """A stationary vector autoregression, s_t = c + Σ_k A_k (s_{t-k} - c) + e_t.

    Attributes
    ----------
    centre : ndarray, shape (channel,)
    coefficients : ndarray, shape (order, channel, channel)
        A_1 first.
    noise : ndarray, shape (channel, channel)
        Covariance of e_t.
    """

    centre: np.ndarray
    coefficients: np.ndarray
    noise: np.ndarray

    def draw(self, lengths: Sequence[int], count: int, rng: np.random.Generator) -> np.ndarray:
        """Independent series of all recordings, one after another, (count, time, channel)."""
        parts = [self._one(int(length), count, rng) for length in lengths]
        return self.centre + np.concatenate(parts, axis=1)

    def _one(self, length: int, count: int, rng: np.random.Generator) -> np.ndarray:
        order, channels, _ = self.coefficients.shape
        shocks = rng.standard_normal((length, count, channels)) @ _root(self.noise).T
        if not order:
            return np.swapaxes(shocks, 0, 1)
        joined = np.concatenate(self.coefficients, axis=1).T  # (order · channel, channel)
        drive = np.zeros((order * channels,) * 2)
        drive[:channels, :channels] = self.noise
        start = solve_discrete_lyapunov(_companion(self.coefficients), drive)
        past = rng.standard_normal((count, len(start))) @ _root(start).T  # newest first
        values = np.empty((length, count, channels))
        for time, shock in enumerate(shocks):
            values[time] = past @ joined + shock
            past = np.concatenate([values[time], past[:, : past.shape[1] - channels]], axis=1)
        return np.swapaxes(values, 0, 1)


def gaussian_process(pieces: Sequence[np.ndarray], longest: int | None = None) -> GaussianProcess:
    """The Gaussian process with the spectrum of some recordings.

    Parameters
    ----------
    pieces : sequence of ndarray, shape (time, channel)
    longest : int, optional
        Highest order; by default 10 log₁₀ n, and no more coefficients than a tenth of n samples.

    References
    ----------
    Order and least squares: Lütkepohl, "New Introduction to Multiple Time Series Analysis", 2005,
    3.2 and 4.3. An autoregression of growing order as the null: Bühlmann, "Sieve bootstrap for time
    series", Bernoulli 1997; Gaussian surrogates: Theiler et al., Physica D 1992.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> known = GaussianProcess(np.zeros(1), np.full((1, 1, 1), 0.8), np.eye(1))
    >>> series = known.draw([2000], 1, rng)[0]
    >>> found = gaussian_process([series])
    >>> bool(abs(found.coefficients[0, 0, 0] - 0.8) < 0.05)
    True
    """
    every = np.concatenate(pieces)
    count, channels = every.shape
    centre = every.mean(axis=0)
    if longest is None:
        longest = min(int(10 * np.log10(count)), count // (10 * channels))
    longest = max(0, min(longest, max(map(len, pieces)) - 1))
    pasts, nexts = _lagged([piece - centre for piece in pieces], longest)
    # the triangle of one QR factorisation has the least squares of every order
    triangle = np.linalg.qr(np.concatenate([pasts, nexts], axis=1), mode="r")
    width, tiny = longest * channels, np.eye(channels) * _tiny(nexts)
    covs = [
        triangle[k:, width:].T @ triangle[k:, width:] / len(nexts) + tiny
        for k in range(0, width + 1, channels)
    ]
    penalty = 2 * channels**2 * np.arange(longest + 1)
    aic = len(nexts) * np.linalg.slogdet(np.array(covs))[1] + penalty
    past = pasts[:, : int(aic.argmin()) * channels]
    found = np.linalg.lstsq(past, nexts, rcond=None)[0]
    off = nexts - past @ found
    coefficients = found.T.reshape(channels, -1, channels).swapaxes(0, 1)
    return GaussianProcess(centre, _steadied(coefficients), off.T @ off / len(off))


def _lagged(pieces: Sequence[np.ndarray], longest: int) -> tuple[np.ndarray, np.ndarray]:
    """The samples before each sample, newest first, and the samples themselves."""
    long = [piece for piece in pieces if len(piece) > longest]
    pasts = [
        np.concatenate([p[longest - k : len(p) - k] for k in range(1, longest + 1)], axis=1)
        if longest
        else np.empty((len(p), 0))
        for p in long
    ]
    return np.concatenate(pasts), np.concatenate([p[longest:] for p in long])


def _steadied(coefficients: np.ndarray) -> np.ndarray:
    """With all roots inside the unit circle; those of an undamped wave are pulled in a little."""
    order = len(coefficients)
    if not order:
        return coefficients
    radius = np.abs(np.linalg.eigvals(_companion(coefficients))).max()
    shrink = min(1.0, LARGEST / max(radius, LARGEST / 2))
    return coefficients * (shrink ** np.arange(1, order + 1))[:, None, None]


def _companion(coefficients: np.ndarray) -> np.ndarray:
    """The matrix that moves the last samples, newest first, on by one."""
    order, channels, _ = coefficients.shape
    matrix = np.eye(order * channels, k=-channels)
    matrix[:channels] = np.concatenate(coefficients, axis=1)
    return matrix


def _root(cov: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh((cov + cov.T) / 2)
    return vectors * np.sqrt(np.maximum(values, 0.0))


def _tiny(values: np.ndarray) -> float:
    return 1e-12 * float(values.var()) + np.finfo(float).tiny
