"""Does a 90% region hold the truth 90% of the time? Simulation, ranks, coverage."""

from bayesneuron.calibration.calibrate import calibrate, score
from bayesneuron.calibration.coverage import clustered_interval, coverage
from bayesneuron.calibration.ranks import distance_shares, rank_shares, tarp_share, uniformity
from bayesneuron.calibration.simulate import seed_of, simulate, strengths

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
