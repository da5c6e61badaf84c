"""The networks of sklearn-contrib-bde as a NumPyro model, and the comparison with its MILE.

The last layer has two outputs: the mean and, through a softplus, the scale of the target. Weights
are N(0, 1).
"""

from typing import Any

import jax
import numpy as np
import numpyro
import numpyro.distributions as dist
import xarray as xr
from _cases import walking_split
from _draws import (
    efficiency,
    log_predictive_density,
    recorded,
    rhat_of_function,
    worst_rhat,
)
from _peers import run_peer
from _timing import costed
from sklearn.model_selection import train_test_split

import bayesneuron as bn
from bayesneuron.datasets.folder import folder

# theirs: members, samples before thinning, warm-up, thinning, epochs, patience; for airfoil those
# of the scripts of their paper, in the package's own arguments
THEIRS = {"mile": (4, 1000, 1000, 1, 200, 20), "airfoil": (10, 1000, 50_000, 10, 1000, 20)}
SPLIT = {"test_size": 0.2, "random_state": 0}  # of airfoil, as in their paper


def network(
    x: jax.Array, y: jax.Array | None = None, *, widths: tuple[int, ...], activation: str
) -> None:
    """Weights, (receiving, sending), and biases are N(0, 1)."""
    h = x
    for depth, (columns, rows) in enumerate(zip(widths, (*widths[1:], 2), strict=True)):
        w = numpyro.sample(f"W{depth}", dist.Normal(0, 1).expand([rows, columns]).to_event(2))
        b = numpyro.sample(f"b{depth}", dist.Normal(0, 1).expand([rows]).to_event(1))
        h = h @ w.T + b
        if depth < len(widths) - 1:
            h = {"sigmoid": jax.nn.sigmoid, "relu": jax.nn.relu}[activation](h)
    mean = numpyro.deterministic("mean", h[:, :1])
    with numpyro.plate("observation", x.shape[0]):
        scale = jax.nn.softplus(h[:, 1:]) + 1e-6
        numpyro.sample("y", dist.Normal(mean, scale).to_event(1), obs=y)


def _layout(widths: tuple[int, ...], activation: str) -> bn.Layout:
    names = ["input", *(f"hidden{k + 1}" for k in range(len(widths) - 1)), "output"]
    sites: dict[str, tuple[str, ...]] = {}
    for k in range(len(widths)):
        sites |= {f"W{k}": (names[k + 1], names[k]), f"b{k}": (names[k + 1],)}
    return bn.Layout(sites, layers=dict.fromkeys(names[1:-1], activation))


def _data(name: str) -> tuple[np.ndarray, ...]:
    """Training x and y, test x and y, standardised by the training data."""
    if name == "mile":
        return tuple(np.asarray(v) for v in walking_split(10, 1))
    table = np.loadtxt(folder() / "airfoil" / "airfoil.csv", delimiter=",", skiprows=1)
    train, test = train_test_split(table, **SPLIT)
    center, scale = train.mean(axis=0), train.std(axis=0)
    train, test = (train - center) / scale, (test - center) / scale
    return train[:, :-1], train[:, -1:], test[:, :-1], test[:, -1:]


def compare_mile(name: str, python: str | None) -> tuple[list[dict[str, Any]], set[str]]:
    """Rows of the table for one case, and the peer's version."""
    widths, activation = {
        "mile": ((10, 3), "sigmoid"),
        "airfoil": ((5, 16, 16, 16, 16), "relu"),
    }[name]
    title = f"{'walking' if name == 'mile' else name} {'-'.join(map(str, widths))}-1 {activation}"
    model = bn.load(
        network, layout=_layout(widths, activation), widths=widths, activation=activation
    )
    x, y, x_test, y_test = data = _data(name)
    estimate = bn.nuts if name == "mile" else bn.ensemble
    costs = []
    for _ in range(2 if name == "mile" else 1):
        cost, draws = costed(lambda: estimate(model, x, y, seed=0))
        costs.append(cost)
    predicted = bn.predict(draws, x_test, y_test, model=model)
    size = draws["posterior"].sizes
    rows = [
        {
            "case": title,
            "method": f"bn.{estimate.__name__}, {size['chain']} x {size['draw']}",
            "rhat_function": rhat_of_function(draws, model),
            "steps": float(draws["sample_stats"]["n_steps"].mean()),
            "divergences": recorded(draws, "divergences"),
            "cpu_cold": costs[0].cpu,
        }
        | efficiency(draws, costs[0].wall, costs[-1].wall if len(costs) > 1 else np.nan)
        | _scores(predicted, y_test)
    ]  # fmt: skip
    if not python:
        return rows, set()
    setting = THEIRS[name]
    arrays_in = dict(zip(("x", "y", "x_test", "y_test"), data, strict=True))
    answer, arrays = run_peer(python, "_mile.py", arrays_in, list(widths[1:]), activation, *setting)
    mean = arrays.pop("mean")
    sites = {k: np.swapaxes(v, 2, 3) if k[0] == "W" else v for k, v in arrays.items()}
    theirs = bn.from_arrays(sites, model=model, chains=True, method="mile")
    seconds = answer["seconds"]
    rows.append(
        {"case": title, "method": f"MILE, {setting[0]} x {setting[1] // setting[3]}"}
        | efficiency(theirs, seconds[0], seconds[0] - answer["compiling"])
        | {k: answer[k] for k in ("rmse", "nll", "nll_normal")}
        | {"cpu_cold": answer["cpu"]}
        | {"rhat_function": worst_rhat(mean[..., :: max(1, mean.shape[-1] // 200)])}
    )
    return rows, {answer["version"]}


def _scores(predicted: xr.DataTree, y: np.ndarray) -> dict[str, float]:
    """Error of the mean forecast, and negative log predictive density.

    `nll` is that of the mixture of all draws, `nll_normal` that of the normal distribution with
    their mean and total variance, the score of their paper.
    """
    mean = np.asarray(predicted["predictions"]["mean"]).mean(axis=(0, 1))
    sd = np.asarray(predicted["predictions"]["y"]).std(axis=(0, 1))  # of observations of all draws
    normal = 0.5 * ((y - mean) / sd) ** 2 + np.log(sd) + 0.5 * np.log(2 * np.pi)
    nll = -log_predictive_density(predicted["log_likelihood"]["y"])
    rmse = float(np.sqrt(np.mean((mean - y) ** 2)))
    return {"rmse": rmse, "nll": nll, "nll_normal": float(normal.mean())}
