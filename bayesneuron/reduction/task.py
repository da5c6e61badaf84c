"""One layer to be reduced: what every method of reduction receives.

A method of reduction, ours or a baseline, is a function

    method(task, sizes, *, seed=0) -> {size: sites}

that returns for each size the weights of the networks with that many neurons in the layer, draw
by draw. What a method may look at (activations, what a neuron reads and sends) is computed once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.special import softmax

from bayesneuron.draws._activations import respond
from bayesneuron.draws.evaluate import evaluate
from bayesneuron.network.arrays import as_arrays
from bayesneuron.network.layout import Layout
from bayesneuron.network.model import Model
from bayesneuron.network.priors import SKIP
from bayesneuron.network.rows import neurons_back, neurons_first
from bayesneuron.numerics import display
from bayesneuron.numerics.arrays import check_all_finite
from bayesneuron.numerics.blocks import run_blocks
from bayesneuron.numerics.checks import check_seed, check_type, is_whole
from bayesneuron.numerics.progress import progress

BLOCK = 2**25  # activations of a block of draws, of which functions hold about six copies

Weights = dict[str, np.ndarray]
Method = Callable[..., Mapping[int, Weights]]


@dataclass(frozen=True)
class Task:
    """Trained networks, the layer to reduce, and the data they were trained on.

    Attributes
    ----------
    model : Model
    sites : mapping of str to ndarray, shape (draw, ...)
        Every latent site and every site of the layout. Draws are separate networks; where the
        method takes one decision for all of them, they are aligned.
    layer : str
    x, y : ndarray
        Training data, checked.
    covariance : ndarray, shape (neuron, k, k), optional
        D_i of the incoming weights, in the order of `incoming`, for methods that use it; by
        default that of the draws.
    target : ndarray, shape (draw, point, neuron), optional
        Activations to reproduce, where they are not the layer's own: those it had before the
        layers below it were reduced.
    deciding : ndarray of int, optional
        Places of the draws on which a decision common to all draws is taken, see `deciders`; by
        default all.
    numbers : ndarray of int, shape (draw,), optional
        Number of each draw, from which its random choices follow; by default its place. Some of
        the draws with their numbers are reduced as they are among all.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.align(bn.laplace(model, x, y, samples=50, starts=4))
    >>> def widths(task, sizes, *, seed=0):  # a rule reads a task
    ...     assert (task.layer, task.width) == ("hidden", 2)
    ...     return bn.baselines.magnitude(task, sizes, seed=seed)
    >>> bn.reduce(draws, sizes=[1], method=widths, score="merged").basis
    'merged'
    """

    model: Model
    sites: Mapping[str, np.ndarray]
    layer: str
    x: np.ndarray
    y: np.ndarray
    covariance: np.ndarray | None = None
    target: np.ndarray | None = None
    deciding: np.ndarray | None = None
    numbers: np.ndarray | None = None

    def table(self) -> pd.DataFrame:
        """What a method has to work with, in numbers."""
        weights = {"incoming": self.incoming.shape[-1], "outgoing": self.outgoing.shape[-1]}
        sizes = {"draws": self.count, "neurons": self.width, "observations": len(self.x)}
        return pd.DataFrame(
            {"number": {**sizes, **{f"{k} weights": n for k, n in weights.items()}}}
        )

    def __repr__(self) -> str:
        return display.show(f"Task: reduce {self.layer!r} of {self.model}", self.table())

    def _repr_html_(self) -> str:
        return display.html(f"Task: reduce {self.layer!r} of {self.model}", self.table())

    @property
    def layout(self) -> Layout:
        """Of the model."""
        return self.model.layout

    @property
    def count(self) -> int:
        """Number of draws."""
        return len(next(iter(self.sites.values())))

    @cached_property
    def sent(self) -> np.ndarray:
        """What the next layer reads of the activations to reproduce, (draw, point, m)."""
        return self.wanted @ self.outgoing

    @property
    def draw_numbers(self) -> np.ndarray:
        """Number of each draw, (draw,)."""
        return np.arange(self.count) if self.numbers is None else self.numbers

    @property
    def width(self) -> int:
        """Number of neurons of the layer."""
        return self.layout.width(self.sites, self.layer)

    @cached_property
    def activations(self) -> np.ndarray:
        """Activations of every neuron over x, (draw, point, neuron); see `respond`."""
        return respond(self.model, self.sites, self.x)[self.layer]

    @property
    def wanted(self) -> np.ndarray:
        """The activations to reproduce, (draw, point, neuron)."""
        return self.activations if self.target is None else self.target

    @cached_property
    def outgoing(self) -> np.ndarray:
        """All weights that every neuron sends, (draw, neuron, m)."""
        return self.layout.rows(self.sites, self.layer, "outgoing")

    @cached_property
    def incoming(self) -> np.ndarray:
        """All weights that every neuron reads, its bias among them, (draw, neuron, k)."""
        return self.layout.rows(self.sites, self.layer, "incoming")

    @cached_property
    def gram(self) -> np.ndarray:
        """Covariance of the activations over points (second moments without a bias to take means),
        (draw, neuron, neuron).
        """
        a = self.activations
        a = a - a.mean(axis=1, keepdims=True) if self.constant else a
        return np.swapaxes(a, 1, 2) @ a / a.shape[1]

    @cached_property
    def logits(self) -> np.ndarray | None:
        """The sums that the next layer forms, (draw, point, class), if they are logits."""
        layout = self.layout
        reads = [layout.receiver(a.site) for a in layout.axes(self.layer) if a.role == "outgoing"]
        if len(reads) != 1 or reads[0] in layout.hidden or not self.constant:
            return None
        bias = np.asarray(self.sites[layout.bias(reads[0])])  # pyright: ignore[reportArgumentType]
        if bias.ndim != 2 or bias.shape[1] != self.outgoing.shape[2]:
            return None
        level = bias[:, None, :] + self.passed
        mean = evaluate(self.model, self.sites, self.x[:8], keep=("mean",))["mean"]
        own = (self.activations @ self.outgoing)[:, :8] + level[:, :8]
        if mean.shape != own.shape or not np.allclose(softmax(own, axis=-1), mean, atol=1e-6):
            return None
        return self.sent + level

    @cached_property
    def passed(self) -> np.ndarray:
        """What a direct path from x adds to the sums of the output, (draw, point, output) or zero.

        It passes every neuron by, and stays as it is.
        """
        if SKIP not in self.layout.sites:
            return np.zeros((1, 1, 1))
        return self.x @ np.swapaxes(self.sites[SKIP], 1, 2)

    @property
    def constant(self) -> bool:
        """Whether every layer that reads this one has a bias, which can take a constant."""
        layout, layer = self.layout, self.layer
        read = {layout.receiver(a.site) for a in layout.axes(layer) if a.role == "outgoing"}
        return layer not in read and all(layout.bias(name) is not None for name in read)


def rows_of(task: Task, rows: np.ndarray | slice) -> Task:
    """The same task for some of the draws."""
    sites = {k: np.asarray(v)[rows] for k, v in task.sites.items()}
    target = None if task.target is None else task.target[rows]
    return replace(task, sites=sites, target=target, deciding=None, numbers=task.draw_numbers[rows])


def deciders(task: Task) -> Task:
    """The task for the draws on which a decision common to all draws is taken."""
    return task if task.deciding is None else rows_of(task, task.deciding)


def over_blocks[R](
    task: Task, function: Callable[[Task], R], *, size: int = 100, workers: int | None = None
) -> list[R]:
    """What `function` makes of each block of draws: bounds the memory, and uses all cores."""
    size = max(1, min(size, BLOCK // max(1, len(task.x) * task.width)))
    parts = [rows_of(task, slice(s, s + size)) for s in range(0, task.count, size)]
    long = task.count * len(task.x) * task.width > BLOCK
    with progress("draws of smaller networks", task.count, long=long) as advance:

        def counted(part: Task) -> R:
            made = function(part)
            advance(part.count)
            return made

        return run_blocks(counted, parts, workers=workers)


def check_task(task: Task) -> None:
    """Raise ValueError unless the networks have the model's sites, finite, and a hidden layer.

    Their data are checked against the model as well.
    """
    check_type("task", task, Task)
    if task.layer not in task.layout.hidden:
        raise ValueError(
            f"task, layer: expected one of {list(task.layout.hidden)}, got {task.layer!r}"
        )
    missing = [site for site in task.layout.sites if site not in task.sites]
    if missing:
        raise ValueError(f"task, sites: expected {list(task.layout.sites)}, missing {missing}")
    for site, values in task.sites.items():
        check_all_finite(f"task, {site}", np.asarray(values))
    as_arrays(task.model, task.x, task.y)


def check_sizes(task: Task, sizes: object, seed: int = 0) -> list[int]:
    """Sizes as a list, each a whole number between 1 and the width of the layer.

    Raises
    ------
    ValueError
        If one is not, the task is none, or the seed is no seed.
    """
    check_task(task)
    check_seed(seed)
    counts = np.atleast_1d(np.asarray(sizes)).tolist()
    wrong = [s for s in counts if not is_whole(s) or not 1 <= s <= task.width]
    if wrong or not counts:
        raise ValueError(f"sizes: expected 1 to {task.width} neurons, got {wrong or 'none'}")
    return [int(s) for s in counts]


def select(task: Task, keep: np.ndarray) -> Weights:
    """Networks with only the neurons `keep`, (K,) or (draw, K); the others vanish."""
    chosen = np.broadcast_to(keep, (task.count, np.shape(keep)[-1]))
    selected = {k: np.asarray(v) for k, v in task.sites.items()}
    for axis in task.layout.axes(task.layer):
        rows = neurons_first(selected[axis.site], axis.axis)
        index = chosen.reshape(*chosen.shape, *(1,) * (rows.ndim - 2))
        selected[axis.site] = neurons_back(np.take_along_axis(rows, index, axis=1), axis.axis)
    return orthonormal(task.layout, selected)


def orthonormal(layout: Layout, sites: Weights) -> Weights:
    """Restore the orthonormality of restricted sites: replace each by its polar factor.

    A site with an auxiliary twin of the same axes is orthonormal in the model; the nearest
    orthonormal matrix to any M is its polar factor U Vᵀ, M = U S Vᵀ.
    """
    restored = dict(sites)
    for free in layout.free:
        dims = layout.sites[free]
        twin = next(s for s, d in layout.sites.items() if d == dims and s not in layout.auxiliary)
        u, _, v = np.linalg.svd(restored[twin], full_matrices=False)
        restored[twin] = restored[free] = u @ v
    return restored
