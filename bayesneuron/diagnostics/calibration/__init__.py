"""Does a 90% region hold the truth 90% of the time? Simulation, ranks, coverage."""

from bayesneuron.diagnostics.calibration._calibrate import calibrate, score
from bayesneuron.diagnostics.calibration._coverage import clustered_interval, coverage
from bayesneuron.diagnostics.calibration._simulate import seed_of, simulate, strengths
from bayesneuron.diagnostics.calibration.ranks import (
    distance_shares,
    rank_shares,
    tarp_share,
    uniformity,
)

__all__ = [
    "calibrate",
    "clustered_interval",
    "coverage",
    "distance_shares",
    "rank_shares",
    "score",
    "seed_of",
    "simulate",
    "strengths",
    "tarp_share",
    "uniformity",
]


def __dir__() -> list[str]:
    return sorted(__all__)
