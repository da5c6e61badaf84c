"""Samplers on posteriors with several modes and ridges: MotionSense walking, 20-4-5 and 20-8-1.

Subject 1, first recording of walking, first 3,000 samples, stride 5; four chains of 500 draws after
500. Writes benchmarks/results/exploration.csv, one row per network and sampler. MotionSense is
downloaded or read from BAYESNEURON_DATA.
"""

import argparse
import functools
import time
import warnings
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import pandas as pd
import xarray as xr
from _cases import walking_split
from _draws import log_predictive_density, one_chain, recorded
from _peers import run_peer
from _tables import RESULTS, machine, versions
from numpyro.infer import HMCECS, MCMC, NUTS, init_to_value

import bayesneuron as bn
from bayesneuron.draws.convergence import convergence
from bayesneuron.draws.free_vectors import flatten_sites
from bayesneuron.draws.provenance import Start
from bayesneuron.draws.tree import Fit, build_tree, theta_of
from bayesneuron.inference.curvature import FLOOR, blocks_of, hessian, inverse_roots
from bayesneuron.inference.starts import find_optima
from bayesneuron.inference.warm_start import Target, warm_start
from bayesneuron.inference.whitened import Plan, sample_chains
from bayesneuron.network.arrays import as_arrays
from bayesneuron.network.density import density

NETWORKS = {"20-4-5": (4, 5), "20-8-1": (8, 1)}
CHAINS, SAMPLES, WARMUP = 4, 500, 500
PARTICLES = 250
BATCH = 100  # windows per likelihood evaluation of HMCECS
PYTHON: dict[str, str] = {}
POINTS = 16  # draws per chain over which the curvature is averaged


def expected_curvature(model: bn.results.Model, x: Any, y: Any, *, seed: int) -> xr.DataTree:
    """Chains whitened a second time, by the mean Hessian over draws of a first stage."""
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
        by_chain = [inverse_roots(h, blocks, diagonal=False, floor=FLOOR) for h in mean]
        roots = {name: np.stack([r[name] for r in by_chain]) for name in blocks}
        plan = Plan(dens, False, WARMUP // 2, SAMPLES, 0.8, 10)
        second = sample_chains(plan, blocks, np.asarray(first.theta[:, -1]), roots, inputs, targets,
                              seed=seed + 1, **rest)  # fmt: skip
        details = {"seconds": time.perf_counter() - began,
                   "divergences": int(second.stats["diverging"].sum())}  # fmt: skip
        fit = Fit(np.asarray(second.theta), second.stats, details, whitened=True, start=start.start)
        return build_tree(model, fit, x, y, method="nuts", seed=seed)


def by_blackjax(method: str) -> Any:
    """A method of `_blackjax_walk.py`: SMC from the prior, the others from our optima."""

    def run(model: bn.results.Model, x: Any, y: Any, *, seed: int) -> xr.DataTree:
        with jax.enable_x64(True):
            inputs, targets = (jnp.asarray(v) for v in as_arrays(model, x, y))
            dens = density(model, inputs, targets)
            began, origin = time.perf_counter(), Start()
            if method != "smc":
                target = Target(dens, inputs, targets, temper=1.0, seed=seed)
                start = warm_start(target, "optima", chains=CHAINS, starts=25, mass="dense")
                theta, (root,), origin = start.theta, start.roots.values(), start.start
            else:
                particles = bn.prior(model, x, samples=CHAINS * PARTICLES, seed=seed)
                theta = theta_of(dens, particles).reshape(CHAINS, PARTICLES, -1)
                root = np.zeros(1)
            data = {f"places_{k}": v for k, v in dens.places.items()}
            data |= {"x": inputs, "y": targets, "start": theta, "root": root}
            answer, arrays = run_peer(
                PYTHON["blackjax"], "_blackjax_walk.py", data, method,
                PARTICLES if method == "smc" else SAMPLES,
            )  # fmt: skip
            details = {"seconds": time.perf_counter() - began, "divergences": answer["divergences"]}
            stats = {"n_steps": np.full(arrays["theta"].shape[:2], answer["steps"])}
            fit = Fit(arrays["theta"], stats, details, whitened=method != "smc", start=origin)
            return build_tree(model, fit, x, y, method=method, seed=seed)

    return run


def small_bias(model: bn.results.Model, x: Any, y: Any, *, seed: int) -> xr.DataTree:
    """Another prior: output bias N(0, 0.1²), so that saturated neurons cannot trade with it."""
    other = bn.load(_network, layout=model.layout, bias=0.1, **model.options)
    return nuts()(other, x, y, seed=seed)


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
    """The two-layer network; `bias` is the prior sd of the output bias, `batch` subsamples."""
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


def subsampled(model: bn.results.Model, x: Any, y: Any, *, seed: int) -> xr.DataTree:
    """NumPyro's HMCECS from the best optimum: `BATCH` windows, a tenth of them renewed per draw.

    The rest of the likelihood is its second-order expansion at the optimum.
    """
    with jax.enable_x64(True):
        inputs, targets = (jnp.asarray(v) for v in as_arrays(model, x, y))
        dens = density(model, inputs, targets)
        began = time.perf_counter()
        best = find_optima(dens, inputs, targets, starts=25, keep=1, seed=seed)
        at = dens.constrain(jnp.asarray(best.theta[0]))
        batched = functools.partial(_network, **model.options, batch=BATCH)
        kernel = HMCECS(
            NUTS(batched, dense_mass=True, init_strategy=init_to_value(values=at)),
            num_blocks=10,
            proxy=HMCECS.taylor_proxy(at),
        )
        sampler = MCMC(kernel, num_warmup=WARMUP, num_samples=SAMPLES, num_chains=CHAINS,
                       chain_method="sequential", progress_bar=False)  # fmt: skip
        sampler.run(jax.random.key(seed), inputs, targets,
                    extra_fields=("hmc_state.num_steps", "hmc_state.diverging"))  # fmt: skip
        stats = sampler.get_extra_fields(group_by_chain=True)
        steps, diverging = (np.asarray(stats[f"hmc_state.{k}"]) for k in ("num_steps", "diverging"))
        theta = flatten_sites(dens, {k: np.asarray(v) for k, v in sampler.get_samples().items()})
        theta = theta.reshape(CHAINS, SAMPLES, -1)
        details = {"seconds": time.perf_counter() - began, "divergences": int(diverging.sum())}
        fit = Fit(theta, {"n_steps": steps}, details)
        return build_tree(model, fit, x, y, method="hmcecs", seed=seed)


def nuts(**options: Any) -> Any:
    options = {"chains": CHAINS, "samples": SAMPLES, "warmup": WARMUP, **options}
    return lambda model, x, y, *, seed: bn.nuts(model, x, y, seed=seed, **options)


SAMPLERS: dict[str, Any] = {
    "prior starts, adapted dense": nuts(start="prior"),
    "prior starts, adapted diagonal": nuts(start="prior", mass="diagonal"),
    "optima, dense curvature": nuts(),
    "optima, curvature by layer": nuts(mass="block"),
    "optima, diagonal curvature": nuts(mass="diagonal"),
    "best optimum, dense curvature": nuts(start="best"),
    "distinct optima, two chains each, dense curvature": nuts(start="modes"),
    "optima, mean curvature of a first stage": expected_curvature,
    "optima, dense curvature, output bias N(0, 0.1)": small_bias,
    "MAMS from optima, dense curvature": by_blackjax("mams"),
    "MAMS, 32 leapfrog steps per move": by_blackjax("mams_long"),
    "MAMS, low-rank metric": by_blackjax("mams_low_rank"),
    "NUTS, low-rank metric": by_blackjax("nuts_low_rank"),
    "tempered SMC from the prior, 4 x 250": by_blackjax("smc"),
    "HMCECS from the best optimum, 100 of the windows": subsampled,
}
LONG = {"optima, dense curvature, 16,000 draws": nuts(samples=16_000, warmup=1000)}  # if named


def main() -> None:
    """Write the table after each row, so that a stopped run leaves one."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--network", choices=NETWORKS, action="append")
    parser.add_argument("--sampler", choices=[*SAMPLERS, *LONG], action="append")
    parser.add_argument(
        "--blackjax-python", help="a Python with BlackJAX installed; skipped if not given"
    )
    args = parser.parse_args()
    PYTHON["blackjax"] = args.blackjax_python
    warnings.simplefilter("ignore")
    path = RESULTS / "exploration.csv"
    rows = pd.read_csv(path).to_dict("records") if path.exists() else []
    for network in args.network or NETWORKS:
        hidden, horizon = NETWORKS[network]
        x, y, *test = walking_split(20, horizon)
        model = bn.load("two_layer", inputs=20, hidden=hidden, outputs=horizon)
        for sampler in args.sampler or SAMPLERS:
            if any(k in sampler for k in ("MAMS", "SMC", "low-rank")) and not args.blackjax_python:
                print(f"skipped, no --blackjax-python: {sampler}")
                continue
            draws = (SAMPLERS | LONG)[sampler](model, x, y, seed=0)
            modes = bn.modes(draws, cv="loo", model=model)
            by_chain = [lpd(one_chain(draws, c), model, test) for c in range(CHAINS)]
            rhat, ess = convergence(bn.align(draws))
            seconds = recorded(draws, "seconds")
            row = {
                "network": network, "sampler": sampler, "seconds": seconds,
                "steps": float(draws["sample_stats"]["n_steps"].mean()),
                "divergences": recorded(draws, "divergences"),
                "modes": len(modes.trees), "stacking": modes.weights.max(),
                "rhat_all": rhat,
                "rhat_within": modes.table()["rhat"].iloc[0], "rhat_mixture": modes.rhat_function,
                "rhat_nested": modes.rhat_nested, "min_ess": ess,
                "ess_per_second": ess / seconds,
                "lpd_best_chain": max(by_chain), "lpd_mixture": lpd(modes.mixed(), model, test),
                "machine": machine(), "versions": versions(),
            }  # fmt: skip
            rows = [r for r in rows if (r["network"], r["sampler"]) != (network, sampler)] + [row]
            pd.DataFrame(rows).to_csv(path, index=False, float_format="%.5g")
            print(pd.Series(row).to_string(), flush=True)


def lpd(draws: xr.DataTree, model: bn.results.Model, test: Sequence[Any]) -> float:
    """Mean log predictive density of the held-out windows."""
    return log_predictive_density(bn.predict(draws, *test, model=model)["log_likelihood"]["y"])


if __name__ == "__main__":
    main()
