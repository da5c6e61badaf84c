"""Members of an ensemble whose draws say nothing about the posterior."""

import numpy as np

from bayesneuron.inference.segments import Chain

STILL = 100  # units of rounding of lp that the energy of a chain that stands still errs by


def failed_members(chains: Chain, *, rows: int) -> np.ndarray:
    """Which members say nothing about the posterior, bool (member,).

    Those whose draws are not finite or do not move, and those far below the others: whose mean log
    density is more than one nat per observation and free number below the best. A network that
    learnt nothing is that far off where there is something to learn; modes of one posterior are
    not. And those whose steps were tuned to nothing, with energy errors of no more than rounding:
    where a learnt scale is zero, the network is constant and no step is good.
    """
    theta, lp = chains.theta, chains.stats["lp"].astype(float)
    good = np.isfinite(theta).all(axis=(1, 2)) & np.isfinite(lp).all(axis=1)
    if theta.shape[1] > 1:
        good &= (theta != theta[:, :1]).any(axis=(1, 2))
    if "energy_variance" in chains.stats:
        rounding = STILL * np.finfo(theta.dtype).eps * np.abs(lp)
        still = (rounding**2 / theta.shape[2]).mean(axis=1)
        good &= chains.stats["energy_variance"].astype(float).mean(axis=1) > still
    if not good.any():
        return ~good
    height = np.where(good, np.where(good[:, None], lp, 0.0).mean(axis=1), -np.inf)
    return height < height.max() - (rows + theta.shape[2])
