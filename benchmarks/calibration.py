"""Do 90% regions contain the true neuron 90% of the time? By method and architecture.

A true network is drawn from the prior of the model, data are simulated from it, and every method is
fitted to them. Draws are aligned without the truth, which is then aligned to their reference
(docs/calibration.md). Inputs are windows of an autoregressive series, y = network + noise.

``calibration.py --from 0 --to 200`` appends what is missing to benchmarks/results/calibration.csv,
so the study can be run in parts. ``--draw`` prints the tables and makes
docs/figures/coverage.{pdf,png}. ``--null`` measures the loss of coverage due to alignment alone.
"""

import argparse
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import matplotlib as mpl
import numpy as np
import pandas as pd
import xarray as xr
from _tables import FIGURES, RESULTS
from threadpoolctl import threadpool_limits

import bayesneuron as bn
from bayesneuron.diagnostics.calibration import coverage, score, seed_of, simulate, uniformity
from bayesneuron.draws.provenance import provenance_for
from bayesneuron.draws.tree import tree_of_sites
from bayesneuron.inference._bag import bag
from bayesneuron.inference.starts import find_optima
from bayesneuron.network.density import density
from bayesneuron.numerics.precision import double
from bayesneuron.plots._coverage import coverage as plot_coverage

mpl.use("agg")
TABLE = RESULTS / "calibration.csv"
STARTS = 8  # of the search for optima, in SVI, Laplace and the bootstrap to convergence
LEVEL, TOLERANCE = 0.9, 0.03


@dataclass(frozen=True)
class Architecture:
    """A network and the number of rows it is fitted to."""

    model: bn.results.Model
    inputs: int
    rows: int


def two_layer(inputs: int, hidden: int, outputs: int, rows: int, **options: Any) -> Architecture:
    model = bn.load("two_layer", inputs=inputs, hidden=hidden, outputs=outputs, **options)
    return Architecture(model, inputs, rows)


STUDIED = ("3-2-1", "4-3-2")
ARCHITECTURES = {
    "3-2-1": two_layer(3, 2, 1, 100),
    "4-3-2": two_layer(4, 3, 2, 150),
    # large weights, much data, little noise: no neuron is weakly identified
    "3-2-1 rich": two_layer(3, 2, 1, 1000, prior_scale=2.0, noise=0.1),
}

Fit = Callable[[bn.results.Model, Any, Any, int], xr.DataTree]


def nuts(model: bn.results.Model, x: Any, y: Any, seed: int) -> xr.DataTree:
    """The defaults: 4 chains of 1,000 draws after 500."""
    return bn.nuts(model, x, y, seed=seed)


def laplace(covariance: str) -> Fit:
    return lambda model, x, y, seed: bn.laplace(
        model, x, y, covariance=covariance, starts=STARTS, seed=seed
    )


SVI = {"steps": 750, "particles": 4, "starts": STARTS}


def svi(family: str) -> Fit:
    return lambda model, x, y, seed: bn.svi(model, x, y, family=family, seed=seed, **SVI)


def bootstrap(scheme: str) -> Fit:
    """Trained to convergence, every replicate from the best optimum of all data."""

    def fit(model: bn.results.Model, x: Any, y: Any, seed: int) -> xr.DataTree:
        return bn.bootstrap(
            model, x, y, scheme=scheme, optimizer=bn.Newton(), start=best(model, x, y, seed),
            seed=seed,
        )  # fmt: skip

    return fit


@double
def best(model: bn.results.Model, x: Any, y: Any, seed: int) -> xr.DataTree:
    """The best optimum as one draw. ``start="best"`` would search from 25 starts each time."""
    data = jnp.asarray(x), jnp.asarray(y)
    dens = density(model, *data)
    optima = find_optima(dens, *data, starts=STARTS, keep=1, seed=seed)
    sites = {k: np.asarray(v)[None, None] for k, v in dens.constrain(optima.theta[0]).items()}
    return tree_of_sites(sites, provenance_for(model, "optimum"))


def study(scheme: str) -> Fit:
    """The study's recipe: Adam, 70 epochs in batches of 16, every replicate from its own start."""
    return lambda model, x, y, seed: bn.bootstrap(model, x, y, scheme=scheme, seed=seed)


def bagged(estimate: Callable[..., xr.DataTree], **options: Any) -> Fit:
    return lambda model, x, y, seed: bag(
        estimate, model, x, y, bags=10, samples=100, seed=seed, **options
    )


METHODS: dict[str, Fit] = {
    "NUTS": nuts,
    "SVI full": svi("full"),
    "SVI low_rank": svi("low_rank"),
    "SVI neuron": svi("neuron"),
    "SVI mean_field": svi("mean_field"),
    "Laplace": laplace("hessian"),
    "Laplace sandwich": laplace("sandwich"),
    "bagged Laplace": bagged(bn.laplace, starts=2),
    "bagged SVI": bagged(bn.svi, starts=2, steps=200, particles=2, family="neuron"),
    "bootstrap pairs": bootstrap("pairs"),
    "bootstrap block": bootstrap("block"),
    "bootstrap bayesian": bootstrap("bayesian"),
    "bootstrap subsample": bootstrap("subsample"),
    "study pairs": study("pairs"),
    "study subsample": study("subsample"),
}


def inputs_of(case: Architecture, seed: int) -> np.ndarray:
    """Overlapping windows of z_t = z_{t-1} / 2 + noise, with unit variance."""
    rng = np.random.default_rng([seed, 9])
    shocks = rng.standard_normal(case.rows + case.inputs - 1)
    z = np.empty_like(shocks)
    z[0] = shocks[0]
    for t in range(1, len(z)):
        z[t] = 0.5 * z[t - 1] + np.sqrt(0.75) * shocks[t]
    return np.lib.stride_tricks.sliding_window_view(z, case.inputs).copy()


def run(names: list[str], methods: list[str], numbers: range, seconds: float) -> None:
    """Fit what is missing, one data set after another, and append to the results."""
    RESULTS.mkdir(exist_ok=True)
    done: set[tuple[Any, ...]] = set()
    if TABLE.is_file():
        keys = pd.read_csv(TABLE, usecols=["architecture", "method", "set"])
        done = set(keys.itertuples(index=False, name=None))
    began, times = time.perf_counter(), dict[tuple[str, str], list[tuple[float, float]]]()
    for name in names:
        case = ARCHITECTURES[name]
        for number in numbers:
            missing = [m for m in methods if (name, m, number) not in done]
            if not missing:
                continue
            seed = seed_of(0, number)
            x = inputs_of(case, seed)
            truth, y = simulate(case.model, x, seed=seed)
            for method in missing:
                if time.perf_counter() - began > seconds:
                    report(times)
                    return
                wall, cpu = time.perf_counter(), time.process_time()
                draws = METHODS[method](case.model, x, y, seed)
                scores = score(draws, truth, x, model=case.model, level=LEVEL, seed=seed)
                wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
                times.setdefault((name, method), []).append((wall, cpu))
                scores.insert(0, "architecture", name)
                scores.insert(1, "method", method)
                scores.insert(2, "set", number)
                header = not TABLE.is_file()
                scores.round(4).to_csv(TABLE, mode="a", header=header, index=False)
            print(f"{name} data set {number}", flush=True)
    report(times)


def report(times: dict[tuple[str, str], list[tuple[float, float]]]) -> None:
    """Print seconds per data set, the first of each method, which compiles, separately."""
    total = 0.0
    print("architecture, method         first   then: wall    cpu seconds per data set")
    for (name, method), pairs in times.items():
        rest = np.mean(pairs[1:] or pairs, axis=0)
        total += rest[1]
        print(f"{name:8} {method:20} {pairs[0][0]:6.1f}   {rest[0]:10.2f} {rest[1]:6.2f}")
    print(f"200 data sets by these methods: {200 * total / 60:.0f} minutes of one core")


def draw() -> None:
    """Print the tables and make the figure."""
    table = pd.read_csv(TABLE)
    position = {m: i for i, m in enumerate(METHODS)}
    table = table.sort_values(
        ["architecture", "method"],
        key=lambda c: c.map(position).fillna(0) if c.name == "method" else c,
    )
    by = ("architecture", "method")
    rates = coverage(table, by=by)
    joint = table[table["kind"] == "joint"].groupby(list(by), sort=False)["rank"]
    rates["joint"] = joint.apply(lambda r: (r <= LEVEL).mean()).to_numpy()
    rates["p_joint"] = joint.apply(uniformity).to_numpy()
    print(rates.round(3).to_string(index=False))
    print("\nranks of quantities invariant under the symmetry: p-value of uniformity")
    ranks = table[table["kind"] == "invariant"].groupby([*by, "part"], sort=False)["rank"]
    print(ranks.apply(uniformity).unstack().round(3).to_string())
    ax = plot_coverage(rates, level=LEVEL, band=TOLERANCE)
    bn.plot.save_figure(ax, FIGURES / "coverage")


def null(sets: int = 200) -> None:
    """Coverage where the posterior is the prior, so that alignment alone distinguishes neurons.

    Truth and draws are then exchangeable by construction. Any shortfall from 90% is due to the
    reference, which depends on the draws but not on the truth.
    """
    print("draws, coverage of prior draws (95% interval)")
    for name in STUDIED:
        case = ARCHITECTURES[name]
        for count in (100, 1000):
            tables = []
            for number in range(sets):
                seed = seed_of(1, number)
                x = inputs_of(case, seed)
                truth, _ = simulate(case.model, x, seed=seed)
                draws = bn.prior(case.model, x, samples=count, seed=seed)
                scores = score(draws, truth, x, model=case.model, level=LEVEL, seed=seed)
                tables.append(scores.assign(set=number))
            rate = coverage(pd.concat(tables)).iloc[0]
            low, high = rate["low"], rate["high"]
            print(
                f"{name:8} {count:5} {rate['coverage']:.3f} ({low:.3f} to {high:.3f})", flush=True
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--to", type=int, default=200)
    parser.add_argument(
        "--architectures", nargs="+", choices=list(ARCHITECTURES), default=list(STUDIED)
    )
    parser.add_argument("--methods", nargs="+", choices=list(METHODS), default=list(METHODS))
    parser.add_argument("--seconds", type=float, default=np.inf, help="stop after about this time")
    parser.add_argument(
        "--draw", action="store_true", help="only print the tables and make the figure"
    )
    parser.add_argument(
        "--null", action="store_true", help="only measure the coverage of prior draws"
    )
    args = parser.parse_args()
    if args.null:
        with threadpool_limits(1, "blas"):
            null()
        return
    if not args.draw:
        with threadpool_limits(1, "blas"), warnings.catch_warnings():
            warnings.simplefilter("ignore", bn.StatisticalWarning)
            numbers = range(args.first, args.to)
            run(args.architectures, args.methods, numbers, args.seconds)
    draw()


if __name__ == "__main__":
    main()
