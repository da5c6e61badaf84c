"""What samplers make of posteriors with modes and ridges: MotionSense walking, 20-4-5 and 20-8-1.

Subject 1, first recording of walking, first 3,000 samples, stride 5; four chains of 500 draws after
500. One row a network and way of sampling; writes benchmarks/results/exploration.csv. MotionSense
is downloaded or read from BAYESNEURON_DATA.
"""

import argparse
import functools
import time
import warnings
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import pandas as pd
import xarray as xr
from _side_by_side import ask, machine, versions
from numpyro.infer import HMCECS, MCMC, NUTS, init_to_value

import bayesneuron as bn
from bayesneuron.draws.convergence import convergence
from bayesneuron.draws.provenance import Start
from bayesneuron.draws.tree import Fit, build_tree, flatten_sites, theta_of
from bayesneuron.inference.curvature import FLOOR, blocks_of, hessian, inverse_roots
from bayesneuron.inference.starts import find_optima
from bayesneuron.inference.warm_start import Target, warm_start
from bayesneuron.inference.whitened import Plan, sample_chains
from bayesneuron.network.arrays import as_arrays
from bayesneuron.network.density import density

HERE = Path(__file__).parent
NETWORKS = {"20-4-5": (4, 5), "20-8-1": (8, 1)}
CHAINS, SAMPLES, WARMUP = 4, 500, 500
PARTICLES = 250
BATCH = 100  # windows that HMCECS looks at
PYTHON: dict[str, str] = {}
POINTS = 16  # draws of a chain at which the curvature is averaged


def expected_curvature(model: bn.Model, x: Any, y: Any, *, seed: int) -> xr.DataTree:
    """Chains whitened a second time, by the mean Hessian over the draws of a first stage."""
    with jax.enable_x64(True):
        inputs, targets = (jnp.asarray(v) for v in as_arrays(model, x, y))
        dens = density(model, inputs, targets)
        began = time.perf_counter()
        target = Target(dens, inputs, targets, temper=1.0, seed=seed)
        start = warm_start(target, "optima", chains=CHAINS, starts=25, mass="dense")
        blocks = blocks_of(dens, "dense")
        rest: dict[str, Any] = {"temper": 1.0, "advance": lambda count: None}
        plan = Plan(dens, False, WARMUP // 4, WARMUP // 4, 0.8, 10)
        first = sample_chains(plan, blocks, start.theta, start.roots, inputs, targets,
                              seed=seed, **rest)  # fmt: skip
        at = np.linspace(0, first.theta.shape[1] - 1, POINTS).astype(int)
        mean = np.stack([
            np.mean([hessian(dens, jnp.asarray(t), inputs, targets) for t in chain[at]], axis=0)
            for chain in first.theta
        ])  # fmt: skip
        mode = np.asarray(start.start.mode)
        mean = np.stack([mean[mode == m].mean(axis=0) for m in mode])
        each = [inverse_roots(h, blocks, diagonal=False, floor=FLOOR) for h in mean]
        roots = {name: np.stack([r[name] for r in each]) for name in blocks}
        plan = Plan(dens, False, WARMUP // 2, SAMPLES, 0.8, 10)
        found = sample_chains(plan, blocks, np.asarray(first.theta[:, -1]), roots, inputs, targets,
                              seed=seed + 1, **rest)  # fmt: skip
        details = {"seconds": time.perf_counter() - began,
                   "divergences": int(found.stats["diverging"].sum())}  # fmt: skip
        fit = Fit(np.asarray(found.theta), found.stats, details, whitened=True, start=start.start)
        return build_tree(model, fit, x, y, method="nuts", seed=seed)


def by_blackjax(way: str) -> Any:
    """SMC from the prior, the others from our optima; ``--blackjax-python`` runs them."""

    def run(model: bn.Model, x: Any, y: Any, *, seed: int) -> xr.DataTree:
        with jax.enable_x64(True):
            inputs, targets = (jnp.asarray(v) for v in as_arrays(model, x, y))
            dens = density(model, inputs, targets)
            began, origin = time.perf_counter(), Start()
            if way != "smc":
                target = Target(dens, inputs, targets, temper=1.0, seed=seed)
                start = warm_start(target, "optima", chains=CHAINS, starts=25, mass="dense")
                theta, (root,), origin = start.theta, start.roots.values(), start.start
            else:
                drawn = bn.prior(model, x, samples=CHAINS * PARTICLES, seed=seed)
                theta = theta_of(dens, drawn).reshape(CHAINS, PARTICLES, -1)
                root = np.zeros(1)
            given = {f"places_{k}": v for k, v in dens.places.items()}
            given |= {"x": inputs, "y": targets, "start": theta, "root": root}
            told, arrays = ask(PYTHON["blackjax"], "_blackjax_walk.py", given, way,
                               PARTICLES if way == "smc" else SAMPLES)  # fmt: skip
            details = {"seconds": time.perf_counter() - began, "divergences": told["divergences"]}
            stats = {"n_steps": np.full(arrays["theta"].shape[:2], told["steps"])}
            fit = Fit(arrays["theta"], stats, details, whitened=way != "smc", start=origin)
            return build_tree(model, fit, x, y, method=way, seed=seed)

    return run


def held_bias(model: bn.Model, x: Any, y: Any, *, seed: int) -> xr.DataTree:
    """Another prior: the output bias N(0, 0.1²), so that no saturated neuron trades with it."""
    held = bn.load(_network, layout=model.layout, bias=0.1, **model.options)
    return nuts()(held, x, y, seed=seed)


def _network(
    x: jax.Array,
    y: jax.Array | None = None,
    *,
    inputs: int,
    hidden: int,
    outputs: int,
    bias: float = 1.0,
    batch: int | None = None,
) -> None:
    """The package's network; sd of the output bias; likelihood of a random part of the windows."""
    sizes = {
        "hidden_weight": ([hidden, inputs], inputs**-0.5),
        "hidden_bias": ([hidden], 1.0),
        "output_weight": ([outputs, hidden], hidden**-0.5),
        "output_bias": ([outputs], bias),
    }
    w2, b1, w1, b2 = (
        numpyro.sample(k, dist.Normal(0, s).expand(n).to_event(len(n)))
        for k, (n, s) in sizes.items()
    )
    sd = numpyro.sample("noise", dist.HalfNormal(1.0))
    with numpyro.plate("observation", x.shape[0], subsample_size=batch):
        if batch is not None:
            x, y = (numpyro.subsample(v, event_dim=1) for v in (x, y))
        h = jnp.tanh(x @ w2.T + b1)
        mean = h @ w1.T + b2
        numpyro.sample("y", dist.Normal(mean, sd).to_event(1), obs=y)
    if batch is None:
        numpyro.deterministic("hidden_activation", h)
        numpyro.deterministic("mean", mean)


def subsampled(model: bn.Model, x: Any, y: Any, *, seed: int) -> xr.DataTree:
    """HMCECS of NumPyro from the best optimum: `BATCH` windows, a tenth of them renewed a draw.

    The rest of the likelihood is its second-order expansion at the optimum.
    """
    with jax.enable_x64(True):
        inputs, targets = (jnp.asarray(v) for v in as_arrays(model, x, y))
        dens = density(model, inputs, targets)
        began = time.perf_counter()
        best = find_optima(dens, inputs, targets, starts=25, keep=1, seed=seed)
        at = dens.constrain(jnp.asarray(best.theta[0]))
        part = functools.partial(_network, **model.options, batch=BATCH)
        kernel = HMCECS(
            NUTS(part, dense_mass=True, init_strategy=init_to_value(values=at)),
            num_blocks=10,
            proxy=HMCECS.taylor_proxy(at),
        )
        sampler = MCMC(kernel, num_warmup=WARMUP, num_samples=SAMPLES, num_chains=CHAINS,
                       chain_method="sequential", progress_bar=False)  # fmt: skip
        sampler.run(jax.random.key(seed), inputs, targets,
                    extra_fields=("hmc_state.num_steps", "hmc_state.diverging"))  # fmt: skip
        told = sampler.get_extra_fields(group_by_chain=True)
        steps, diverging = (np.asarray(told[f"hmc_state.{k}"]) for k in ("num_steps", "diverging"))
        theta = flatten_sites(dens, {k: np.asarray(v) for k, v in sampler.get_samples().items()})
        theta = theta.reshape(CHAINS, SAMPLES, -1)
        details = {"seconds": time.perf_counter() - began, "divergences": int(diverging.sum())}
        fit = Fit(theta, {"n_steps": steps}, details)
        return build_tree(model, fit, x, y, method="hmcecs", seed=seed)


def nuts(**options: Any) -> Any:
    given = {"chains": CHAINS, "samples": SAMPLES, "warmup": WARMUP, **options}
    return lambda model, x, y, *, seed: bn.nuts(model, x, y, seed=seed, **given)


WAYS: dict[str, Any] = {
    "prior starts, adapted dense": nuts(start="prior"),
    "prior starts, adapted diagonal": nuts(start="prior", mass="diagonal"),
    "optima, dense curvature": nuts(),
    "optima, curvature by layer": nuts(mass="block"),
    "optima, diagonal curvature": nuts(mass="diagonal"),
    "best optimum, dense curvature": nuts(start="best"),
    "distinct optima, two chains each, dense curvature": nuts(start="modes"),
    "optima, mean curvature of a first stage": expected_curvature,
    "optima, dense curvature, output bias N(0, 0.1)": held_bias,
    "MAMS from optima, dense curvature": by_blackjax("mams"),
    "MAMS, 32 leapfrog steps a move": by_blackjax("mams_long"),
    "MAMS, low-rank metric": by_blackjax("mams_low_rank"),
    "NUTS, low-rank metric": by_blackjax("nuts_low_rank"),
    "tempered SMC from the prior, 4 x 250": by_blackjax("smc"),
    "HMCECS from the best optimum, 100 of the windows": subsampled,
}
LONG = {"optima, dense curvature, 16,000 draws": nuts(samples=16_000, warmup=1000)}  # if asked for


def main() -> None:
    """One row at a time, so that a table is left if it is stopped."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--network", choices=NETWORKS, action="append")
    parser.add_argument("--way", choices=[*WAYS, *LONG], action="append")
    parser.add_argument("--blackjax-python", help="a Python that has it; left out without")
    asked = parser.parse_args()
    PYTHON["blackjax"] = asked.blackjax_python
    warnings.simplefilter("ignore")
    series = bn.datasets.motionsense("wlk_7")
    path = HERE / "results" / "exploration.csv"
    rows = pd.read_csv(path).to_dict("records") if path.exists() else []
    for network in asked.network or NETWORKS:
        hidden, horizon = NETWORKS[network]
        x, y = bn.windows(series[:3000], history=20, horizon=horizon, stride=5)
        held = bn.windows(series[3000:5000], history=20, horizon=horizon, stride=5, standardize=x)
        model = bn.load("two_layer", inputs=20, hidden=hidden, outputs=horizon)
        for way in asked.way or WAYS:
            if any(k in way for k in ("MAMS", "SMC", "low-rank")) and not asked.blackjax_python:
                print(f"left out, no Python given: {way}")
                continue
            draws = (WAYS | LONG)[way](model, x, y, seed=0)
            found = bn.modes(draws, model=model)
            chain = [lpd(one_chain(draws, c), model, held) for c in range(CHAINS)]
            ess = convergence(bn.align(draws))[1]
            row = {
                "network": network, "way": way, "seconds": draws.attrs["seconds"],
                "steps": float(draws["sample_stats"]["n_steps"].mean()),
                "divergences": draws.attrs["divergences"],
                "modes": len(found.draws), "stacking": found.weights.max(),
                "rhat_all": convergence(bn.align(draws))[0],
                "rhat_within": found.table["rhat"].iloc[0], "rhat_mixture": found.rhat_function,
                "rhat_nested": found.rhat_nested, "min_ess": ess,
                "ess_per_second": ess / draws.attrs["seconds"],
                "lpd_best_chain": max(chain), "lpd_mixture": lpd(found.mixed(), model, held),
                "machine": machine(), "versions": versions(),
            }  # fmt: skip
            rows = [r for r in rows if (r["network"], r["way"]) != (network, way)] + [row]
            pd.DataFrame(rows).to_csv(path, index=False, float_format="%.5g")
            print(pd.Series(row).to_string(), flush=True)


def one_chain(draws: xr.DataTree, chain: int) -> xr.DataTree:
    posterior = draws["posterior"].to_dataset().isel(chain=[chain])
    tree = xr.DataTree.from_dict({"posterior": posterior})
    tree.attrs = draws.attrs
    return tree


def lpd(draws: xr.DataTree, model: bn.Model, held: tuple[Any, Any]) -> float:
    """Mean log predictive density of a held-out window."""
    told = np.asarray(bn.predict(draws, *held, model=model)["log_likelihood"]["y"])
    flat = told.reshape(-1, told.shape[-1])
    return float((np.logaddexp.reduce(flat, axis=0) - np.log(len(flat))).mean())


main()
