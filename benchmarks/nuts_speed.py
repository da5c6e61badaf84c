"""Smallest effective sample size per second of NUTS, after alignment: ours against other packages.

Each package draws 4 chains of 500 + 1000 by its defaults, on the same model and data. All draws are
aligned by `bn.align`, whose time is added. ``total`` includes compilation, ``warm`` does not (ours:
a second run; others: less the time that JAX reports for tracing and compiling). ``ess`` is the
smallest bulk ESS over the aligned weights of all chains; ``within`` is the smallest sum of the
chains' own ESS. Where R-hat is large, the chains are in different modes, ``ess`` is about their
number, and only ``within`` measures how fast they move. Ratios are ours over theirs, per second; of
medians over the seeds (whether NumPyro's chains meet in one mode depends on the seed).

`mile` and `airfoil`: sklearn-contrib-bde, whose networks output the mean and the scale of the
target, against our NUTS on the same model (without tanh). MotionSense and airfoil are read from
BAYESNEURON_DATA. Rows of cases that are not run stay in benchmarks/results/nuts_speed.csv.
"""

import argparse
import json
import sys
import warnings
from typing import Any

import jax
import numpy as np
import pandas as pd
import xarray as xr
from _cases import Case, sine, walking
from _draws import efficiency, recorded, rhat_of_function, worst_rhat
from _heteroscedastic import compare_mile
from _peers import peer_options, run_peer
from _tables import report
from _timing import timed

import bayesneuron as bn
from bayesneuron.draws.tree import flatten_sites
from bayesneuron.network.density import density
from bayesneuron.numerics.precision import double

CASES = {
    "sine": lambda: sine(10, 2, 20),
    "walking3": lambda: walking(10, 3, 1),
    "walking4": lambda: walking(20, 4, 5),
}
MILE = ("mile", "airfoil")
CHAINS, SAMPLES, WARMUP = 4, 1000, 500


def row(
    case: Case, method: str, draws: xr.DataTree, total: float, warm: float, **extra: Any
) -> dict[str, Any]:
    return {"case": case.title, "method": method} | efficiency(draws, total, warm) | extra


def ours(case: Case, seed: int) -> dict[str, Any]:
    times = []
    jax.clear_caches()
    for _ in range(2):
        seconds, draws = timed(
            lambda: bn.nuts(
                case.model, case.x, case.y, chains=CHAINS, samples=SAMPLES, warmup=WARMUP, seed=seed
            )
        )
        times.append((recorded(draws, "seconds"), seconds))
    return row(
        case, "bn.nuts", draws, times[0][0], times[1][0], seed=seed,
        rhat_function=rhat_of_function(draws),
        steps=float(draws["sample_stats"]["n_steps"].mean()),
        divergences=recorded(draws, "divergences"), call=times[1][1],
    )  # fmt: skip


def numpyro(case: Case, chain_method: str, seed: int) -> dict[str, Any]:
    answer, arrays = run_peer(
        sys.executable, "_numpyro_nuts.py", {"x": case.x, "y": case.y},
        json.dumps(dict(case.model.options)), CHAINS, SAMPLES, WARMUP, chain_method, seed,
    )  # fmt: skip
    draws = bn.from_arrays(arrays, model=case.model, chains=True, method="numpyro")
    name = f"NumPyro, {chain_method}"
    extra = _extra(case, arrays, answer) | {"seed": seed}
    return row(case, name, draws, *answer["seconds"], **extra)


@double
def blackjax(case: Case, python: str) -> tuple[dict[str, Any], str]:
    """Starts are prior draws, one per chain; the log density is checked against ours."""
    probe = bn.prior(case.model, case.x, samples=CHAINS, seed=1)["posterior"]
    sites = {str(k): np.asarray(probe[k])[0] for k in probe}
    free = sites | {"noise": np.log(sites["noise"])}
    starts = free | {"noise": np.zeros(CHAINS)}
    answer, arrays = run_peer(
        python, "_blackjax_nuts.py",
        {"x": case.x, "y": case.y}
        | {f"start_{k}": v for k, v in starts.items()} | {f"probe_{k}": v for k, v in free.items()},
        CHAINS, SAMPLES, WARMUP,
    )  # fmt: skip
    dens = density(case.model, np.asarray(case.x), np.asarray(case.y))
    theta = flatten_sites(dens, sites)
    log_joint = [dens.log_joint(t, np.asarray(case.x), np.asarray(case.y)) for t in theta]
    np.testing.assert_allclose(answer["log_density"], np.asarray(log_joint), rtol=1e-4)
    draws = bn.from_arrays(arrays, model=case.model, chains=True, method="blackjax")
    extra = _extra(case, arrays, answer)
    return row(case, "BlackJAX", draws, *answer["seconds"], **extra), answer["version"]


def _extra(case: Case, arrays: dict[str, np.ndarray], answer: dict[str, Any]) -> dict[str, Any]:
    """Steps, divergences and R-hat of the predictions of a two-layer tanh network."""
    x = np.asarray(case.x)[:: max(1, len(case.x) // 20)]
    w2, b1, w1, b2 = (arrays[k] for k in case.model.layout.sites)
    h = np.tanh(np.einsum("ni,cshi->csnh", x, w2) + b1[:, :, None])
    mean = np.einsum("csnh,csoh->csno", h, w1) + b2[:, :, None]
    return {"rhat_function": worst_rhat(mean), "steps": answer["steps"],
            "divergences": answer["divergences"]}  # fmt: skip


def ratios(table: pd.DataFrame) -> pd.DataFrame:
    """Ours over each of the others, and over NumPyro's fastest way of running chains."""
    rows = []
    keys = ("ess_s", "ess_s_total", "within_s", "within_s_total")
    for title, runs in table.groupby("case", sort=False):
        part = runs.groupby("method", sort=False)[[*keys, "rhat"]].median().reset_index()
        own = part[part["method"].str.startswith("bn.")]
        rest = part[~part["method"].str.startswith("bn.")]
        if own.empty or rest.empty:
            continue
        for _, other in rest.iterrows():
            rows.append({"case": title, "speedup over": other["method"], "rhat": other["rhat"]}
                        | {k: own.iloc[0][k] / other[k] for k in keys})  # fmt: skip
        best = rest[rest["method"].str.startswith("NumPyro")]
        if len(best) > 1:
            rows.append({"case": title, "speedup over": "NumPyro, best of each"}
                        | {k: own.iloc[0][k] / best[k].max() for k in keys})  # fmt: skip
    return pd.DataFrame(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", default=list(CASES), help=f"of {[*CASES, *MILE]}")
    methods = "its chain methods: sequential, parallel, vectorized"
    parser.add_argument("--numpyro", nargs="*", default=["sequential", "parallel"], help=methods)
    parser.add_argument("--seeds", type=int, default=1, help="seeds of our and NumPyro's runs")
    peer_options(parser, "blackjax", "bde")
    args = parser.parse_args()
    warnings.simplefilter("ignore", bn.StatisticalWarning)
    rows, peers = [], set[str]()
    for name in args.cases:
        if name in MILE:
            compared, versions = compare_mile(name, args.bde_python)
            rows += compared
            peers |= versions
            continue
        case = CASES[name]()
        for seed in range(args.seeds):
            rows.append(ours(case, seed))
            rows += [numpyro(case, method, seed) for method in args.numpyro]
        if args.blackjax_python:
            peer_row, version = blackjax(case, args.blackjax_python)
            rows.append(peer_row)
            peers.add(version)
    skipped = [n for n in ("blackjax", "bde") if not getattr(args, f"{n}_python")]
    if skipped:
        print(f"skipped, no Python for {', '.join(skipped)}")
    table = pd.DataFrame(rows)
    report("nuts_speed", table, *sorted(peers))
    if not (speedups := ratios(table)).empty:
        print("\naligned ESS per second (and within chains), ours over theirs")
        print(speedups.round(2).to_string(index=False, na_rep="-"))


if __name__ == "__main__":
    main()
