"""How often does a graph of independent neurons have an edge? `bn.graph` with the rule ``fdr``.

Twelve independent neurons of k weights, 66 pairs. Every edge is false, so at level 0.95 a graph
should have one in 5% of repetitions. ``t3``: each weight has Student's t distribution with 3
degrees of freedom. ``t3, common``: one scale for all weights of a neuron in a draw, so that whole
draws are far out. ``mixed``: each neuron's weights are mixed by a random matrix, hence correlated.
``AR``: autoregressive draws, whose effective number is estimated. Writes
benchmarks/results/false_edges.csv.
"""

import argparse

import numpy as np
import pandas as pd
from _tables import report

import bayesneuron as bn
from bayesneuron.structure import graph

NEURONS = 12
WIDTHS, COUNTS = (2, 5, 20), (50, 200, 1000)
AUTOCORRELATED = (0.5, 0.9)


def sample(
    rng: np.random.Generator, count: int, k: int, kind: str, mixed: bool, phi: float
) -> np.ndarray:
    """Draws of independent neurons, (draw, neuron, k)."""
    shape = (count, NEURONS, k)
    z = rng.standard_t(3, shape) if kind == "t3" else rng.normal(size=shape)
    if kind == "t3, common":
        z *= np.sqrt(3 / rng.chisquare(3, (count, NEURONS, 1)))
    for t in range(1, count if phi else 0):
        z[t] = phi * z[t - 1] + np.sqrt(1 - phi**2) * z[t]
    if mixed:
        z = np.einsum("nij,snj->sni", rng.normal(size=(NEURONS, k, k)), z)
    return z


def posterior(draws: np.ndarray, independent: bool) -> bn.results.NeuronPosterior:
    """Neurons of these draws, all weights incoming."""
    count, n, k = draws.shape
    centred = draws - draws.mean(axis=0)
    return bn.results.NeuronPosterior(
        layer="hidden", method="external", independent=independent,
        weights=tuple(f"input[{i}]" for i in range(k)), roles=("incoming",) * k, by_draw=draws,
        mean=draws.mean(axis=0), cov=np.einsum("sni,snj->nij", centred, centred) / (count - 1),
        shrinkage=np.zeros(n), margin=np.full((count, n), np.inf),
    )  # fmt: skip


def cases() -> list[tuple[int, int, str, bool, float]]:
    """Weights, draws, distribution, whether mixed, autocorrelation."""
    independent = [
        (k, count, kind, mixed, 0.0)
        for k in WIDTHS
        for count in COUNTS
        for kind in ("normal", "t3", "t3, common")
        for mixed in (False, True)
    ]
    dependent = [
        (k, count, kind, True, phi)
        for k in WIDTHS
        for count in COUNTS[1:]
        for kind in ("normal", "t3")
        for phi in AUTOCORRELATED
    ]
    return independent + dependent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=300)
    parser.add_argument("--first", type=int, default=0, help="case to begin with")
    options = parser.parse_args()
    repeats, rows = options.repeats, []
    for case in cases()[options.first :]:
        k, count, kind, mixed, phi = case
        rng = np.random.default_rng([k, count, int(10 * phi)])
        any_edge = []
        for _ in range(repeats):
            post = posterior(sample(rng, *[count, k, kind, mixed, phi]), independent=not phi)
            any_edge.append(graph(post, weight="posterior", rule="fdr").number_of_edges() > 0)
        share = float(np.mean(any_edge))
        rows.append({
            "k": k, "draws": count, "distribution": kind, "mixed": mixed, "AR": phi,
            "graphs with a false edge": share,
            "se": np.sqrt(share * (1 - share) / repeats),
        })  # fmt: skip
        print(rows[-1], flush=True)
    report("false_edges", pd.DataFrame(rows))


if __name__ == "__main__":
    main()
