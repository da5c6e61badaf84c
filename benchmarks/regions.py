"""How often does a 90% region contain a new draw, for each choice of its radius?

``default``: distances of every draw from the mean and covariance of the others. ``quantile``: the
90% quantile of the draws' distances from their own mean and covariance. ``normal``: the χ²
distribution. Draws have k independent coordinates of one distribution, 1,000 repetitions each.
Covariances are those of `bn.neurons`, shrunk where there are fewer than ten draws per dimension.
Writes benchmarks/results/regions.csv.
"""

import numpy as np
import pandas as pd
from _tables import report

from bayesneuron.geometry.ellipsoid_regions import mahalanobis_of, region
from bayesneuron.numerics.covariance import covariances

LEVEL, REPEATS = 0.9, 1000
DISTRIBUTIONS = {
    "normal": lambda rng, size: rng.standard_normal(size),
    "exponential": lambda rng, size: rng.standard_exponential(size),
    "Student t, 3": lambda rng, size: rng.standard_t(3, size),
    "two modes": lambda rng, size: 2 * rng.choice([-1, 1], size) + rng.standard_normal(size),
}
CASES = ((20, 11), (50, 5), (100, 5), (100, 11), (1000, 5), (1000, 11))  # draws, dimensions


def main() -> None:
    rows = []
    for distribution, sample in DISTRIBUTIONS.items():
        for count, k in CASES:
            rng = np.random.default_rng([count, k])
            draws, new = sample(rng, (count, REPEATS, k)), sample(rng, (REPEATS, k))
            mean, (cov, shrinkage) = draws.mean(axis=0), covariances(draws)
            radius = np.quantile(mahalanobis_of(draws, mean, cov), LEVEL, axis=0)
            rows.append({
                "distribution": distribution, "draws": count, "k": k,
                "default": region(mean, cov, draws, level=LEVEL, shrinkage=shrinkage)
                .contains(new).mean(),
                "quantile": (mahalanobis_of(new, mean, cov) <= radius).mean(),
                "normal": region(mean, cov, draws, level=LEVEL, kind="normal")
                .contains(new).mean(),
            })  # fmt: skip
    report("regions", pd.DataFrame(rows))


if __name__ == "__main__":
    main()
