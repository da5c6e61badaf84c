"""SVI against NumPyro's autoguides, Laplace against laplace-torch, each by its defaults.

SVI: ours runs with mean-field and full covariance. The guide of the same family, AutoNormal or
AutoMultivariateNormal, then runs (Adam, as many particles; our learning rate, constant or decaying
to zero by a cosine) until the mean ELBO of a block of 500 steps is within one nat of ours, or for
20,000 steps. Our time includes the search for the optimum, the draws and the Pareto shape.

Laplace: 10-3-20 with the noise scale fixed at 0.2. The covariance of the weights at one optimum
is compared with the inverse of the full Hessian by JAX, forward over reverse: relative error in the
Frobenius norm, and largest relative error of a variance (``worst variance``). ``seconds`` of `ours,
Hessian` and of laplace-torch exclude the search for the optimum; those of `bn.laplace` are of the
whole call.
"""

import argparse
import json
import sys
import warnings
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from _cases import Case, sine, walking
from _draws import recorded
from _peers import peer_options, run_peer
from _tables import report
from _timing import timed_twice

import bayesneuron as bn
from bayesneuron.draws.tree import theta_of
from bayesneuron.inference.curvature import hessian
from bayesneuron.inference.starts import find_optima
from bayesneuron.network.density import Density, density
from bayesneuron.numerics.precision import double

GUIDES = {"mean_field": "AutoNormal", "full": "AutoMultivariateNormal"}
PARTICLES, RATE, MAX_STEPS, NOISE = 8, 1e-2, 20_000, 0.2


def variational(case: Case) -> list[dict[str, Any]]:
    rows = []
    for family, guide in GUIDES.items():
        seconds, draws = timed_twice(
            lambda f=family: bn.svi(case.model, case.x, case.y, family=f, seed=0)
        )
        elbo = recorded(draws, "elbo")
        rows.append({
            "case": case.title, "method": f"bn.svi, {family}", "steps": 2000, "elbo": elbo,
            "cold": seconds[0], "warm": seconds[1],
        })  # fmt: skip
        for schedule in ("constant", "falling"):
            answer, _ = run_peer(
                sys.executable, "_numpyro_svi.py", {"x": case.x, "y": case.y},
                json.dumps(dict(case.model.options)), guide, schedule, PARTICLES, RATE, elbo - 1,
                MAX_STEPS,
            )  # fmt: skip
            print(f"{case.title} {family}: ours {seconds}, {schedule} {answer}", flush=True)
            reached = "" if answer["elbo"] >= elbo - 1 else ", not reached"
            rows.append({
                "case": case.title, "method": f"{guide}, {schedule} rate{reached}", **answer,
                "cold_ratio": answer["cold"] / seconds[0],
                "warm_ratio": answer["warm"] / seconds[1],
            })  # fmt: skip
    return rows


@double
def laplace(python: str | None) -> tuple[list[dict[str, Any]], str | None]:
    x, y = (jnp.asarray(np.asarray(v)) for v in sine(10, 3, 20)[1:3])
    model = bn.load("two_layer", inputs=10, hidden=3, outputs=20, noise=NOISE)
    dens = density(model, x, y)
    optima = find_optima(dens, x, y, starts=25, keep=1, seed=0)
    mode = jnp.asarray(optima.theta[0])
    exact = np.linalg.inv(
        np.asarray(jax.jit(jax.hessian(lambda t: -dens.log_joint(t, x, y)))(mode))
    )
    (cold, warm), covariance = timed_twice(
        lambda: np.linalg.inv(np.asarray(hessian(dens, mode, x, y)))
    )
    rows = [{"method": "ours, Hessian", "cold": cold, "seconds": warm} | errors(covariance, exact)]
    for samples in (1000, 4000):
        (cold, warm), draws = timed_twice(
            lambda s=samples: bn.laplace(model, x, y, samples=s, seed=0)
        )
        covariance = np.cov(theta_of(dens, draws), rowvar=False)
        rows.append({"method": f"bn.laplace, covariance of {samples} draws",
                     "cold": cold, "seconds": warm} | errors(covariance, exact))  # fmt: skip
    if python is None:
        return rows, None
    answer, arrays = run_peer(python, "_laplace_torch.py", _arrays(dens, mode, x, y), NOISE)
    order = _order(dens)
    for name, covariance in arrays.items():
        rows.append({"method": f"laplace-torch, {name}", "seconds": answer[name]}
                    | errors(covariance, exact[np.ix_(order, order)]))  # fmt: skip
    return rows, answer["version"]


SITES = {"w2": "hidden_weight", "b1": "hidden_bias", "w1": "output_weight", "b2": "output_bias"}


def _order(dens: Density) -> np.ndarray:
    """Positions in θ of the parameters, in PyTorch's order."""
    return np.concatenate([dens.places[s].ravel() for s in SITES.values()])


def _arrays(dens: Density, mode: Any, x: Any, y: Any) -> dict[str, np.ndarray]:
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
    args = parser.parse_args()
    warnings.simplefilter("ignore", bn.StatisticalWarning)
    rows = [row for case in (sine(10, 2, 20), walking(10, 3, 1)) for row in variational(case)]
    report("svi_speed", pd.DataFrame(rows))
    if not args.laplace_python:
        print("skipped, no --laplace-python")
    laplace_rows, version = laplace(args.laplace_python)
    print()
    report("laplace_speed", pd.DataFrame(laplace_rows), *([version] if version else []), decimals=5)


if __name__ == "__main__":
    main()
