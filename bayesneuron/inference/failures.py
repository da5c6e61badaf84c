"""Replicates and members that say nothing about the posterior, and how many may be lost."""

import numpy as np

from bayesneuron.inference.segments import Chain
from bayesneuron.numerics.work import HERE, Work

STILL = 100  # units of rounding of lp that the energy of a chain that stands still errs by
LOST = 0.5  # share beyond which those that are left are a selection, not a sample


def check_lost(
    expected: str, failed: int, count: int, names: str, *, advice: str = "", work: Work = HERE
) -> None:
    """Stop where more than half of the replicates, members or bags failed.

    Raises
    ------
    ValueError
        Says what was expected of each, how many failed, and where finished blocks are kept.

    Examples
    --------
    >>> check_lost("bootstrap: expected a finite loss", 3, 6, "replicates")
    >>> check_lost("bootstrap: expected a finite loss", 4, 6, "replicates")
    Traceback (most recent call last):
        ...
    ValueError: bootstrap: expected a finite loss, got none in 4 of 6 replicates, more than half
    """
    if failed <= LOST * count:
        return
    kept = work.checkpoint
    saved = "" if kept is None else f"; {kept.count()} blocks are kept in {kept.folder}"
    raise ValueError(
        f"{expected}, got none in {failed} of {count} {names}, more than half{advice}{saved}"
    )


def failed_members(chains: Chain, *, rows: int) -> np.ndarray:
    """Which members say nothing about the posterior, bool (member,).

    Those whose draws are not finite or do not move, and those far below the others: whose mean log
    density is more than one nat per observation and free number below the best. A network that
    learnt nothing is that far off where there is something to learn; modes of one posterior are
    not. And those whose steps were tuned to nothing, with energy errors of no more than rounding:
    where a learnt scale is zero, the network is constant and no step is good.
    """
    theta, lp = chains.theta, chains.stats["lp"]
    finite = np.isfinite(theta).all(axis=(1, 2))
    moved = (theta != theta[:, :1]).any(axis=(1, 2)) | (theta.shape[1] == 1)
    error = chains.stats.get("energy_variance")
    good, height = judged(finite & moved, lp, error, size=theta.shape[2], dtype=theta.dtype)
    return far_below(good, height, span=rows + theta.shape[2])


def judged(
    good: np.ndarray, lp: np.ndarray, error: np.ndarray | None, *, size: int, dtype: np.dtype
) -> tuple[np.ndarray, np.ndarray]:
    """Which members have good statistics as well, and their mean log densities, both (member,).

    Parameters
    ----------
    good : ndarray of bool, shape (member,)
        Whether their draws are finite and move.
    lp, error : ndarray, shape (member, draw)
        Log densities; energy variances, of a sampler that has them.
    size : int
        Free numbers.
    dtype : dtype
        Of the draws as they were sampled.
    """
    lp = lp.astype(float)
    good = good & np.isfinite(lp).all(axis=1)
    if error is not None:
        rounding = STILL * np.finfo(dtype).eps * np.abs(lp)
        still = (rounding**2 / size).mean(axis=1)
        good &= error.astype(float).mean(axis=1) > still
    return good, np.where(good[:, None], lp, 0.0).mean(axis=1)


def far_below(good: np.ndarray, height: np.ndarray, *, span: float) -> np.ndarray:
    """Members that are not good, or so many nats below the best, bool (member,)."""
    if not good.any():
        return ~good
    height = np.where(good, height, -np.inf)
    return height < height.max() - span
