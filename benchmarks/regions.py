"""How often a 90% region holds a draw that it has not seen, for each way to choose its radius.

``default``: distances of every draw from the others. ``quantile``: the 90% quantile of
the draws' distances from their own mean and covariance. ``normal``: the χ² law. S draws of k
independent coordinates of one law; 1,000 repetitions each; covariances as
`bn.neurons` takes them, shrunk where there are fewer than ten draws a dimension. Writes
benchmarks/results/regions.csv.
"""

import numpy as np
import pandas as pd
from _side_by_side import report

from bayesneuron.geometry.regions import mahalanobis_of, region
from bayesneuron.numerics.covariance import covariances

LEVEL, REPEATS = 0.9, 1000
LAWS = {
    "normal": lambda rng, size: rng.standard_normal(size),
    "exponential": lambda rng, size: rng.standard_exponential(size),
    "Student t, 3": lambda rng, size: rng.standard_t(3, size),
    "two modes": lambda rng, size: 2 * rng.choice([-1, 1], size) + rng.standard_normal(size),
}
CASES = ((20, 11), (50, 5), (100, 5), (100, 11), (1000, 5), (1000, 11))  # draws, dimensions


def main() -> None:
    rows = []
    for law, sample in LAWS.items():
        for count, k in CASES:
            rng = np.random.default_rng([count, k])
            draws, other = sample(rng, (count, REPEATS, k)), sample(rng, (REPEATS, k))
            mean, (cov, shrinkage) = draws.mean(axis=0), covariances(draws)
            own = np.quantile(mahalanobis_of(draws, mean, cov), LEVEL, axis=0)
            rows.append({
                "law": law, "draws": count, "k": k,
                "default": region(mean, cov, draws, level=LEVEL, shrinkage=shrinkage)
                .contains(other).mean(),
                "quantile": (mahalanobis_of(other, mean, cov) <= own).mean(),
                "normal": region(mean, cov, draws, level=LEVEL, kind="normal")
                .contains(other).mean(),
            })  # fmt: skip
    report("regions", pd.DataFrame(rows))


if __name__ == "__main__":
    main()
