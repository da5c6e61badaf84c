"""What merged draws of Laplace predict: held-out log density per row, by way of prediction.

    python benchmarks/projected_laplace.py                    # about half an hour
    python benchmarks/projected_laplace.py diabetes:64:tanh   # one row

A third of the rows is held out. ``linearised`` are the draws of `bn.laplace` as `bn.predict` has
them, ``through`` the same weights put through the network, ``projected`` their projections onto
the output weights, ``merged`` these with a quarter of the neurons. ``spread`` is the standard
deviation of the mean of a row over the projected draws, relative to that over linearised ones.
"""

import sys
import warnings

import jax
import numpy as np
import pandas as pd
from _tables import report
from _wide_data import split_of

import bayesneuron as bn
from bayesneuron.draws.linearised import predictions_of
from bayesneuron.reduction.projected import projected

ROWS = [
    f"{table}:{width}:{activation}"
    for table in ("iris", "wine", "diabetes")
    for width, activation in ((16, "tanh"), (64, "tanh"), (64, "relu"))
]


def row(table: str, width: int, activation: str) -> dict[str, object]:
    """Log densities of one network on one split."""
    x, y, x_test, y_test = split_of(table, 0)
    outputs = {"outputs": 1}
    if table != "diabetes":
        outputs = {"outputs": len(np.unique(y)), "likelihood": "categorical"}
    model = bn.load("mlp", inputs=x.shape[1], hidden=(width,), activation=activation, **outputs)
    draws = bn.laplace(model, x, y, samples=400, seed=0)
    sites = projected(bn.align(draws), model, np.asarray(x, float), np.asarray(y))
    assert sites is not None
    plain = bn.from_arrays({k: v[None] for k, v in sites.items()}, model=model, chains=True)
    through = bn.from_arrays(
        {str(k): np.asarray(v) for k, v in draws.posterior.data_vars.items()},
        model=model, chains=True,
    )  # fmt: skip
    few = bn.reduce(draws, x, y, score="merged", sizes=[width // 4]).at(width // 4)
    ways = {
        "linearised": (draws, model), "through": (through, model), "projected": (plain, model),
        "merged": (few.draws, few.model),
    }  # fmt: skip
    sd = {
        way: bn.predict(ways[way][0], x_test, model=model)
        .predictions["mean"]
        .std(("chain", "draw"))
        .mean()
        for way in ("linearised", "projected")
    }
    return {
        "case": f"{table}:{width}:{activation}",
        **{way: log_density(*of, x_test, y_test) for way, of in ways.items()},
        "spread": float(sd["projected"] / sd["linearised"]),
    }


def log_density(draws, model, x: np.ndarray, y: np.ndarray) -> float:
    """Mean over held-out rows."""
    number = np.arange(draws.posterior.sizes["chain"] * draws.posterior.sizes["draw"])
    values = predictions_of(
        draws, model, x, y, keep=(), key=jax.random.key(0), number=number
    )["log_likelihood"]  # fmt: skip
    return float((np.logaddexp.reduce(values, axis=0) - np.log(len(values))).mean())


def main() -> None:
    """Some rows, or all."""
    for name in sys.argv[1:] or ROWS:
        table, width, activation = name.split(":")
        report("projected_laplace", pd.DataFrame([row(table, int(width), activation)]))


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bn.StatisticalWarning)
        main()
