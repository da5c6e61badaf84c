"""Ridge compensation: after any selection, the kept neurons take over the others' function.

With activations A and those of the kept neurons A_P, the Gram matrix G = AᵀA / T gives

    B = G_{·P} (G_PP + λ I)⁻¹,   λ = ridge · mean diagonal of G_PP,

the ridge regression of every neuron on the kept ones; outgoing weights V become V B. Where the
next layer has a bias, means are regressed out first and go there.
"""

import numpy as np

from bayesneuron.network.rows import rows_of
from bayesneuron.numerics.checks import check_not_negative
from bayesneuron.reduction.baselines._magnitude import magnitude
from bayesneuron.reduction.baselines._random import random
from bayesneuron.reduction.takeover import merged_sites, take_over
from bayesneuron.reduction.task import Method, Task, Weights, check_task

FLOOR = 1e-14  # of the ridge, so that the regression on kept copies of one neuron is regular


def compensated(task: Task, keep: np.ndarray, *, ridge: float = 1e-3) -> Weights:
    """Networks with only the neurons `keep`, whose outgoing weights compensate for the others.

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

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.align(bn.laplace(model, x, y, samples=50, starts=4))
    >>> def first(task, sizes, *, seed=0):  # a rule that keeps the first neurons
    ...     return {size: compensated(task, np.arange(size)) for size in sizes}
    >>> curve = bn.reduce(draws, sizes=[1], method=first, score="merged").curve
    >>> curve["hidden"].tolist()
    [1, 2]
    """
    chosen = _checked(task, keep)
    check_not_negative(ridge=ridge)
    members = task.activations
    alone = np.take_along_axis(members, chosen[:, None, :], axis=2)
    nobody = np.full(task.width, -1)  # no member has an owner: the pull is towards zero
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
        One that keeps neurons and leaves their incoming weights unchanged, such as `magnitude`.
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
    check_not_negative(ridge=ridge)
    if not callable(method):
        raise ValueError(f"method: expected one of bn.baselines, got {method!r}")

    def compensate(task: Task, sizes: object, *, seed: int = 0) -> dict[int, Weights]:
        """Select neurons, then let them take over the rest by ridge regression.

        Examples
        --------
        >>> import bayesneuron as bn
        >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
        >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
        >>> draws = bn.align(bn.laplace(model, x, y, samples=50, starts=4))
        >>> options = {"method": bn.baselines.magnitude_ridge, "score": "merged"}
        >>> bn.reduce(draws, sizes=[1], **options).curve["hidden"].tolist()
        [1, 2]
        """
        selected = method(task, sizes, seed=seed)
        return {k: compensated(task, kept(task, v), ridge=ridge) for k, v in selected.items()}

    return compensate


magnitude_ridge = ridge_after(magnitude)
random_ridge = ridge_after(random)


def kept(task: Task, selected: Weights) -> np.ndarray:
    """Which neurons of `task` a selection has kept, (draw, K), by their incoming weights.

    Of equal neurons the first stands for all, since their activations are equal.

    Raises
    ------
    ValueError
        If some neuron of the selection is not one of the task's.
    """
    layout = task.layout
    restricted = {layout.sites[s] for s in layout.free}  # selection makes these anew
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
    nearest = (exact + 1e-9 * np.sum(near, axis=0)).argmin(axis=2)
    wrong = np.take_along_axis(exact, nearest[:, :, None], axis=2).max()
    scale = max(float(np.abs(task.incoming).max()), 1e-300)
    if wrong > 1e-6 * scale:
        raise ValueError(
            f"ridge_after: expected a method that keeps neurons of {task.layer!r} as they are, "
            f"got some whose incoming weights differ by {wrong:.3g}"
        )
    return nearest


def _checked(task: Task, keep: np.ndarray) -> np.ndarray:
    check_task(task)
    numbers = np.asarray(keep)
    whole = np.issubdtype(numbers.dtype, np.integer)
    if not whole or numbers.ndim not in (1, 2) or numbers.size == 0:
        raise ValueError(
            f"keep: expected neuron numbers, (K,) or ({task.count}, K), got {numbers.dtype} "
            f"of shape {numbers.shape}"
        )
    if numbers.ndim == 2 and len(numbers) != task.count:
        raise ValueError(f"keep: expected {task.count} draws, got {len(numbers)}")
    if numbers.min() < 0 or numbers.max() >= task.width:
        raise ValueError(f"keep: expected neurons 0 to {task.width - 1}, got {numbers.max()}")
    ordered = np.sort(numbers, axis=-1)
    if (ordered[..., 1:] == ordered[..., :-1]).any():
        raise ValueError(f"keep: expected distinct neurons, got {numbers.tolist()}")
    return np.broadcast_to(numbers, (task.count, numbers.shape[-1]))
