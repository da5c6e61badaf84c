"""Quadratic programming feature selection: relevant to the targets, not redundant.

    min ½ (1 - α) zᵀ Q z - α bᵀ z   over z ≥ 0, Σ z = 1,

Q the |correlation| of the features with one another, b with the targets. A feature is as important
as its weight z.

References
----------
Rodriguez-Lujan, Huerta, Elkan, Santa Cruz, "Quadratic programming feature selection", JMLR 2010;
Katrutsa & Strijov, "Comprehensive study of feature selection methods to solve multicollinearity
problem according to evaluation criteria", Expert Systems with Applications 2017 (the shift of an
indefinite Q).
"""

import numpy as np

from bayesneuron.numerics.arrays import as_numbers
from bayesneuron.numerics.checks import check_not_negative
from bayesneuron.reduction.baselines.removal import Sized, keep_best
from bayesneuron.reduction.baselines.simplex import simplex_qp
from bayesneuron.reduction.task import Task, check_sizes


def qpfs(features: np.ndarray, targets: np.ndarray, *, alpha: float | None = None) -> np.ndarray:
    """Weight of every feature.

    Parameters
    ----------
    features : ndarray, shape (point, feature)
    targets : ndarray, shape (point,) or (point, target)
        Numbers; or class numbers, of an integer type, whose indicators are weighted by the share
        of the class, as in the source. Relevance to several targets is the mean |correlation|.
    alpha : float, optional
        Weight of relevance against redundancy, in [0, 1]. By default the source's balance
        q̄ / (q̄ + b̄) of the mean redundancy and the mean relevance.

    Returns
    -------
    ndarray, shape (feature,)
        Non-negative, with sum 1. Constant features have 0.

    Raises
    ------
    ValueError
        If the shapes do not fit, a value is not finite, or alpha is not in [0, 1].

    Notes
    -----
    A matrix of |correlations| need not be positive semidefinite. If it is not, its least
    eigenvalue is subtracted from the diagonal.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(500, 3))
    >>> qpfs(x, x[:, 0] + 0.1 * rng.normal(size=500)).argmax()
    np.int64(0)
    """
    return _solve(*_programme(features, targets, alpha))[0]


def prune_qpfs(task: Task, sizes: object, *, seed: int = 0, alpha: float | None = None) -> Sized:
    """Keep the neurons whose activations have most weight in `qpfs`, their weights unchanged.

    Parameters
    ----------
    task : Task
        The targets are its y. Of a recurrent network the activations of the last step are used.
    sizes : int or sequence of int
    seed : int
        Not used.
    alpha : float, optional
        As in `qpfs`.

    Returns
    -------
    dict of int to dict of str to ndarray
        Sites, (draw, ...), by size.

    Raises
    ------
    ValueError
        If a size is not between 1 and the width of the layer, or alpha is not in [0, 1].

    Notes
    -----
    Many neurons have zero weight. They are ranked by the gradient of the objective.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = (np.asarray(v) for v in bn.windows(bn.datasets.noisy_sine(length=40), history=3))
    >>> model = bn.load("two_layer", inputs=3, hidden=4, outputs=1)
    >>> sites = bn.prior(model, x, samples=2)["posterior"].data_vars.items()
    >>> task = Task(model, {k: v.values[0] for k, v in sites}, "hidden", x, y)
    >>> prune_qpfs(task, 2)[2]["hidden_weight"].shape
    (2, 2, 3)
    """
    counts, steps = check_sizes(task, sizes, seed), task.activations.shape[1] // len(task.y)
    last = task.activations[:, steps - 1 :: steps]
    rank = np.empty((task.count, task.width))
    for s, a in enumerate(last):  # the active-set solver takes one programme at a time
        z, gradient = _solve(*_programme(a, task.y, alpha))
        order = np.lexsort((gradient, -z))
        rank[s, order] = -np.arange(task.width)
    return keep_best(task, counts, rank)


def _programme(
    features: np.ndarray, targets: np.ndarray, alpha: float | None
) -> tuple[np.ndarray, np.ndarray]:
    """(1 - α) Q and α b; NaN in b where a feature is constant."""
    x, y = as_numbers("features", features).astype(float), as_numbers("targets", targets)
    if x.ndim != 2 or x.size == 0 or y.ndim not in (1, 2) or len(y) != len(x) or y.size == 0:
        raise ValueError(
            f"qpfs: expected (point, feature) and as many targets, got {x.shape} and {y.shape}"
        )
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("qpfs: expected finite values, got others")
    if alpha is not None:
        check_not_negative(alpha=alpha)
        if alpha > 1:
            raise ValueError(f"alpha: expected a number in [0, 1], got {alpha}")
    if y.ndim == 1 and np.issubdtype(y.dtype, np.integer):
        y = (y[:, None] == np.unique(y)).astype(float)
        share = y.mean(axis=0)
    else:
        y = np.asarray(y.reshape(len(y), -1), float)
        share = np.full(y.shape[1], 1 / y.shape[1])
    u, varies = _standard(x)
    q = np.abs(u.T @ u)
    b = np.abs(u.T @ _standard(y)[0]) @ share
    live = np.ix_(varies, varies)
    if alpha is None:
        redundancy, relevance = (v.mean() if v.size else 0.0 for v in (q[live], b[varies]))
        alpha = float(redundancy / (redundancy + relevance)) if redundancy > 0 else 0.5
    return (1 - alpha) * q, np.where(varies, alpha * b, np.nan)


def _standard(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Centred columns of unit length, zero for a constant one; and which are not constant."""
    mean = values.mean(axis=0)
    centred = values - mean
    length = np.linalg.norm(centred, axis=0)
    varies = length > (1e-10 + 1e-10 * np.abs(mean)) * len(values) ** 0.5
    return np.where(varies, centred / np.where(varies, length, 1.0), 0.0), varies


def _solve(q: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights, and the gradient Q z - b of the objective there."""
    varies = np.isfinite(b)
    z, gradient = np.zeros(len(b)), np.full(len(b), np.inf)
    if not varies.any():
        return np.full(len(b), 1 / len(b)), gradient
    live, slope = q[np.ix_(varies, varies)], b[varies]
    least = np.linalg.eigvalsh(live)[0]
    live = live - min(least, 0.0) * np.eye(len(live))
    z[varies] = simplex_qp(live, slope)
    gradient[varies] = live @ z[varies] - slope
    return z, gradient
