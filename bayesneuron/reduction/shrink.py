"""Networks with fewer neurons in some layers, front to back."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from bayesneuron.draws._activations import respond
from bayesneuron.network.model import Model
from bayesneuron.network.width import with_width
from bayesneuron.numerics.checks import is_whole
from bayesneuron.reduction.task import Method, Task, Weights

Widths = Mapping[str, int]


def shrink(
    model: Model,
    sites: Mapping[str, np.ndarray],
    x: np.ndarray,
    y: np.ndarray,
    plans: Sequence[Widths],
    method: Method,
    *,
    seed: int = 0,
    covariance: Mapping[str, np.ndarray] | None = None,
    deciding: np.ndarray | None = None,
    numbers: np.ndarray | None = None,
) -> list[tuple[Model, Weights]]:
    """Reduce the same networks to each of several sets of widths.

    Layers are reduced in the order in which the plans name them. Once one is reduced, the next is
    asked to reproduce the activations that it had in the full network, so errors do not add up
    where the method can help it.

    Parameters
    ----------
    model, sites, x, y
        As in `Task`.
    plans : sequence of mapping of str to int
        Width of each layer to reduce; all plans name the same layers in the same order.
    method : callable
        ``method(task, sizes, seed=...)``.
    covariance : mapping of str to ndarray, optional
        D_i of the incoming weights, by layer.
    deciding, numbers : ndarray of int, optional
        As in `Task`.

    Returns
    -------
    list of (Model, sites)
        One for each plan.
    """
    layers = list(plans[0])
    full = respond(model, sites, x) if len(layers) > 1 else {}
    known = covariance or {}

    def tasks(model: Model, sites: Mapping[str, np.ndarray], layer: str) -> Task:
        return Task(model, sites, layer, x, y, known.get(layer), full.get(layer), deciding, numbers)

    first = layers[0]
    sizes = list(dict.fromkeys(plan[first] for plan in plans))
    begun = _ask(method, tasks(model, sites, first), sizes, seed)
    networks = []
    for plan in plans:
        small = with_width(model, first, plan[first])
        weights = dict(begun[plan[first]])
        for layer in layers[1:]:
            task = tasks(small, weights, layer)
            weights = dict(_ask(method, task, [plan[layer]], seed)[plan[layer]])
            small = with_width(small, layer, plan[layer])
        networks.append((small, weights))
    return networks


def _ask(
    method: Method, task: Task, sizes: Sequence[int], seed: int
) -> Mapping[int, Mapping[str, np.ndarray]]:
    """What a method makes of a task, checked: a user's own may be anything."""
    if not callable(method):
        raise ValueError(f"method: expected a function such as bn.baselines.obd, got {method!r}")
    made = method(task, sizes, seed=seed)
    if not isinstance(made, Mapping) or not set(sizes) <= set(made):
        got = list(made) if isinstance(made, Mapping) else type(made).__name__
        raise ValueError(f"method: expected the sites of sizes {list(sizes)}, got {got}")
    for size in sizes:
        missing = set(task.sites) - set(made[size])
        if missing:
            raise ValueError(f"method, size {size}: expected all sites, missing {sorted(missing)}")
    return made


def plans_for(
    widths: Widths, layers: Sequence[str], sizes: Sequence[object] | None
) -> list[dict[str, int]]:
    """Widths of every layer to reduce, from the sizes that a user asked for.

    Parameters
    ----------
    widths : mapping of str to int
        Of the full network.
    layers : sequence of str
        Those to reduce.
    sizes : sequence of int or of tuple of int, optional
        One number per layer (a bare number where there is one layer); by default about ten
        sizes, halving from the full width, all layers in proportion.

    Raises
    ------
    ValueError
        If a size is not one whole number per layer, between 1 and the width.

    Examples
    --------
    >>> plans_for({"h": 10}, ["h"], None)[:3]
    [{'h': 1}, {'h': 2}, {'h': 3}]
    >>> plans_for({"a": 32, "b": 16}, ["a", "b"], [(8, 4)])
    [{'a': 8, 'b': 4}]
    """
    if sizes is None:
        return _default(widths, layers)
    if isinstance(sizes, str) or not isinstance(sizes, Iterable):
        raise ValueError(f"sizes: expected a list of sizes, got {sizes!r}")
    plans = []
    for size in sizes:
        counts = np.atleast_1d(np.asarray(size)).tolist()
        fits = len(counts) == len(layers) and all(
            is_whole(v) and 1 <= v <= widths[name] for v, name in zip(counts, layers, strict=True)
        )
        if not fits:
            limits = ", ".join(f"1 to {widths[name]} for {name!r}" for name in layers)
            raise ValueError(f"sizes: expected one whole number per layer, {limits}; got {size}")
        plan = dict(zip(layers, map(int, counts), strict=True))
        if plan not in plans:
            plans.append(plan)
    if not plans:
        raise ValueError("sizes: expected at least one, got none")
    return plans


def _default(widths: Widths, layers: Sequence[str]) -> list[dict[str, int]]:
    widest = max(widths[name] for name in layers)
    counts = sorted({round(widest / 2 ** (i / 2)) for i in range(40)} | {1, 2, 3, 4, 5, 6})
    counts = [c for c in counts if 1 <= c <= widest]
    plans = [{n: max(1, round(widths[n] * c / widest)) for n in layers} for c in counts]
    return [plan for i, plan in enumerate(plans) if plan not in plans[:i]]
