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
from bayesneuron.reduction.takeover import RIDGE, rewired, take_over
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
    n, a = task.width, task.activations
    kept = np.setdiff1d(np.arange(n), gone)
    out, constant = np.zeros((task.count, n, n)), np.zeros((task.count, n))
    out[:, kept, kept] = 1.0
    nowhere = np.full(len(gone), -1)
    out[:, np.array(gone)[:, None], kept], constant[:, gone] = take_over(
        a[:, :, gone], a[:, :, kept], nowhere, ridge=RIDGE, constant=task.constant
    )
    into = np.tile(np.eye(n), (task.count, 1, 1))
    return rewired(task.layout, task.sites, task.layer, into, out, constant)
