"""How much a sample says of a later one."""

from collections.abc import Sequence

import numpy as np

NEIGHBOURS = 3  # of Kraskov's estimator
SHUFFLES = 20
SHALLOW = 0.05


def mutual_information(
    pieces: Sequence[np.ndarray], delays: np.ndarray, *, most: int, seed: int
) -> tuple[np.ndarray, float]:
    """Average mutual information of samples that lie a delay apart, and what chance alone gives.

    Parameters
    ----------
    pieces : sequence of ndarray, shape (time,)
        Recordings; no pair crosses from one to the next.
    delays : ndarray of int
    most : int
        Pairs, drawn at random where there are more.
    seed : int

    Returns
    -------
    information : ndarray, shape (delay,)
        In nats.
    chance : float
        95% quantile over pairs drawn independently.

    References
    ----------
    Fraser, Swinney, "Independent coordinates for strange attractors from mutual information",
    Phys. Rev. A 1986; the estimator, of nearest neighbours: Kraskov, Stögbauer, Grassberger, Phys.
    Rev. E 2004 (scikit-learn). Of a Gaussian AR(1) of correlation ρ it is -½ log(1 - ρ^{2τ}).

    Examples
    --------
    >>> smooth = np.convolve(np.random.default_rng(0).normal(size=500), np.ones(5))
    >>> information, chance = mutual_information([smooth], np.array([1, 9]), most=500, seed=0)
    >>> bool(information[0] > 0.3 > information[1]), bool(0 < chance < 0.2)
    (True, True)
    """
    from sklearn.feature_selection import mutual_info_regression

    rng = np.random.default_rng(seed)

    def estimate(now: np.ndarray, later: np.ndarray) -> float:
        if len(now) > most:
            at = rng.choice(len(now), most, replace=False)
            now, later = now[at], later[at]
        noise = int(rng.integers(2**31))
        found = mutual_info_regression(
            now[:, None], later, n_neighbors=NEIGHBOURS, random_state=noise
        )
        return float(found[0])

    pairs = [_pairs(pieces, int(delay)) for delay in delays]
    information = np.array([estimate(now, later) for now, later in pairs])
    now, later = pairs[0]
    chance = [estimate(now, rng.permutation(later)) for _ in range(SHUFFLES)]
    return information, float(np.quantile(chance, 0.95))


def autocorrelation(pieces: Sequence[np.ndarray], delays: np.ndarray) -> np.ndarray:
    """Of samples a delay apart, within recordings, about their common mean.

    Examples
    --------
    >>> autocorrelation([np.array([1.0, -1.0] * 20)], np.array([1, 2])).round(2).tolist()
    [-1.0, 1.0]
    """
    mean = np.concatenate(pieces).mean()
    variance = np.concatenate(pieces).var()
    pairs = [_pairs(pieces, int(delay)) for delay in delays]
    return np.array([((now - mean) * (later - mean)).mean() for now, later in pairs]) / variance


def first_minimum(information: np.ndarray, chance: float) -> int | None:
    """Place of the first minimum of the mutual information, None where it only falls.

    Parameters
    ----------
    information : ndarray, shape (delay,)
        At delays 1, 2, …
    chance : float
        What independent samples reach. Minima no deeper than this, or than 5% of the largest
        value, are the estimator's noise; from the first delay at which no more than this is left,
        all is.

    Examples
    --------
    >>> first_minimum(np.array([2.0, 1.0, 0.5, 0.8, 0.9]), 0.1)
    2
    >>> first_minimum(np.array([0.5, 0.2, 0.05, 0.02]), 0.1) is None
    True
    """
    from scipy.signal import find_peaks

    depth = max(chance, SHALLOW * information.max(), 1e-9)
    # before delay 1 lies delay 0, at which a sample says all of itself
    curve = np.concatenate([[-information.max() - 2 * depth], -information])
    minima = find_peaks(curve, prominence=depth)[0] - 1
    gone = np.flatnonzero(information <= chance)
    end = gone[0] if len(gone) else len(information)
    return int(minima[0]) if len(minima) and minima[0] < end else None


def _pairs(pieces: Sequence[np.ndarray], delay: int) -> tuple[np.ndarray, np.ndarray]:
    long = [piece for piece in pieces if len(piece) > delay]
    now, later = [p[:-delay] for p in long], [p[delay:] for p in long]
    return np.concatenate(now), np.concatenate(later)
