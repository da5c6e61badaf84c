"""Smallest effective sample size a second of NUTS, after alignment: ours against others.

Everybody draws 4 chains of 500 + 1000 with the defaults of their package, on the same model and
data, and is aligned by `bn.align`; its time is added. ``total`` has compilation in it, ``warm``
has not (ours: a second run; the others: less what JAX tells of tracing and compiling). ``ess`` is
the smallest bulk ESS over the aligned weights of all chains, ``within`` that of the chains taken
one by one and summed: where R-hat is large, chains sit in different modes, ``ess`` is about their
number, and only ``within`` says how fast they moved. Ratios are ours over theirs, per second; of
the medians where there are several seeds (whether NumPyro's chains meet in one mode is luck).

`mile` and `airfoil`: sklearn-contrib-bde, whose networks give mean and scale of the target,
against our NUTS on that same model (no tanh there). MotionSense and airfoil are read from
BAYESNEURON_DATA. Rows of cases that are not run stay in benchmarks/results/nuts_speed.csv.
"""

import argparse
import json
import sys
import time
import warnings
from typing import Any

import jax
import numpy as np
import pandas as pd
import xarray as xr
from _ess import worst_rhat, worth
from _heteroscedastic import compare_mile
from _side_by_side import Case, ask, peer_options, report, sine, walking

import bayesneuron as bn
from bayesneuron.draws.convergence import convergence_of_function
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
    return {"case": case.title, "method": method} | worth(draws, total, warm) | extra


def ours(case: Case, seed: int) -> dict[str, Any]:
    times = []
    jax.clear_caches()
    for _ in range(2):
        start = time.perf_counter()
        draws = bn.nuts(
            case.model, case.x, case.y, chains=CHAINS, samples=SAMPLES, warmup=WARMUP, seed=seed
        )
        times.append((draws.attrs["seconds"], time.perf_counter() - start))
    return row(
        case, "bn.nuts", draws, times[0][0], times[1][0], seed=seed,
        rhat_function=convergence_of_function(draws)[0],
        steps=float(draws["sample_stats"]["n_steps"].mean()),
        divergences=draws.attrs["divergences"], call=times[1][1],
    )  # fmt: skip


def numpyro(case: Case, chain_method: str, seed: int) -> dict[str, Any]:
    told, arrays = ask(
        sys.executable, "_numpyro_nuts.py", {"x": case.x, "y": case.y},
        json.dumps(dict(case.model.options)), CHAINS, SAMPLES, WARMUP, chain_method, seed,
    )  # fmt: skip
    draws = bn.from_arrays(arrays, model=case.model, chains=True, method="numpyro")
    name = f"NumPyro, {chain_method}"
    extra = _extra(case, arrays, told) | {"seed": seed}
    return row(case, name, draws, *told["seconds"], **extra)


@double
def blackjax(case: Case, python: str) -> tuple[dict[str, Any], str]:
    """Starts are prior draws, a chain each; its log density is checked against ours."""
    probe = bn.prior(case.model, case.x, samples=CHAINS, seed=1)["posterior"]
    sites = {str(k): np.asarray(probe[k])[0] for k in probe}
    free = sites | {"noise": np.log(sites["noise"])}
    begin = free | {"noise": np.zeros(CHAINS)}
    told, arrays = ask(
        python, "_blackjax_nuts.py",
        {"x": case.x, "y": case.y}
        | {f"start_{k}": v for k, v in begin.items()} | {f"probe_{k}": v for k, v in free.items()},
        CHAINS, SAMPLES, WARMUP,
    )  # fmt: skip
    dens = density(case.model, np.asarray(case.x), np.asarray(case.y))
    theta = flatten_sites(dens, sites)
    mine = [dens.log_joint(t, np.asarray(case.x), np.asarray(case.y)) for t in theta]
    np.testing.assert_allclose(told["log_density"], np.asarray(mine), rtol=1e-4)
    draws = bn.from_arrays(arrays, model=case.model, chains=True, method="blackjax")
    found = row(case, "BlackJAX", draws, *told["seconds"], **_extra(case, arrays, told))
    return found, told["version"]


def _extra(case: Case, arrays: dict[str, np.ndarray], told: dict[str, Any]) -> dict[str, Any]:
    """R-hat of the predictions, from the weights: all of these networks are tanh."""
    x = np.asarray(case.x)[:: max(1, len(case.x) // 20)]
    w2, b1, w1, b2 = (arrays[k] for k in case.model.layout.sites)
    h = np.tanh(np.einsum("ni,cshi->csnh", x, w2) + b1[:, :, None])
    mean = np.einsum("csnh,csoh->csno", h, w1) + b2[:, :, None]
    return {"rhat_function": worst_rhat(mean), "steps": told["steps"],
            "divergences": told["divergences"]}  # fmt: skip


def ratios(table: pd.DataFrame) -> pd.DataFrame:
    """Ours over each of the others; over NumPyro's fastest way of running chains at the end."""
    rows = []
    keys = ("ess_s", "ess_s_total", "within_s", "within_s_total")
    for title, runs in table.groupby("case", sort=False):
        part = runs.groupby("method", sort=False)[[*keys, "rhat"]].median().reset_index()
        mine = part[part["method"].str.startswith("bn.")]
        rest = part[~part["method"].str.startswith("bn.")]
        if mine.empty or rest.empty:
            continue
        for _, other in rest.iterrows():
            rows.append({"case": title, "ours over": other["method"], "rhat": other["rhat"]}
                        | {k: mine.iloc[0][k] / other[k] for k in keys})  # fmt: skip
        best = rest[rest["method"].str.startswith("NumPyro")]
        if len(best) > 1:
            rows.append({"case": title, "ours over": "NumPyro, best of each"}
                        | {k: mine.iloc[0][k] / best[k].max() for k in keys})  # fmt: skip
    return pd.DataFrame(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", default=list(CASES), help=f"of {[*CASES, *MILE]}")
    ways = "its ways of running chains: sequential, parallel, vectorized"
    parser.add_argument("--numpyro", nargs="*", default=["sequential", "parallel"], help=ways)
    parser.add_argument("--seeds", type=int, default=1, help="of ours and NumPyro's runs")
    peer_options(parser, "blackjax", "bde")
    given = parser.parse_args()
    warnings.simplefilter("ignore", bn.StatisticalWarning)
    rows, told = [], set[str]()
    for name in given.cases:
        if name in MILE:
            found, versions = compare_mile(name, given.bde_python)
            rows += found
            told |= versions
            continue
        case = CASES[name]()
        for seed in range(given.seeds):
            rows.append(ours(case, seed))
            rows += [numpyro(case, method, seed) for method in given.numpyro]
        if given.blackjax_python:
            found, version = blackjax(case, given.blackjax_python)
            rows.append(found)
            told.add(version)
    left_out = [n for n in ("blackjax", "bde") if not getattr(given, f"{n}_python")]
    if left_out:
        print(f"left out, no Python given: {', '.join(left_out)}")
    table = pd.DataFrame(rows)
    report("nuts_speed", table, *sorted(told))
    if not (compared := ratios(table)).empty:
        print("\nours over theirs, aligned ESS a second (and within chains)")
        print(compared.round(2).to_string(index=False, na_rep="-"))


if __name__ == "__main__":
    main()
