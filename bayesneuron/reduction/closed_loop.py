"""The take-over of a layer that reads itself, judged by what the smaller network then does.

The regression of `takeover` is one step of the recurrence. Small errors of it return at the next
step, and neurons that explain the others poorly get large weights, with which they may drive one
another away. A stronger pull keeps the weights small. Of several strengths each draw takes the one
whose network, run on the training inputs, loses least of the next layer's sums.
"""

import numpy as np

from bayesneuron.draws._activations import respond
from bayesneuron.network.width import with_width
from bayesneuron.reduction.centre import answers
from bayesneuron.reduction.takeover import merged_sites, take_over
from bayesneuron.reduction.task import Task, Weights

STRONGER = (1e-4, 1e-2, 1.0, 100.0)  # ridges beside the one asked for


def read_in_closed_loop(
    task: Task, into: np.ndarray, owner: np.ndarray, *, ridge: float
) -> tuple[np.ndarray, Weights]:
    """Loss and sites, as `bayesneuron.reduction._merge.read_through`."""
    loss, sites = _run(task, into, owner, ridge)
    for stronger in STRONGER:
        if stronger <= ridge:
            continue
        other, weights = _run(task, into, owner, stronger)
        better = other < loss
        loss = np.where(better, other, loss)
        sites = {
            k: np.where(better.reshape(-1, *(1,) * (v.ndim - 1)), weights[k], v)
            for k, v in sites.items()
        }
    return loss, sites


def _run(
    task: Task, into: np.ndarray, owner: np.ndarray, ridge: float
) -> tuple[np.ndarray, Weights]:
    """Loss of the network that results, not of the regression."""
    merged = answers(task, into, owner, ridge=ridge)
    out, constant = take_over(task.wanted, merged, owner, ridge=ridge, constant=task.constant)
    sites = merged_sites(task.layout, task.sites, task.layer, into, out, constant)
    small = with_width(task.model, task.layer, into.shape[1])
    own = respond(small, sites, task.x)[task.layer]
    left = task.wanted - own @ np.swapaxes(out, 1, 2) - constant[:, None, :]
    with np.errstate(over="ignore", invalid="ignore"):
        loss = ((left @ task.outgoing) ** 2).sum(axis=2).mean(axis=1)
    return np.where(np.isfinite(loss), loss, np.inf), sites
