"""Effective draws per CPU second of NUTS within one mode: ours against other packages.

Each package draws 4 chains of 500 + 1000 on the same model and data, twice: the first call
compiles (``cold``), the second does not (``warm``). CPU seconds are those of all threads of the
process. Ours include the search for optima (``search``: its warm CPU seconds).

Peers run by their defaults, and from our optimum: all chains start at the best optimum that
`bn.nuts` finds, at no cost to them, with a diagonal or a dense mass matrix (nutpie: low rank).
``default`` is NumPyro alone, from its own starts.

All draws are aligned by `bn.align`. ``within`` is the smallest sum of the chains' own bulk ESS over
the aligned weights: it counts how fast chains move within the modes they are in. ``ess`` is the
smallest bulk ESS of all chains together; where ``rhat`` is large, chains are in different modes,
and it is about their number, whatever the speed. Ratios are ours over theirs, of medians over
seeds.

`mile` and `airfoil`: sklearn-contrib-bde, whose networks output the mean and the scale of the
target, against our NUTS (airfoil: our ensemble) on the same model (without tanh), by the clock.
MotionSense and airfoil are read from BAYESNEURON_DATA. Rows of cases that are not run stay in the
table of the folder.
"""

import argparse
import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any

os.environ["JAX_ENABLE_COMPILATION_CACHE"] = "false"  # cold calls compile, those of peers too

import jax
import numpy as np
import pandas as pd
import xarray as xr
from _cases import Case, sine, walking
from _draws import efficiency, recorded, rhat_of_function, worst_rhat
from _heteroscedastic import compare_mile
from _peers import peer_options, run_peer
from _tables import RESULTS, report
from _timing import Cost, costed, costed_twice

import bayesneuron as bn
from bayesneuron.draws.free_vectors import flatten_sites
from bayesneuron.inference.warm_start import Target, warm_start
from bayesneuron.network.density import density
from bayesneuron.numerics.precision import double

CASES = {
    "sine": lambda: sine(10, 2, 20),
    "walking3": lambda: walking(10, 3, 1),
    "walking4": lambda: walking(20, 4, 5),
}
MILE = ("mile", "airfoil")
CHAINS, SAMPLES, WARMUP = 4, 1000, 500
SETTINGS = {"chains": CHAINS, "samples": SAMPLES, "warmup": WARMUP}
KEYS = ("within_cpu", "within_cpu_cold", "ess_cpu", "ess_cpu_cold")
Sites = dict[str, np.ndarray]


def row(
    case: Case, method: str, draws: xr.DataTree, cold: Cost, warm: Cost, **extra: Any
) -> dict[str, Any]:
    counts = efficiency(draws, cold.wall, warm.wall)
    rates = {f"{n}_cpu{tail}": counts[n] / cost.cpu for n in ("within", "ess")
             for tail, cost in {"": warm, "_cold": cold}.items()}  # fmt: skip
    spent = {"cpu": warm.cpu, "cpu_cold": cold.cpu}
    return {"case": case.title, "method": method} | counts | spent | rates | extra


def ours(case: Case, seed: int, search: float) -> dict[str, Any]:
    jax.clear_caches()
    costs, draws = costed_twice(lambda: bn.nuts(case.model, case.x, case.y, seed=seed, **SETTINGS))
    return row(
        case, "bn.nuts", draws, *costs, seed=seed, search=search,
        rhat_function=rhat_of_function(draws),
        steps=float(draws["sample_stats"]["n_steps"].mean()),
        divergences=recorded(draws, "divergences"),
    )  # fmt: skip


@double
def optimum(case: Case, seed: int) -> tuple[float, Sites]:
    """CPU seconds of the search of `bn.nuts` for starts, compiled; the best optimum, by site."""
    x, y = (jax.numpy.asarray(v, float) for v in (case.x, case.y))
    dens = density(case.model, x, y)
    target = Target(dens, x, y, 1.0, seed)

    def search() -> np.ndarray:
        return warm_start(target, "optima", chains=CHAINS, starts=25, mass="dense").theta

    search()
    cost, theta = costed(search)
    return cost.cpu, {
        k: np.asarray(v) for k, v in dens.constrain(jax.numpy.asarray(theta[0])).items()
    }


def numpyro(case: Case, start: Sites, dense: bool, seed: int, chain_method: str) -> dict[str, Any]:
    answer, arrays = run_peer(
        sys.executable, "_numpyro_nuts.py",
        {"x": case.x, "y": case.y} | {f"start_{k}": v for k, v in start.items()},
        json.dumps(SETTINGS | {"model": dict(case.model.options), "dense": dense, "seed": seed,
                               "chain_method": chain_method}),
    )  # fmt: skip
    draws = bn.from_arrays(arrays, model=case.model, chains=True, method="numpyro")
    kind = _kind(dense) if start else "default"
    costs = [Cost(*cost) for cost in answer["costs"]]
    extra = _extra(case, arrays, answer) | {"seed": seed}
    return row(case, f"NumPyro, {kind}", draws, *costs, **extra)


@double
def by_hand(
    name: str, python: str, case: Case, start: Sites, dense: bool, seed: int
) -> tuple[dict[str, Any], str]:
    """A peer whose log density is written out; it is checked against ours at prior draws."""
    probe = bn.prior(case.model, case.x, samples=CHAINS, seed=1)["posterior"]
    sites = {str(k): np.asarray(probe[k])[0] for k in probe}
    free = [v | {"noise": np.log(v["noise"])} for v in (start, sites)]
    starts = {k: np.repeat(v[None], CHAINS, axis=0) for k, v in free[0].items()}
    answer, arrays = run_peer(
        python, f"_{name.lower()}_nuts.py",
        {"x": case.x, "y": case.y}
        | {f"start_{k}": v for k, v in starts.items()}
        | {f"probe_{k}": v for k, v in free[1].items()},
        json.dumps(SETTINGS | {"dense": dense, "seed": seed}),
    )  # fmt: skip
    dens = density(case.model, np.asarray(case.x), np.asarray(case.y))
    theta = flatten_sites(dens, sites)
    log_joint = [dens.log_joint(t, np.asarray(case.x), np.asarray(case.y)) for t in theta]
    np.testing.assert_allclose(answer["log_density"], np.asarray(log_joint), rtol=1e-4)
    draws = bn.from_arrays(arrays, model=case.model, chains=True, method=name.lower())
    costs = [Cost(*cost) for cost in answer["costs"]]
    kind = _kind(dense).replace("dense", "low rank") if name == "nutpie" else _kind(dense)
    extra = _extra(case, arrays, answer) | {"seed": seed}
    return row(case, f"{name}, {kind}", draws, *costs, **extra), answer["version"]


def _kind(dense: bool) -> str:
    return f"{'dense' if dense else 'diagonal'}, our optimum"


def _extra(case: Case, arrays: Sites, answer: dict[str, Any]) -> dict[str, Any]:
    """Steps, divergences and R-hat of the predictions of a two-layer tanh network."""
    x = np.asarray(case.x)[:: max(1, len(case.x) // 20)]
    w2, b1, w1, b2 = (arrays[k] for k in case.model.layout.sites)
    h = np.tanh(np.einsum("ni,cshi->csnh", x, w2) + b1[:, :, None])
    mean = np.einsum("csnh,csoh->csno", h, w1) + b2[:, :, None]
    return {"rhat_function": worst_rhat(mean), "steps": answer["steps"],
            "divergences": answer["divergences"]}  # fmt: skip


def ratios(table: pd.DataFrame) -> pd.DataFrame:
    """Ours over each of the others, and over the best of them."""
    rows = []
    for title, runs in table.groupby("case", sort=False):
        part = runs.groupby("method", sort=False)[[*KEYS, "rhat"]].median().reset_index()
        own = part[part["method"].str.startswith("bn.")]
        rest = part[~part["method"].str.startswith("bn.")]
        if own.empty or rest.empty or own[[*KEYS]].isna().all(axis=None):
            continue
        for _, other in rest.iterrows():
            rows.append({"case": title, "ours over": other["method"], "rhat": other["rhat"]}
                        | {k: own.iloc[0][k] / other[k] for k in KEYS})  # fmt: skip
        rows.append({"case": title, "ours over": "the best of each"}
                    | {k: own.iloc[0][k] / rest[k].max() for k in KEYS})  # fmt: skip
    return pd.DataFrame(rows)


def compare(case: Case, seed: int, args: argparse.Namespace, peers: set[str]) -> list[dict]:
    """Rows of one case and seed: ours and the peers chosen."""
    search, start = optimum(case, seed) if args.methods != ["default"] else (np.nan, {})
    rows = []
    if "bn" in args.methods:
        rows.append(ours(case, seed, search))
    ways = {"default": ({}, False), "diagonal": (start, False), "dense": (start, True)}
    for way, (begin, dense) in ways.items():
        if way in args.methods:
            rows.append(numpyro(case, begin, dense, seed, args.chain_method))
        for name in ("BlackJAX", "nutpie"):
            python = getattr(args, f"{name.lower()}_python")
            if begin and python and f"{name.lower()}-{way}" in args.methods:
                peer_row, version = by_hand(name, python, case, begin, dense, seed)
                rows.append(peer_row)
                peers.add(version)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", default=list(CASES), help=f"of {[*CASES, *MILE]}")
    methods = [
        "bn", "default", "diagonal", "dense",
        *(f"{name}-{kind}" for name in ("blackjax", "nutpie") for kind in ("diagonal", "dense")),
    ]  # fmt: skip
    parser.add_argument("--methods", nargs="*", default=methods, choices=methods)
    parser.add_argument("--chain-method", default="sequential", help="NumPyro's")
    parser.add_argument("--seeds", type=int, nargs="*", default=[0])
    parser.add_argument("--out", type=Path, default=RESULTS)
    peer_options(parser, "blackjax", "nutpie", "bde")
    args = parser.parse_args()
    warnings.simplefilter("ignore", bn.StatisticalWarning)
    rows, peers = [], set[str]()
    for name in args.cases:
        if name in MILE:
            compared, versions = compare_mile(name, args.bde_python)
            rows += compared
            peers |= versions
            continue
        for seed in args.seeds:
            rows += compare(CASES[name](), seed, args, peers)
    skipped = [n for n in ("blackjax", "nutpie", "bde") if not getattr(args, f"{n}_python")]
    if skipped:
        print(f"skipped, no Python for {', '.join(skipped)}")
    table = pd.DataFrame(rows)
    report("nuts_speed", table, *sorted(peers), folder=args.out)
    if "within_cpu" in table and not (speedups := ratios(table)).empty:
        print("\neffective draws per CPU second, ours over theirs")
        print(speedups.round(2).to_string(index=False, na_rep="-"))


if __name__ == "__main__":
    main()
