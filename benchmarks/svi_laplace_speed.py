"""SVI against NumPyro's autoguides as they come, Laplace against laplace-torch.

SVI: ours runs by its defaults, mean field and full covariance; the guide of the same family,
AutoNormal or AutoMultivariateNormal, then runs (Adam, the same particles; our learning rate,
constant, or falling by a cosine to nought) until a block of 500 steps has a mean ELBO within one
nat of ours, or for 20,000 steps. Ours has the search for the optimum, the draws and the Pareto
shape in its time.

Laplace: 10-3-20 with the noise scale fixed at 0.2; the covariance of the weights at one optimum
against the inverse of the Hessian that JAX makes as a whole, forward over reverse: relative error
in the Frobenius norm, and of the worst variance. ``seconds`` of `ours, Hessian` and of
laplace-torch are without the search for the optimum; those of `bn.laplace` are the whole call.
"""

import argparse
import json
import sys
import time
import warnings
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from _side_by_side import Case, ask, peer_options, report, sine, walking

import bayesneuron as bn
from bayesneuron.draws.tree import theta_of
from bayesneuron.inference.curvature import hessian
from bayesneuron.inference.starts import find_optima
from bayesneuron.network.density import Density, density
from bayesneuron.numerics.precision import double

GUIDES = {"mean_field": "AutoNormal", "full": "AutoMultivariateNormal"}
PARTICLES, RATE, MOST, NOISE = 8, 1e-2, 20_000, 0.2


def variational(case: Case) -> list[dict[str, Any]]:
    rows = []
    for family, guide in GUIDES.items():
        seconds = []
        for _ in range(2):
            start = time.perf_counter()
            draws = bn.svi(case.model, case.x, case.y, family=family, seed=0)
            seconds.append(time.perf_counter() - start)
        elbo = draws.attrs["elbo"]
        rows.append({
            "case": case.title, "method": f"bn.svi, {family}", "steps": 2000, "elbo": elbo,
            "cold": seconds[0], "warm": seconds[1],
        })  # fmt: skip
        for schedule in ("constant", "falling"):
            told, _ = ask(
                sys.executable, "_numpyro_svi.py", {"x": case.x, "y": case.y},
                json.dumps(dict(case.model.options)), guide, schedule, PARTICLES, RATE, elbo - 1,
                MOST,
            )  # fmt: skip
            print(f"{case.title} {family}: ours {seconds}, {schedule} {told}", flush=True)
            reached = "" if told["elbo"] >= elbo - 1 else ", not reached"
            rows.append({
                "case": case.title, "method": f"{guide}, {schedule} rate{reached}", **told,
                "cold_ratio": told["cold"] / seconds[0], "warm_ratio": told["warm"] / seconds[1],
            })  # fmt: skip
    return rows


@double
def laplace(python: str | None) -> tuple[list[dict[str, Any]], str | None]:
    x, y = (jnp.asarray(np.asarray(v)) for v in sine(10, 3, 20)[1:3])
    model = bn.load("two_layer", inputs=10, hidden=3, outputs=20, noise=NOISE)
    dens = density(model, x, y)
    found = find_optima(dens, x, y, starts=25, keep=1, seed=0)
    mode = jnp.asarray(found.theta[0])
    exact = np.linalg.inv(
        np.asarray(jax.jit(jax.hessian(lambda t: -dens.log_joint(t, x, y)))(mode))
    )
    rows, seconds = [], []
    for _ in range(2):
        start = time.perf_counter()
        covariance = np.linalg.inv(np.asarray(hessian(dens, mode, x, y)))
        seconds.append(time.perf_counter() - start)
    rows.append({"method": "ours, Hessian", "cold": seconds[0], "seconds": seconds[1]}
                | errors(covariance, exact))  # fmt: skip
    for samples in (1000, 4000):
        spent = []
        for _ in range(2):
            start = time.perf_counter()
            draws = bn.laplace(model, x, y, samples=samples, seed=0)
            spent.append(time.perf_counter() - start)
        drawn = np.cov(theta_of(dens, draws), rowvar=False)
        rows.append({"method": f"bn.laplace, covariance of {samples} draws",
                     "cold": spent[0], "seconds": spent[1]} | errors(drawn, exact))  # fmt: skip
    if python is None:
        return rows, None
    told, arrays = ask(python, "_laplace_torch.py", _handed(dens, mode, x, y), NOISE)
    order = _order(dens)
    for name, covariance in arrays.items():
        rows.append({"method": f"laplace-torch, {name}", "seconds": told[name]}
                    | errors(covariance, exact[np.ix_(order, order)]))  # fmt: skip
    return rows, told["version"]


SITES = {"w2": "hidden_weight", "b1": "hidden_bias", "w1": "output_weight", "b2": "output_bias"}


def _order(dens: Density) -> np.ndarray:
    """Positions in θ of PyTorch's parameters, in its order."""
    return np.concatenate([dens.places[s].ravel() for s in SITES.values()])


def _handed(dens: Density, mode: Any, x: Any, y: Any) -> dict[str, np.ndarray]:
    theta = np.asarray(mode)
    sites = {k: theta[dens.places[s]] for k, s in SITES.items()}
    layers = np.array([10.0, 1.0, 3.0, 1.0])  # prior precisions: fan-in for weights, 1 for biases
    each = np.repeat(layers, [v.size for v in sites.values()])
    return sites | {"x": x, "y": y, "precision": each, "layer_precision": layers}


def errors(covariance: np.ndarray, exact: np.ndarray) -> dict[str, float]:
    relative = np.linalg.norm(covariance - exact) / np.linalg.norm(exact)
    variances = np.abs(np.diag(covariance) / np.diag(exact) - 1).max()
    return {"error": float(relative), "worst variance": float(variances)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    peer_options(parser, "laplace")
    given = parser.parse_args()
    warnings.simplefilter("ignore", bn.StatisticalWarning)
    rows = [row for case in (sine(10, 2, 20), walking(10, 3, 1)) for row in variational(case)]
    report("svi_speed", pd.DataFrame(rows))
    if not given.laplace_python:
        print("left out, no Python given: laplace")
    found, version = laplace(given.laplace_python)
    print()
    report("laplace_speed", pd.DataFrame(found), *([version] if version else []), decimals=5)


if __name__ == "__main__":
    main()
