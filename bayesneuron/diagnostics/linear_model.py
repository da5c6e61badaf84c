"""Whether a linear model predicts better than the network.

The linear model is the rival that nobody doubts: ridge regression for numbers, penalised logistic
regression for classes, Poisson regression for counts, each with the penalty that predicts best.
It is judged on rows that it has not seen. So are draws of a posterior, by PSIS-LOO. A bootstrap
has no leave-one-out, and PSIS-LOO of some rows cannot be trusted: these are judged as seen, which
favours the network.
"""

import warnings
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from numpyro import distributions as dist
from scipy import stats
from scipy.special import logsumexp

from bayesneuron.draws._complete import complete_if_possible
from bayesneuron.draws.linearised import unwrapped
from bayesneuron.draws.loo import loo_of
from bayesneuron.draws.network import network_if_known
from bayesneuron.draws.provenance import provenance_of
from bayesneuron.draws.tree import data_of
from bayesneuron.network.model import Model
from bayesneuron.network.tracing import run

ROWS = 1000  # at most; more say no more about which is better
PENALTIES = np.logspace(-3, 3, 7)
RIDGE, LOGISTIC, POISSON = "ridge regression", "logistic regression", "Poisson regression"


@dataclass(frozen=True)
class LinearGap:
    """Log predictive densities of the draws and of a linear model.

    Attributes
    ----------
    name : str
        Of the linear model.
    rows : int
    linear, network : float
        Mean log density of a row that is left out.
    difference, se : float
        Sum over the rows of linear less network, in nats, and its standard error.
    learnt, direct : bool
        Whether the network is known to learn the scale of its prior, and to have a direct linear
        path.
    """

    name: str
    rows: int
    linear: float
    network: float
    difference: float
    se: float
    learnt: bool = False
    direct: bool = False


def linear_gap(draws: xr.DataTree, *, model: Model | None = None) -> LinearGap | None:
    """Compare draws with a linear model on the data they were made with.

    None where there is nothing to compare: the network or the data are not known, PSIS-LOO needs
    more draws, or the distribution of the targets is none of a linear model.
    """
    known = network_if_known(draws, model)
    whole = complete_if_possible(draws, "log_likelihood", model=model)
    if known is None or "log_likelihood" not in whole.children:
        return None
    x, y = (np.asarray(v) for v in data_of(whole))
    ours = _left_out(whole)
    name = _rival(known, x)
    if ours is None or name is None or not np.isfinite(ours).all():
        return None
    rows = np.arange(len(x))
    if len(rows) > ROWS:
        rows = np.sort(np.random.default_rng(0).choice(len(x), ROWS, replace=False))
    theirs = log_density(name, x[rows].reshape(len(rows), -1), y[rows])
    if theirs is None:
        return None
    gap = theirs - ours[rows]
    se = float(gap.std(ddof=1) * len(gap) ** 0.5)
    return LinearGap(
        name, len(rows), float(theirs.mean()), float(ours[rows].mean()), float(gap.sum()), se,
        learnt=any(str(name).endswith("_scale") for name in draws["posterior"].data_vars),
        direct=bool(known.options.get("skip", False)),
    )  # fmt: skip


def log_density(name: str, x: np.ndarray, y: np.ndarray) -> np.ndarray | None:
    """Log density of every row under the linear model fitted to the others.

    Parameters
    ----------
    name : str
        One of `RIDGE`, `LOGISTIC`, `POISSON`.
    x : ndarray, shape (row, input)
    y : ndarray, shape (row, output) or (row,)

    Returns
    -------
    ndarray, shape (row,), or None
        Leave-one-out for ridge regression, five folds for the others. None where there are too
        few rows of a class for that.

    Examples
    --------
    >>> x = np.linspace(-1, 1, 50)[:, None]
    >>> bool(log_density(RIDGE, x, 2 * x).min() > 2)  # a line without noise
    True
    """
    from sklearn.preprocessing import StandardScaler

    z = StandardScaler().fit_transform(x)
    columns = y.reshape(len(y), -1).T
    score = {RIDGE: _ridge, LOGISTIC: _logistic, POISSON: _poisson}[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of steps that did not converge: a weaker rival
        parts = [score(z, column) for column in columns]
    scores = [part for part in parts if part is not None]
    return np.sum(scores, axis=0) if len(scores) == len(parts) else None


def _left_out(draws: xr.DataTree) -> np.ndarray | None:
    """Log density of every row by the draws: left out where that is known, else as seen."""
    values = np.asarray(draws["log_likelihood"]["y"], float)
    values = values.reshape(-1, values.shape[-1])
    seen = np.asarray(logsumexp(values, axis=0)) - np.log(len(values))
    if provenance_of(draws).method == "bootstrap":
        return seen
    loo = loo_of(draws)
    return seen if loo is None else np.where(loo.pareto_k <= loo.good_k, loo.pointwise, seen)


def _rival(model: Model, x: np.ndarray) -> str | None:
    """The linear model with the network's distribution of the targets."""
    families: list[Any] = []

    def trace(row: jax.Array) -> jax.Array:
        families.append(unwrapped(run(model, {}, row)["y"]["fn"])[0])
        return row

    jax.eval_shape(trace, jnp.asarray(x[:1]))  # nothing is computed
    for kinds, name in _RIVALS.items():
        if isinstance(families[0], kinds):
            return name
    return None


_RIVALS: dict[tuple[type, ...], str] = {
    (dist.Normal, dist.StudentT): RIDGE,
    (dist.Poisson,): POISSON,
    (dist.CategoricalLogits, dist.CategoricalProbs): LOGISTIC,
    (dist.BernoulliLogits, dist.BernoulliProbs): LOGISTIC,
}


def _ridge(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Normal, with the standard deviation of the leave-one-out residuals."""
    from sklearn.linear_model import RidgeCV

    fit = RidgeCV(PENALTIES, store_cv_results=True).fit(x, y)
    squares = fit.cv_results_.reshape(len(y), len(PENALTIES))
    best = squares[:, squares.mean(axis=0).argmin()]
    sd = max(np.sqrt(best.mean()), 1e-6 * (np.abs(y).max() or 1.0))  # of data without noise
    return stats.norm.logpdf(np.sqrt(best), scale=sd)


def _logistic(x: np.ndarray, y: np.ndarray) -> np.ndarray | None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold

    labels, y = np.unique(y, return_inverse=True)
    if len(labels) < 2 or np.bincount(y).min() < 5:
        return None
    models = [LogisticRegression(C=1 / penalty, solver="newton-cg") for penalty in PENALTIES]
    chances = _over_folds(models, StratifiedKFold(5), x, y, "predict_proba")
    return _best([np.log(np.maximum(p[np.arange(len(y)), y], 1e-12)) for p in chances])


def _poisson(x: np.ndarray, y: np.ndarray) -> np.ndarray | None:
    from sklearn.linear_model import PoissonRegressor
    from sklearn.model_selection import KFold

    if len(y) < 5 or not y.any():
        return None
    models = [PoissonRegressor(alpha=penalty / len(y), max_iter=500) for penalty in PENALTIES]
    rates = _over_folds(models, KFold(5, shuffle=True, random_state=0), x, y, "predict")
    return _best([stats.poisson.logpmf(y, np.maximum(rate, 1e-12)) for rate in rates])


def _over_folds(
    models: list[Any], folds: Any, x: np.ndarray, y: np.ndarray, method: str
) -> list[np.ndarray]:
    from sklearn.model_selection import cross_val_predict

    return [np.asarray(cross_val_predict(model, x, y, cv=folds, method=method)) for model in models]


def _best(scores: list[np.ndarray]) -> np.ndarray:
    return max(scores, key=np.sum)
