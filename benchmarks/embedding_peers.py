"""Delay and width of known systems by `bn.embedding`, beside neurokit2 and nolds.

neurokit2 knows no Theiler window, so Cao's ratios and false neighbours are also computed without
one. The mutual information of AR(1) has a closed form: the estimator used, nearest neighbours, is
set beside equal-count bins with the correction of Miller and Madow.
"""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from _peers import peer_options, run_peer
from scipy.integrate import solve_ivp
from scipy.signal import lfilter

import bayesneuron as bn
from bayesneuron.data.mutual_information import mutual_information

RESULTS = Path(__file__).parent / "results"
FIGURE = Path(__file__).parents[1] / "docs" / "figures" / "embedding_gait"


def lorenz(length=3000, step=0.02):
    def flow(_, s):
        return [10 * (s[1] - s[0]), s[0] * (28 - s[2]) - s[1], s[0] * s[1] - 8 / 3 * s[2]]

    times = np.arange(length + 1000) * step
    path = solve_ivp(flow, (0, times[-1]), [1.0, 1.0, 1.0], t_eval=times, rtol=1e-8, atol=1e-8)
    return path.y[0, 1000:]


def henon(length=2000):
    x = [0.0, 0.0]
    for _ in range(length + 100):
        x.append(1 - 1.4 * x[-1] ** 2 + 0.3 * x[-2])
    return np.array(x[-length:])


def ar1(rho, length=2000, seed=0):
    noise = np.random.default_rng(seed).normal(size=length + 500)
    return lfilter([1.0], [1.0, -rho], noise)[500:]


SYSTEMS = {  # by name: series, known delay, width that unfolds it
    "Lorenz": (lorenz, None, "3"),
    "Hénon": (henon, 1, "2"),
    "sine": (lambda: np.sin(0.16 * np.arange(1500)), None, "2"),
    "white noise": (lambda: np.random.default_rng(0).normal(size=1500), None, "none"),
    "AR(1), 0.9": (lambda: ar1(0.9), None, "none"),
    "gait": (lambda: bn.datasets.motionsense()[500:2000].values, None, "unknown"),
}


def systems(python):
    rows = []
    for name, (make, delay, width) in SYSTEMS.items():
        series = make()
        found = bn.embedding(series, max_delay=40, delay=delay)
        plain = bn.embedding(series, max_delay=1, delay=found.delay, theiler=0, surrogates=0)
        row = {
            "system": name,
            "known width": width,
            "delay": found.delay,
            "width": found.width,
            "by_false": found.width_by_false_neighbours,
            "by_cao": found.width_by_cao,
            "e2_p": found.e2_p,
            "least_false": found.false_neighbours.min(),
        }
        if python:
            answer, _ = run_peer(
                python, "_neurokit.py", {"series": series}, found.delay, found.width
            )
            shown = slice(1, 6)  # widths 2 to 6
            apart = {k: np.array(answer[k])[shown] for k in ("e1", "e2")}
            own = {"e1": plain.e1[shown], "e2": plain.e2[shown]}
            row |= {
                "neurokit_delay": answer["delay"],
                "neurokit_by_false": answer["by_false"],
                "neurokit_by_cao": answer["by_cao"],
                "nolds_dimension": answer["dimension"],
            }
            row |= {f"{k}_difference": np.abs(apart[k] - own[k]).max() for k in apart}
        rows.append({k: round(float(v), 3) if isinstance(v, float) else v for k, v in row.items()})
        print(rows[-1], flush=True)
    pd.DataFrame(rows).astype({"by_false": "Int64"}).to_csv(RESULTS / "embedding.csv", index=False)


def figure():
    """The curves of gait."""
    drawing, axes = plt.subplots(1, 3, figsize=(9.6, 3.2), layout="constrained")
    found = bn.embedding(SYSTEMS["gait"][0](), max_delay=60)
    for ax, curve in zip(axes, ("delay", "false", "cao"), strict=True):
        bn.plot.embedding(found, curve, ax=ax)
    bn.plot.save_figure(drawing, FIGURE)


def binned(now, later, bins):
    """Mutual information by equal-count bins, corrected by Miller and Madow."""
    edges = np.linspace(0, 1, bins + 1)[1:-1]
    codes = [np.digitize(v, np.quantile(v, edges)) for v in (now, later)]
    counts = np.bincount(codes[0] * bins + codes[1], minlength=bins**2).reshape(bins, bins)
    share = counts / counts.sum()
    own = share.sum(axis=1, keepdims=True) * share.sum(axis=0, keepdims=True)
    held = share > 0
    plain = (share[held] * np.log(share[held] / own[held])).sum()
    return plain - (held.sum() - 2 * bins + 1) / (2 * counts.sum())


def information(repeats=20):
    """Root mean square error against -½ log(1 - ρ^{2τ})."""
    rows = []
    for rho in (0.5, 0.9, 0.97):
        delays = np.array([1, 2, 5, 10])
        exact = -0.5 * np.log1p(-(rho ** (2.0 * delays)))
        errors = {"nearest neighbours": [], "16 bins": [], "32 bins": []}
        for seed in range(repeats):
            series = ar1(rho, seed=seed)
            found, _ = mutual_information([series], delays, most=2000, seed=0)
            errors["nearest neighbours"].append(found - exact)
            for bins in (16, 32):
                of_bins = [binned(series[:-d], series[d:], bins) for d in delays]
                errors[f"{bins} bins"].append(np.array(of_bins) - exact)
        for estimator, off in errors.items():
            size = np.sqrt(np.mean(np.square(off), axis=0))
            rows += [
                {"rho": rho, "delay": d, "exact": round(e, 4), "estimator": estimator}
                | {"rmse": round(s, 4), "bias": round(b, 4)}
                for d, e, s, b in zip(delays, exact, size, np.mean(off, axis=0), strict=True)
            ]
    table = pd.DataFrame(rows)
    table.to_csv(RESULTS / "mutual_information.csv", index=False)
    print(table.pivot_table(index=["rho", "delay"], columns="estimator", values="rmse").to_string())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    peer_options(parser, "neurokit")
    chosen = parser.parse_args()
    figure()
    information()
    systems(chosen.neurokit_python)


if __name__ == "__main__":
    main()
