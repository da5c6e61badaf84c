"""Equal-function directions of 1-M-1 ReLU networks, against the Jacobian's null space by hand.

Data: 60 points of max(x, 0) on [-2, 2], noise 0.1. NUTS, 4 chains; scales stay as drawn. By hand:
for each draw and neuron the Jacobian of the output in (w, b, v), from its formula in NumPy alone,
and the part of the draw's deviation from the mean in its null space (prior units). R-hat is that
of the weights as drawn and that of invariants: predictions at the data.
"""

import argparse
import warnings

import numpy as np
import pandas as pd
from _draws import rhat_of_function
from _tables import report
from _timing import timed

import bayesneuron as bn
from bayesneuron.draws.convergence import convergence

NOISE = 0.1


def by_hand(sites: dict[str, np.ndarray], x: np.ndarray, width: int) -> float:
    """Share of the trace of all D_i in the null spaces of the Jacobians, each draw at its own."""
    w, b, v = sites["w"], sites["b"], sites["v"]
    unit = np.array([1.0, 1.0, width**-0.5])  # N(0, 1 / fan-in)
    deviation = np.stack([w, b, v], axis=2) / unit
    deviation = deviation - deviation.mean(axis=0)
    within = 0.0
    for s, i in np.ndindex(w.shape):
        z = x * w[s, i] + b[s, i]
        slope = v[s, i] * (z > 0)
        jacobian = np.stack([slope * x, slope, np.maximum(z, 0)], axis=1) * unit
        _, size, directions = np.linalg.svd(jacobian)
        null = directions[size <= 1e-9 * max(size[0], 1e-300)]
        within += ((null @ deviation[s, i]) ** 2).sum()
    return within / (deviation**2).sum()


def one(width: int, samples: int) -> dict[str, float]:
    """One row."""
    rng = np.random.default_rng(0)
    x = np.linspace(-2, 2, 60)[:, None]
    y = np.maximum(x, 0) + NOISE * rng.normal(size=x.shape)
    model = bn.load("two_layer", inputs=1, hidden=width, outputs=1, activation="relu", noise=NOISE)
    seconds, draws = timed(lambda: bn.nuts(model, x, y, chains=4, samples=samples, seed=0))
    raw = bn.align(draws, canonical=False)
    most = min(200, 4 * samples)
    elapsed, parts = timed(lambda: bn.identified(raw, most=most)["hidden"])
    total = np.einsum("nii,ni->n", parts.cov, 1 / parts.unit**2)
    at = np.linspace(0, 4 * samples - 1, most).round().astype(int)
    values = {k: np.asarray(raw.posterior[k]) for k in ("hidden_weight", "hidden_bias")}
    sites = {
        "w": values["hidden_weight"].reshape(-1, width)[at],
        "b": values["hidden_bias"].reshape(-1, width)[at],
        "v": np.asarray(raw.posterior["output_weight"]).reshape(-1, width)[at],
    }
    return {
        "case": width,
        "flat": float((parts.flat * total).sum() / total.sum()),
        "by_hand": by_hand(sites, x[:, 0], width),
        "free": float((parts.shares[:, 2] * total).sum() / total.sum()),
        "compensable": float((parts.shares[:, 1] * total).sum() / total.sum()),
        "identified": float((parts.shares[:, 0] * total).sum() / total.sum()),
        "directions": parts.together.directions,
        "weights": parts.together.weights,
        "rhat_raw": convergence(draws)[0],
        "rhat_aligned": convergence(bn.align(draws))[0],
        "rhat_invariants": rhat_of_function(draws),
        "seconds_nuts": seconds,
        "seconds": elapsed,
    }


def main() -> None:
    """Print one table, and write it to results/identified.csv."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--widths", type=int, nargs="+", default=[1, 5, 100])
    parser.add_argument("--samples", type=int, default=1000)
    options = parser.parse_args()
    warnings.simplefilter("ignore", bn.StatisticalWarning)
    for width in options.widths:
        report("identified", pd.DataFrame([one(width, options.samples)]), decimals=4)


if __name__ == "__main__":
    main()
