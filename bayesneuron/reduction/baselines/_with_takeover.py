"""Any method on equal terms with ours: its neurons, our take-over and our readout.

Methods differ in the neurons that they leave and in the weights through which the next layer reads
them. Here the method decides only what its neurons read. What the next layer reads of them is
fitted as in `bayesneuron.merge`: the regression of `takeover` and, where the sums are logits, the
logistic regression of `readout`.
"""

import numpy as np

from bayesneuron.draws._activations import respond
from bayesneuron.network.width import with_width
from bayesneuron.numerics.blocks import joined
from bayesneuron.numerics.checks import check_not_negative
from bayesneuron.reduction._merge import fit_outgoing, read_through
from bayesneuron.reduction.baselines.ridge import kept
from bayesneuron.reduction.takeover import RIDGE, merged_sites
from bayesneuron.reduction.task import Method, Task, Weights, check_sizes, rows_of

_BLOCK = 100  # draws at once, to bound memory


def with_takeover(method: Method, *, ridge: float = RIDGE) -> Method:
    """The method whose neurons read what those of `method` read, with our take-over and readout.

    Parameters
    ----------
    method : callable
        Any selection or merge. In a layer that reads itself, one that keeps neurons as they are.
    ridge : float
        As in `bayesneuron.merge`.

    Returns
    -------
    callable
        ``(task, sizes, *, seed=0) -> {size: sites}``. It raises ValueError where the layer reads
        itself and the neurons of `method` are not among those of the task.

    See Also
    --------
    ridge_after : ridge compensation alone, as published.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> from bayesneuron.reduction.baselines import kmeans_euclidean
    >>> model = bn.load("two_layer", inputs=1, hidden=2, outputs=1, noise=0.1)
    >>> sites = {
    ...     "hidden_weight": np.array([[[1.0], [1.0]]]),
    ...     "hidden_bias": np.array([[1.0, 1.2]]),
    ...     "output_weight": np.array([[[3.0, -1.0]]]),
    ...     "output_bias": np.zeros((1, 1)),
    ... }
    >>> task = Task(model, sites, "hidden", np.linspace(-2, 2, 9)[:, None], np.ones((9, 1)))
    >>> for way in (kmeans_euclidean, with_takeover(kmeans_euclidean)):
    ...     print(way(task, 1)[1]["output_weight"].round(2).tolist())
    [[[2.0]]]
    [[[2.16]]]
    """
    check_not_negative(ridge=ridge)

    def compensate(task: Task, sizes: object, *, seed: int = 0) -> dict[int, Weights]:
        """Reduce the layer, then fit what the next layer reads."""
        counts = check_sizes(task, sizes)
        reduced = method(task, counts, seed=seed)
        starts = range(0, task.count, _BLOCK)
        parts = [
            _taken_over(task, slice(s, s + _BLOCK), {k: reduced[k] for k in counts}, ridge)
            for s in starts
        ]
        return {k: joined([part[k] for part in parts]) for k in counts}

    return compensate


def _taken_over(
    task: Task, rows: slice, reduced: dict[int, Weights], ridge: float
) -> dict[int, Weights]:
    block = rows_of(task, rows)
    own = _of_selection if block.layout.recurrent(block.layer) else _of_any
    return {
        k: own(block, k, {name: np.asarray(v)[rows] for name, v in sites.items()}, ridge)
        for k, sites in reduced.items()
    }


def _of_any(task: Task, size: int, reduced: Weights, ridge: float) -> Weights:
    """Incoming weights stay as they are, so the activations do not depend on the take-over."""
    layout, layer = task.layout, task.layer
    small = with_width(task.model, layer, size)
    merged = respond(small, reduced, task.x)[layer]
    nobody = np.full(task.width, -1)  # no member has an owner: the pull is towards zero
    unread = np.zeros((task.count, size, task.width))
    incoming = {a.site: reduced[a.site] for a in layout.axes(layer) if a.role == "incoming"}

    def rewired(out: np.ndarray, constant: np.ndarray) -> Weights:
        return merged_sites(layout, task.sites, layer, unread, out, constant) | incoming

    return fit_outgoing(task, merged, nobody, rewired, ridge=ridge)[1]


def _of_selection(task: Task, size: int, reduced: Weights, ridge: float) -> Weights:
    """The neurons kept read themselves through the take-over."""
    try:
        keep = kept(task, reduced)
    except ValueError:
        raise ValueError(
            f"with_takeover: expected a method that keeps neurons of {task.layer!r} as they are, "
            "since the layer reads itself, got one that changes what they read"
        ) from None
    owner = np.full((task.count, task.width), -1)
    np.put_along_axis(owner, keep, np.arange(size)[None], axis=1)
    return read_through(task, np.eye(task.width)[keep], owner, ridge=ridge)[1]
