"""Where the time of `bn.nuts` goes within one mode: steps per draw, cost of a step, what is spent.

Chains of one start (search in double precision, `bn.nuts`'s own) draw by variants: single
precision, other target acceptance rates, a shorter warm-up. ``step_us`` is CPU microseconds of a
leapfrog step, from the difference between 1,000 and 3,000 draws. ``warmup_cpu`` is what is left of
the first run. ``within_cpu`` is the smallest sum of the chains' ESS per CPU second of the sampling
alone, ``per_step`` the same per thousand steps of drawing.
"""

import argparse
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from _cases import Case
from _tables import RESULTS, report
from _timing import costed, costed_twice
from arviz_stats.base.array import array_stats
from nuts_speed import CASES, CHAINS, SAMPLES, WARMUP

from bayesneuron.inference import whitened
from bayesneuron.inference.curvature import blocks_of
from bayesneuron.inference.segments import Chain
from bayesneuron.inference.warm_start import Target, WarmStart, warm_start
from bayesneuron.inference.whitened import Plan, sample_chains
from bayesneuron.network.density import density

VARIANTS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "single precision": {"x64": False},
    "target acceptance 0.65": {"target": 0.65},
    "target acceptance 0.9": {"target": 0.9},
    "200 steps of warm-up": {"warmup": 200},
}


def starts(case: Case, seed: int) -> tuple[float, WarmStart]:
    """CPU seconds of the search, compiled, and what it finds."""
    with jax.enable_x64(True):
        x, y = (jnp.asarray(np.asarray(v), float) for v in (case.x, case.y))
        target = Target(density(case.model, x, y), x, y, 1.0, seed)
        costs, begun = costed_twice(
            lambda: warm_start(target, "optima", chains=CHAINS, starts=25, mass="dense")
        )
    return costs[1].cpu, begun


def sampling(
    case: Case, begun: WarmStart, samples: int, seed: int, *,
    x64: bool = True, target: float = 0.8, warmup: int = WARMUP,
) -> tuple[float, Chain]:  # fmt: skip
    """CPU seconds of warm-up and draws, compiled, and the draws."""
    whitened._kernels.cache_clear()  # programs of the other precision
    with jax.enable_x64(x64):
        x, y = (jnp.asarray(np.asarray(v), float) for v in (case.x, case.y))
        dens = density(case.model, x, y)
        plan = Plan(dens, False, warmup, samples, target, 10)
        theta, roots = (jax.tree.map(lambda v: v.astype(x.dtype), t)
                        for t in (begun.theta, begun.roots))  # fmt: skip

        def run() -> Chain:
            return sample_chains(
                plan, blocks_of(dens, "dense"), theta, roots, x, y,
                temper=1.0, seed=seed, advance=lambda count: None,
            )  # fmt: skip

        costed(run)
        cost, chain = costed(run)
    return cost.cpu, chain


def within(theta: np.ndarray) -> float:
    """The chains' effective sample sizes, summed; smallest over the parameters."""
    sizes = [array_stats.ess(one[None], chain_axis=0, draw_axis=1) for one in theta.astype(float)]
    return float(np.sum(sizes, axis=0).min())


def rows_of(case: Case, seed: int, variants: list[str]) -> list[dict[str, Any]]:
    search, begun = starts(case, seed)
    rows = []
    for name in variants:
        cpu, chain = sampling(case, begun, SAMPLES, seed, **VARIANTS[name])
        long_cpu, long = sampling(case, begun, 3 * SAMPLES, seed, **VARIANTS[name])
        steps, long_steps = (float(c.stats["n_steps"].sum()) for c in (chain, long))
        step = (long_cpu - cpu) / (long_steps - steps)
        ess = within(np.asarray(chain.theta))
        rows.append({
            "case": case.title, "variant": name, "seed": seed, "search_cpu": search,
            "warmup_cpu": cpu - step * steps, "draws_cpu": step * steps, "step_us": 1e6 * step,
            "steps": float(chain.stats["n_steps"].mean()), "within": ess,
            "within_cpu": ess / cpu, "per_step": 1000 * ess / steps,
            "divergences": int(chain.stats["diverging"].sum()),
        })  # fmt: skip
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", default=list(CASES), help=f"of {[*CASES]}")
    parser.add_argument("--variants", nargs="*", default=list(VARIANTS), choices=list(VARIANTS))
    parser.add_argument("--seeds", type=int, nargs="*", default=[0])
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    rows = [
        r for n in args.cases for s in args.seeds for r in rows_of(CASES[n](), s, args.variants)
    ]
    report("nuts_cost", pd.DataFrame(rows), folder=args.out)


if __name__ == "__main__":
    main()
