"""What else was tried on the ridge of MotionSense walking 20-8-1, beside `exploration.py`.

The same data and network. Each row has its CPU seconds with the search for optima and compilation,
without alignment and predictions. Writes benchmarks/results/ridges.csv after each row; rows that
are there already are not run again. MotionSense is downloaded or read from BAYESNEURON_DATA.
"""

import argparse
import time
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr
from _cases import walking_split
from _coordinates import Centred, Collapsed, loss
from _draws import one_chain, recorded, rhat_of_function
from _lockstep import Ladder, Length, lockstep
from _tables import RESULTS, machine, versions
from blackjax.adaptation.laps import laps as late_adjusted
from exploration import CHAINS, NETWORKS, WARMUP, lpd, nuts
from scipy.optimize import minimize

import bayesneuron as bn
from bayesneuron.draws.convergence import convergence
from bayesneuron.draws.tree import Fit, build_tree
from bayesneuron.inference.curvature import FLOOR, hessian, inverse_root
from bayesneuron.inference.warm_start import Target, WarmStart, warm_start
from bayesneuron.inference.whitened import Plan, sample_chains
from bayesneuron.network.arrays import as_arrays
from bayesneuron.network.density import Density, density

KEPT = 1000  # draws of each longer chain, whatever its length
POWERS = np.geomspace(1.0, 0.12, 12)  # of the likelihood, under parallel tempering
MANY = 64  # short chains
CROWD = 128  # chains of LAPS, whose last states are its draws


class Problem:
    """The data in double and single precision, and starts at the optima, which are sought once."""

    searches: ClassVar[list[tuple[WarmStart, float, float]]] = []  # with wall and CPU seconds

    def __init__(self, model: bn.results.Model, x: Any, y: Any, *, seed: int) -> None:
        self.model, self.x, self.y, self.seed = model, x, y, seed
        self.arrays = as_arrays(model, x, y)
        with jax.enable_x64(True):
            self.data = tuple(jnp.asarray(v) for v in self.arrays)
            self.dens = density(model, *self.data)
            if not self.searches:
                before = time.perf_counter(), time.process_time()
                target = Target(self.dens, *self.data, temper=1.0, seed=seed)
                start = warm_start(target, "optima", chains=CHAINS, starts=25, mass="dense")
                after = time.perf_counter(), time.process_time()
                self.searches.append((start, after[0] - before[0], after[1] - before[1]))
            self.start, *self.search = self.searches[0]
        self.began = time.perf_counter(), time.process_time()

    def single(self) -> tuple[Density, jax.Array, jax.Array]:
        """Density and data in single precision; to be called and used without double."""
        data = tuple(jnp.asarray(v, jnp.float32) for v in self.arrays)
        return density(self.model, *data), *data

    def tree(self, theta: np.ndarray, steps: Any, divergences: int, **details: Any) -> xr.DataTree:
        """Draws of θ with their leapfrog steps, and what else was recorded."""
        details |= {
            "seconds": time.perf_counter() - self.began[0] + self.search[0],
            "cpu_seconds": time.process_time() - self.began[1] + self.search[1],
            "divergences": divergences,
        }
        stats = {"n_steps": np.broadcast_to(steps, theta.shape[:2])}
        fit = Fit(theta.astype(float), stats, details, whitened=True, start=self.start.start)
        return build_tree(self.model, fit, self.x, self.y, method="nuts", seed=self.seed)


def whitened_nuts(
    dens: Any,
    u: np.ndarray,
    roots: np.ndarray,
    x: jax.Array,
    y: jax.Array,
    *,
    draws: int,
    seed: int,
) -> tuple[np.ndarray, np.ndarray, int]:
    """Draws kept, leapfrog steps for each of them, and divergences, in the precision in force."""
    every = draws // KEPT
    plan = Plan(dens, False, WARMUP, draws, 0.8, 10)
    chain = sample_chains(
        plan, {"all": np.arange(dens.size)}, u.astype(x.dtype), {"all": roots.astype(x.dtype)},
        x, y, temper=1.0, seed=seed, advance=lambda count: None,
    )  # fmt: skip
    steps = chain.stats["n_steps"].reshape(len(u), KEPT, every).sum(axis=2)
    return chain.theta[:, every - 1 :: every], steps, int(chain.stats["diverging"].sum())


def single_precision(
    model: bn.results.Model, x: Any, y: Any, *, draws: int, seed: int
) -> xr.DataTree:
    """The default of `bn.nuts`, longer, and in single precision after the search."""
    problem = Problem(model, x, y, seed=seed)
    with jax.enable_x64(False):
        dens, *data = problem.single()
        roots = problem.start.roots["all"]
        return problem.tree(
            *whitened_nuts(dens, problem.start.theta, roots, *data, draws=draws, seed=seed)
        )


def centred(model: bn.results.Model, x: Any, y: Any, *, draws: int, seed: int) -> xr.DataTree:
    """The same with the output bias replaced by the mean output."""
    problem = Problem(model, x, y, seed=seed)
    with jax.enable_x64(True):
        other = Centred(problem.dens)
        u = [np.asarray(other.theta(jnp.asarray(t), problem.data[0], 1.0))
             for t in problem.start.theta]  # fmt: skip
        roots = curvature_roots(other, u, *problem.data)
    with jax.enable_x64(False):
        dens, *data = problem.single()
        other = Centred(dens)
        drawn, *rest = whitened_nuts(other, np.stack(u), roots, *data, draws=draws, seed=seed)
        back = jax.jit(jax.vmap(jax.vmap(lambda one: other.theta(one, data[0]))))
        return problem.tree(np.asarray(back(drawn)), *rest)


def collapsed(model: bn.results.Model, x: Any, y: Any, *, draws: int, seed: int) -> xr.DataTree:
    """Hidden weights and noise by NUTS, output weights and bias drawn given them."""
    problem = Problem(model, x, y, seed=seed)
    with jax.enable_x64(True):
        other = Collapsed(problem.dens)
        u = [minimize(lambda v: jax.tree.map(np.asarray, loss(other, v, *problem.data)),
                      t[other.kept], jac=True, method="L-BFGS-B", options={"maxiter": 2000}).x
             for t in problem.start.theta]  # fmt: skip
        roots = curvature_roots(other, u, *problem.data)
    with jax.enable_x64(False):
        dens, *data = problem.single()
        other = Collapsed(dens)
        drawn, *rest = whitened_nuts(other, np.stack(u), roots, *data, draws=draws, seed=seed)
        keys = jax.random.split(jax.random.key(seed + 1), drawn.shape[:2])
        back = jax.jit(jax.vmap(jax.vmap(lambda one, key: other.theta(one, *data, key))))
        return problem.tree(np.asarray(back(drawn, keys)), *rest)


def curvature_roots(dens: Any, u: list[np.ndarray], x: jax.Array, y: jax.Array) -> np.ndarray:
    """A root of the inverse curvature at each start, (chain, size, size)."""
    at = [np.asarray(hessian(dens, jnp.asarray(one), x, y)) for one in u]
    return np.stack([inverse_root(h, FLOOR).root for h in at])


def in_lockstep(chains: int, powers: np.ndarray, length: Length) -> Callable[..., xr.DataTree]:
    """HMC from one optimum, whitened by its curvature at each power of the likelihood."""

    def run(model: bn.results.Model, x: Any, y: Any, *, seed: int) -> xr.DataTree:
        problem = Problem(model, x, y, seed=seed)
        best = problem.start.theta[0]
        with jax.enable_x64(True):
            at = [np.asarray(hessian(problem.dens, jnp.asarray(best), *problem.data, p))
                  for p in powers]  # fmt: skip
        roots = np.stack([inverse_root(h, FLOOR).root for h in at])
        noise = np.random.default_rng(seed).normal(size=(chains, *roots.shape[:2]))
        theta = best + 0.5 * np.einsum("kij,ckj->cki", roots, noise)
        with jax.enable_x64(False):
            dens, *data = problem.single()
            ladder = Ladder(*(jnp.asarray(v, jnp.float32) for v in (powers, roots)))
            drawn, shares = lockstep(
                dens, jnp.asarray(theta, jnp.float32), ladder, *data, length, seed=seed
            )
            steps = length.thinning * length.leaps * len(powers)
            return problem.tree(drawn, steps, 0, **shares)

    return run


def laps(unadjusted: int, adjusted: int) -> Callable[..., xr.DataTree]:
    """BlackJAX's late adjusted parallel sampler, once from each start, whitened there.

    Its many chains tune each other, first without an accept step and then with one. The last
    states of a run are the draws of one chain here, so that R-hat compares runs.
    """

    def run(model: bn.results.Model, x: Any, y: Any, *, seed: int) -> xr.DataTree:
        problem = Problem(model, x, y, seed=seed)
        with jax.enable_x64(False):
            dens, *data = problem.single()
            mesh = jax.sharding.Mesh(np.array(jax.devices()), ("chains",))
            theta = []
            for k, begin in enumerate(problem.start.theta):
                root = jnp.asarray(problem.start.roots["all"][k], jnp.float32)
                at = partial(_affine, jnp.asarray(begin, jnp.float32), root)
                last = late_adjusted(
                    lambda z, at=at: dens.log_joint(at(z), *data),
                    lambda key: jax.random.normal(key, (dens.size,)), dens.size,
                    unadjusted, adjusted, CROWD, mesh,
                    jax.random.fold_in(jax.random.key(seed), k), diagnostics=False,
                )[-1]  # fmt: skip
                theta.append(jax.vmap(at)(last.position))
            return problem.tree(np.stack(theta), 2 * unadjusted + adjusted, 0)

    return run


def _affine(center: jax.Array, root: jax.Array, z: jax.Array) -> jax.Array:
    return center + root @ z


def hierarchical(model: bn.results.Model, x: Any, y: Any, *, seed: int) -> xr.DataTree:
    """The default of `bn.nuts` where each layer learns its scale."""
    other = bn.load("two_layer", prior="hierarchical", **model.options)
    return nuts()(other, x, y, seed=seed)


def ensemble(**options: Any) -> Callable[..., xr.DataTree]:
    """`bn.ensemble` of 16 members."""
    return lambda model, x, y, *, seed: bn.ensemble(model, x, y, members=16, seed=seed, **options)


SAMPLERS: dict[str, Callable[..., xr.DataTree]] = {
    "optima, single precision, 4 x 4,000": partial(single_precision, draws=4000),
    "output weights integrated out, 4 x 4,000": partial(collapsed, draws=4000),
    "parallel tempering, 4 x 12 powers": in_lockstep(CHAINS, POWERS, Length(200, 300, 2, 32)),
    "hierarchical prior": hierarchical,
    "64 short chains of HMC": in_lockstep(MANY, np.ones(1), Length(100, 75, 4, 48)),
    "LAPS, 4 x 128 chains of 6,000 steps": laps(2000, 4000),
    "ensemble of 16 members, MCLMC": ensemble(samples=250, warmup=2000, thinning=20),
    "output bias replaced by the mean output, 4 x 2,000": partial(centred, draws=2000),
    "optima, single precision, 4 x 8,000": partial(single_precision, draws=8000),
    "ensemble of 16 members, MAMS": ensemble(samples=250, warmup=1000, thinning=4, sampler="mams"),
}


def main() -> None:
    """Write the table after each row, so that a stopped run leaves one and goes on there."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sampler", choices=SAMPLERS, action="append")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    path = RESULTS / "ridges.csv"
    rows = pd.read_csv(path).to_dict("records") if path.exists() else []
    hidden, horizon = NETWORKS["20-8-1"]
    x, y, *test = walking_split(20, horizon)
    model = bn.load("two_layer", inputs=20, hidden=hidden, outputs=horizon)
    for sampler in args.sampler or SAMPLERS:
        if sampler in [r["sampler"] for r in rows]:
            continue
        before = time.process_time()
        draws = SAMPLERS[sampler](model, x, y, seed=0)
        cpu = draws.attrs.get("cpu_seconds", time.process_time() - before)
        sizes = draws["posterior"].sizes
        rhat, ess = convergence(bn.align(draws))
        by_chain = [lpd(one_chain(draws, c), None, test) for c in range(sizes["chain"])]
        details = draws.attrs
        rows.append({
            "network": "20-8-1", "sampler": sampler, "cpu_seconds": cpu,
            "seconds": recorded(draws, "seconds"), "chains": sizes["chain"],
            "draws": sizes["draw"], "steps": float(draws["sample_stats"]["n_steps"].mean()),
            "divergences": recorded(draws, "divergences"),
            "swapped": details.get("swapped", np.nan), "rhat_all": rhat,
            "rhat_predictions": rhat_of_function(draws), "min_ess": ess,
            "ess_per_cpu_second": ess / cpu, "lpd_best_chain": max(by_chain),
            "lpd_worst_chain": min(by_chain), "lpd_all_chains": lpd(draws, None, test),
            "machine": machine(), "versions": versions(),
        })  # fmt: skip
        pd.DataFrame(rows).to_csv(path, index=False, float_format="%.5g")
        print(pd.Series(rows[-1]).to_string(), details.get("accepted"), flush=True)


if __name__ == "__main__":
    main()
