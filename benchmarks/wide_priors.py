"""Priors of a wide network: held-out predictions of small tables, beside scikit-learn's.

    python benchmarks/wide_priors.py               # all, about 40 minutes on two cores
    python benchmarks/wide_priors.py iris laplace  # one table, one estimator

One hidden layer of 64 tanh neurons, ``mlp`` with ``likelihood="categorical"`` or normal noise; a
third of the rows is held out, columns are standardised. Beside it logistic regression or ridge
regression, its penalty chosen by cross-validation.
"""

import itertools
import sys
import time
import warnings

import numpy as np
import pandas as pd
from sklearn.datasets import load_diabetes, load_iris, load_wine
from sklearn.linear_model import LogisticRegressionCV, RidgeCV

import bayesneuron as bn
from bayesneuron.network.priors import PRIORS

TABLES = {"iris": load_iris, "wine": load_wine, "diabetes": load_diabetes}
OPTIONS = {"laplace": {}, "svi": {}, "nuts": {"chains": 2, "samples": 300, "warmup": 300}}
WIDTH = 64


def split(table: str) -> tuple[np.ndarray, ...]:
    """Standardised training and held-out rows: x, y, x, y. Classes are integers."""
    data = TABLES[table]()
    x, y = data.data, data.target  # pyright: ignore[reportAttributeAccessIssue]
    order = np.random.default_rng(0).permutation(len(x))
    test, train = np.split(order, [len(x) // 3])
    x = (x - x[train].mean(axis=0)) / x[train].std(axis=0)
    if table == "diabetes":
        y = ((y - y[train].mean()) / y[train].std())[:, None]
    return x[train], y[train], x[test], y[test]


def held_out(table: str, prior: str, method: str) -> dict[str, object]:
    """Scores of one estimate."""
    x, y, *test = split(table)
    of_y = {"outputs": 1} if y.ndim > 1 else {"outputs": 3, "likelihood": "categorical"}
    model = bn.load("mlp", inputs=x.shape[1], hidden=(WIDTH,), prior=prior, **of_y)
    began = time.perf_counter()
    draws = getattr(bn, method)(model, x, y, seed=0, **OPTIONS[method])
    seconds = time.perf_counter() - began
    row = bn.compare({method: draws}, test=test).methods.loc[method]
    return {
        "table": table,
        "prior": prior,
        "method": method,
        "negative log density": -row["lpd"],
        "error": row["rmse"] if y.ndim > 1 else row["error_rate"],
        "R-hat of predictions": row["rhat_function"],
        "divergences": draws.attrs.get("divergences"),
        "seconds": seconds,
    }


def by_scikit_learn(table: str) -> dict[str, object]:
    """Scores of the linear model that a user would try first."""
    x, y, x_test, y_test = split(table)
    row: dict[str, object] = {"table": table, "prior": "", "method": "scikit-learn"}
    if y.ndim > 1:
        ridge = RidgeCV(np.logspace(-3, 3, 25)).fit(x, y.ravel())
        residuals = y_test.ravel() - ridge.predict(x_test)
        return row | {"error": np.sqrt(np.square(residuals).mean())}
    fit = LogisticRegressionCV(Cs=10, l1_ratios=(0.0,), max_iter=2000).fit(x, y)
    p = fit.predict_proba(x_test)
    loss = -np.log(p[np.arange(len(y_test)), y_test]).mean()
    return row | {"negative log density": loss, "error": (p.argmax(axis=1) != y_test).mean()}


def main() -> None:
    """Print one row per table, estimator and prior."""
    chosen = set(sys.argv[1:])
    rows = []

    def show(row: dict[str, object]) -> None:
        rows.append(row)
        print(pd.DataFrame(rows[-1:]).round(3).to_string(header=len(rows) == 1), flush=True)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for table in TABLES:
            if not chosen & set(TABLES) or table in chosen:
                show(by_scikit_learn(table))
        for table, method, prior in itertools.product(TABLES, OPTIONS, PRIORS):
            if not chosen - {table, method, prior}:
                show(held_out(table, prior, method))


if __name__ == "__main__":
    main()
