"""Communities planted in layers of 64, 128 and 300 tanh neurons, and layers without any.

Each neuron is the tanh of its community's signal with a random sign, plus noise of its own: normal,
200 points, fresh noise of 0.3 in each of 100 draws. ``noise`` is in units of the signal. Small
communities are joined at resolution 1 (the resolution limit of modularity), hence rows at 1.5.
Rows without communities are independent neurons; at most 5% of data sets may be significant.
"""

import argparse
import warnings
from functools import partial

import numpy as np
import pandas as pd
from _tables import report
from _timing import costed
from sklearn.metrics import adjusted_rand_score

import bayesneuron as bn

DRAWS, POINTS, SPREAD = 100, 200, 0.3
WIDTHS = (64, 128, 300)


def layer(n: int, k: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels and activations (draw, point, n) of n neurons in k communities; none for k = 0."""
    rng = np.random.default_rng([16, n, k, seed])
    labels = np.arange(n) % k if k else np.zeros(n, int)
    own = rng.normal(size=(POINTS, n))
    signs = rng.choice([-1, 1], n)
    common = rng.normal(size=(POINTS, k))[:, labels] * signs + noise * own if k else own
    return labels, np.tanh(common + SPREAD * rng.normal(size=(DRAWS, POINTS, n)))


def one(n: int, k: int, noise: float, resolution: float, sets: int) -> dict[str, float | str]:
    """One row: means over data sets."""
    rows: list[dict[str, float]] = []
    for seed in range(sets):
        labels, activations = layer(n, k, noise, seed)
        options = {"kind": "activations", "shuffle": "permute", "seed": seed}
        options["resolution"] = resolution
        cost, result = costed(partial(bn.communities, activations, **options))
        rows.append(
            {
                "rand": adjusted_rand_score(labels, result.labels) if k else np.nan,
                "communities": result.labels.max() + 1,
                "significant": bool(result.significant),
                "expected_vi": result.expected_vi,
                "seconds": cost.wall,
                "cpu_seconds": cost.cpu,
            }
        )
    means = pd.DataFrame(rows).mean().to_dict()
    case = f"{n} neurons, {k} communities, noise {noise:g}" if k else f"{n} neurons, none"
    case += f", resolution {resolution:g}"
    return {"case": case, "neurons": n, "planted": k, "noise": noise, "sets": sets, **means}


def main() -> None:
    """Print one table, and write it to results/wide_communities.csv."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--widths", type=int, nargs="+", default=WIDTHS)
    parser.add_argument("--sets", type=int, default=3)
    parser.add_argument("--null-sets", type=int, default=100, help="of 64 neurons without any")
    options = parser.parse_args()
    warnings.simplefilter("ignore", bn.StatisticalWarning)
    for n in options.widths:
        cases = [
            (k, noise, resolution, options.sets)
            for resolution in (1.0, 1.5)
            for noise in (0.5, 1.5, 2.5)
            for k in (8, n // 10)
        ]
        none = options.null_sets if n == WIDTHS[0] else options.sets
        cases += [(0, 0.0, resolution, none) for resolution in (1.0, 1.5)]
        report("wide_communities", pd.DataFrame([one(n, *case) for case in cases]))


if __name__ == "__main__":
    main()
