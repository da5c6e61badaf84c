"""Neurons that the others can stand in for, taken out one after another.

Judged alone, each of two duplicates could go, and so could each of three neurons of which one is
the sum of the others. So neurons leave in turn, cheapest first. With a_S the activations of those
that have left, A those of the kept, the kept take over by least squares, draw by draw,

    a_S ≈ B a_A + c,    v_A ← v_A + Bᵀ v_S,    next bias ← bias + cᵀ v_S,

and a neuron is redundant if its leaving lowers Σ_t log E p(y_t | w) by a few nats at most.
"""

from collections.abc import Sequence

import numpy as np
from scipy.special import logsumexp

from bayesneuron.draws.evaluate import evaluate
from bayesneuron.network.rows import combine, neurons_first
from bayesneuron.reduction.takeover import RIDGE
from bayesneuron.reduction.task import Task, Weights


def redundant(
    task: Task, unneeded: Sequence[int], candidates: Sequence[int], *, most: float
) -> list[int]:
    """Those of `candidates` that are redundant, beside the `unneeded`, which leave first.

    Parameters
    ----------
    task : Task
        With observations y.
    unneeded, candidates : sequence of int
        Neurons; the candidates in the order in which they are to leave.
    most : float
        Nats of the log predictive density that one neuron's leaving may cost.
    """
    gone = [int(i) for i in unneeded]
    leaving: list[int] = []
    density = _log_density(task, gone) if candidates else 0.0
    for i in candidates:
        if len(gone) == task.width - 1:
            break
        without = _log_density(task, [*gone, int(i)])
        if without >= density - most:
            gone.append(int(i))
            leaving.append(int(i))
            density = without
    return leaving


def _log_density(task: Task, gone: list[int]) -> float:
    """Log predictive density of all observations with these neurons taken over by the others."""
    values = evaluate(task.model, _without(task, gone), task.x, task.y, keep=())["log_likelihood"]
    return float((logsumexp(values, axis=0) - np.log(len(values))).sum())


def _without(task: Task, gone: list[int]) -> Weights:
    """The networks in which these neurons send nothing; shapes stay."""
    if not gone:
        return dict(task.sites)
    kept = np.setdiff1d(np.arange(task.width), gone)
    within, across = task.gram[:, kept[:, None], kept], task.gram[:, kept[:, None], gone]
    pull = RIDGE * np.einsum("skk->sk", within).mean(axis=1)[:, None, None]
    pull = np.where(pull > 0, pull, np.finfo(float).tiny ** 0.5)
    taken = np.linalg.solve(within + pull * np.eye(len(kept)), across)  # Bᵀ, (draw, kept, gone)
    matrix = np.zeros((task.count, task.width, task.width))
    matrix[:, kept, kept] = 1.0
    matrix[:, kept[:, None], gone] = taken
    remainder = np.zeros((task.count, len(gone)))
    if task.constant:
        mean = task.activations.mean(axis=1)
        remainder = mean[:, gone] - np.einsum("ski,sk->si", taken, mean[:, kept])
    sites = {name: np.asarray(values) for name, values in task.sites.items()}
    layout = task.layout
    for axis in layout.weight_axes(task.layer, "outgoing"):
        values = sites[axis.site]
        sites[axis.site] = combine(matrix, values, axis.axis)
        bias = layout.bias(layout.receiver(axis.site))
        if bias is not None and layout.receiver(axis.site) != task.layer:
            sent = neurons_first(values, axis.axis)[:, gone]
            sites[bias] = sites[bias] + np.einsum("si,si...->s...", remainder, sent)
    return sites
