"""Ridge compensation: after any selection, the kept neurons learn to speak for all.

With activations A and those of the kept neurons A_P, the Gram matrix G = AᵀA / T gives

    B = G_{·P} (G_PP + λ I)⁻¹,   λ = ridge · mean diagonal of G_PP,

the ridge regression of every neuron on the kept ones; outgoing weights V become V B. Where the
next layer has a bias, means are regressed out first and go there.
"""

import numpy as np

from bayesneuron.network.rows import rows_of
from bayesneuron.reduction.baselines._magnitude import magnitude
from bayesneuron.reduction.baselines._random import random
from bayesneuron.reduction.takeover import merged_sites, take_over
from bayesneuron.reduction.task import Method, Task, Weights

FLOOR = 1e-14  # of the ridge, so that kept copies of one neuron can be told apart


def compensated(task: Task, keep: np.ndarray, *, ridge: float = 1e-3) -> Weights:
    """Networks with only the neurons `keep`, whose outgoing weights make up for the others.

    Parameters
    ----------
    task : Task
    keep : ndarray of int, shape (K,) or (draw, K)
    ridge : float
        λ relative to the mean of the kept neurons' second moments (variances with a bias).

    Returns
    -------
    dict of str to ndarray

    Raises
    ------
    ValueError
        If `keep` does not fit or the ridge is negative.

    References
    ----------
    Tang, Wang, Thiele, Saukh, "GRAIL: Post-hoc compensation by linear reconstruction for
    compressed networks", CPAL 2026, arXiv 2602.23795; there G is not centred.
    """
    chosen = _checked(task, keep)
    if not ridge >= 0:
        raise ValueError(f"ridge: expected a number of at least 0, got {ridge}")
    members = task.activations
    alone = np.take_along_axis(members, chosen[:, None, :], axis=2)
    nobody = np.full(task.width, -1)  # owns anybody: the pull is towards nought
    out, constant = take_over(
        members, alone, nobody, ridge=max(ridge, FLOOR), constant=task.constant
    )
    into = np.eye(task.width)[chosen]
    return merged_sites(task.layout, task.sites, task.layer, into, out, constant)


def ridge_after(method: Method, *, ridge: float = 1e-3) -> Method:
    """The method that selects neurons as `method` does and compensates for the rest.

    Parameters
    ----------
    method : callable
        One that keeps neurons and leaves what they read as it was, such as `magnitude`.
    ridge : float
        See `compensated`.

    Returns
    -------
    callable
        ``(task, sizes, *, seed=0) -> {size: sites}``. It raises ValueError where the neurons
        of `method` are not among those of the task.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> model = bn.load("two_layer", inputs=1, hidden=2, outputs=1, noise=0.1)
    >>> sites = {
    ...     "hidden_weight": np.array([[[1.0], [-1.0]]]),
    ...     "hidden_bias": np.zeros((1, 2)),
    ...     "output_weight": np.array([[[3.0, 1.0]]]),
    ...     "output_bias": np.zeros((1, 1)),
    ... }
    >>> task = Task(model, sites, "hidden", np.linspace(-2, 2, 9)[:, None], np.ones((9, 1)))
    >>> magnitude_ridge(task, 1)[1]["output_weight"].round(2).tolist()
    [[[2.0]]]
    """

    def compensate(task: Task, sizes: object, *, seed: int = 0) -> dict[int, Weights]:
        selected = method(task, sizes, seed=seed)
        return {k: compensated(task, kept(task, v), ridge=ridge) for k, v in selected.items()}

    return compensate


magnitude_ridge = ridge_after(magnitude)
random_ridge = ridge_after(random)


def kept(task: Task, selected: Weights) -> np.ndarray:
    """Which neurons of `task` a selection has kept, (draw, K), by what they read.

    Of equal neurons the first stands for all: they say the same.

    Raises
    ------
    ValueError
        If some neuron of the selection is none of the task's.
    """
    layout = task.layout
    restricted = {layout.sites[s] for s in layout.auxiliary}  # selection makes these anew
    free: list[np.ndarray] = []
    near: list[np.ndarray] = []
    for axis in layout.weight_axes(task.layer, "incoming"):
        dims = layout.sites[axis.site]
        if dims.count(task.layer) > 1:
            continue
        both = selected[axis.site], task.sites[axis.site]
        a, b = (rows_of(np.asarray(values), axis.axis) for values in both)
        apart = np.abs(a[:, :, None] - b[:, None]).max(axis=3)  # (draw, K, neuron)
        (near if dims in restricted else free).append(apart)
    exact = np.max(free or near, axis=0)
    found = (exact + 1e-9 * np.sum(near, axis=0)).argmin(axis=2)
    wrong = np.take_along_axis(exact, found[:, :, None], axis=2).max()
    scale = max(float(np.abs(task.incoming).max()), 1e-300)
    if wrong > 1e-6 * scale:
        raise ValueError(
            f"ridge_after: expected a method that keeps neurons of {task.layer!r} as they are, "
            f"got some that read weights differing by {wrong:.3g}"
        )
    return found


def _checked(task: Task, keep: np.ndarray) -> np.ndarray:
    given = np.asarray(keep)
    whole = np.issubdtype(given.dtype, np.integer)
    if not whole or given.ndim not in (1, 2) or given.size == 0:
        raise ValueError(
            f"keep: expected neuron numbers, (K,) or ({task.count}, K), got {given.dtype} "
            f"of shape {given.shape}"
        )
    if given.ndim == 2 and len(given) != task.count:
        raise ValueError(f"keep: expected {task.count} draws, got {len(given)}")
    if given.min() < 0 or given.max() >= task.width:
        raise ValueError(f"keep: expected neurons 0 to {task.width - 1}, got {given.max()}")
    return np.broadcast_to(given, (task.count, given.shape[-1]))
