"""Merge communities of neurons into one neuron each, in every draw."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import xarray as xr

from bayesneuron.network.model import Model
from bayesneuron.network.rows import neurons_back, neurons_first
from bayesneuron.numerics.blocks import joined
from bayesneuron.numerics.precision import double
from bayesneuron.reduction.centre import answers, centres
from bayesneuron.reduction.readout import divergence, fit_readout
from bayesneuron.reduction.rebuild import Reduced, data_of, rebuild, task_of
from bayesneuron.reduction.takeover import RIDGE, merged_sites, take_over
from bayesneuron.reduction.task import Task, Weights, over_blocks
from bayesneuron.reduction.width import with_width


@double
def merge(
    draws: xr.DataTree,
    partition: Any,
    x: Any = None,
    y: Any = None,
    *,
    layer: str | None = None,
    model: Model | None = None,
    centre: str = "best",
    ridge: float = RIDGE,
) -> Reduced:
    """Give every draw one neuron for each community, and keep its function.

    A merged neuron reads the centre of its members' incoming weights (see
    `bayesneuron.reduction.centre`). Every layer that read the members reads the merged neurons
    instead, through the least-squares regression of the members' activations on theirs; what is
    constant goes into the bias. Where the sums are logits, the class probabilities are kept rather
    than the sums. Exact duplicates, flipped ones too, merge without any loss. The observed y play
    no part.

    Parameters
    ----------
    draws : DataTree
        Aligned first unless they are: neuron i must be the same in every draw.
    partition : array_like of int, shape (neuron,), sequence of groups, or Communities
        Community of each neuron, -1 for one that is dropped (the others take over what they
        can); or the groups as lists of neurons; or what `bayesneuron.communities` returns.
    x, y : array_like, optional
        Data to regress on, such as the training data; by default those the draws carry.
    layer : str, optional
        By default the only hidden one.
    model : Model, optional
        Needed where the model is not one of the shipped ones.
    centre : {"best", "mean", "leader"}
    ridge : float
        Pull of the regression towards each member being carried by its own merged neuron.

    Returns
    -------
    Reduced
        ``model, draws`` of the smaller network. Draw s of it comes from draw s: the predictions of
        the full posterior, carried by fewer weights. They are not draws of the smaller network's
        own posterior, under its own prior: `bayesneuron.nuts` with ``start=`` these gives that.

    Raises
    ------
    ValueError
        If the partition does not fit the layer, or data or model do not fit the draws.

    See Also
    --------
    prune, reduce, refit

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=3, outputs=1)
    >>> draws = bn.laplace(model, x, y, samples=20, starts=4)
    >>> small, fewer = bn.merge(draws, [0, 1, 0], x, y)
    >>> small.options["hidden"], fewer.posterior["hidden_weight"].shape
    (2, (1, 20, 2, 3))
    """
    x, y = data_of(draws, x, y)
    task = task_of(draws, x, y, layer=layer, model=model)
    owner = owners(partition, task.width)
    sites = merge_task(task, owner, centre=centre, ridge=ridge)
    small = with_width(task.model, task.layer, int(owner.max()) + 1, inputs=task.x.shape[1])
    return Reduced(small, rebuild(small, sites, draws, x, y, merged_from=task.width))


def merge_task(
    task: Task, owner: np.ndarray, *, centre: str = "best", ridge: float = RIDGE
) -> Weights:
    """Weights of the merged networks, for arrays; see `merge`."""

    def one(block: Task) -> Weights:
        return read_through(block, centres(block, owner, centre=centre), owner, ridge=ridge)[1]

    return joined(over_blocks(task, one))


def read_through(
    task: Task, into: np.ndarray, owner: np.ndarray, *, ridge: float
) -> tuple[np.ndarray, Weights]:
    """Merged neurons that read `into`, and readers of the members that read them instead.

    Returns
    -------
    loss : ndarray, shape (draw,)
        What is lost: squared change of the next layer's sums or, where they are logits, the
        divergence of the class probabilities; the mean over points.
    sites : dict of str to ndarray
    """
    merged = answers(task, into, owner)
    out, constant = take_over(task.wanted, merged, owner, ridge=ridge, constant=task.constant)
    sites = merged_sites(task.layout, task.sites, task.layer, into, out, constant)
    if task.logits is not None:
        return _classes(task, task.logits, merged, sites)
    left = task.wanted - merged @ np.swapaxes(out, 1, 2) - constant[:, None, :]
    return ((left @ task.outgoing) ** 2).sum(axis=2).mean(axis=1), sites


def _classes(
    task: Task, logits: np.ndarray, merged: np.ndarray, sites: Weights
) -> tuple[np.ndarray, Weights]:
    axis = next(a for a in task.layout.axes(task.layer) if a.role == "outgoing")
    bias = task.layout.bias(task.layout.receiver(axis.site))
    assert bias is not None
    sent = neurons_first(sites[axis.site], axis.axis)
    weights, level = fit_readout(logits, merged, sent, sites[bias])
    found = {**sites, axis.site: neurons_back(weights, axis.axis), bias: level}
    return divergence(logits, merged @ weights + level[:, None, :]), found


def owners(partition: Any, width: int) -> np.ndarray:
    """Community of each neuron, numbered 0, 1, … in order of first appearance.

    Raises
    ------
    ValueError
        If the partition does not say for every neuron where it goes, or drops all.

    Examples
    --------
    >>> owners([5, 2, 5, -1], 4).tolist(), owners([[0, 2], [1, 3]], 4).tolist()
    ([0, 1, 0, -1], [0, 1, 0, 1])
    """
    given = getattr(partition, "labels", partition)
    if isinstance(given, Sequence | set | tuple) and any(isinstance(g, Iterable) for g in given):
        given = _from_groups([list(g) for g in given], width)
    labels = np.asarray(given)
    if labels.shape != (width,) or not np.array_equal(labels, labels.astype(int)):
        raise ValueError(
            f"partition: expected {width} whole numbers, one a neuron, got shape {labels.shape}"
        )
    labels = labels.astype(int)
    kept = labels[labels >= 0]
    if not len(kept):
        raise ValueError("partition: expected at least one community, got every neuron dropped")
    number = {label: i for i, label in enumerate(dict.fromkeys(kept.tolist()))}
    return np.array([number.get(label, -1) for label in labels.tolist()])


def _from_groups(groups: list[list[Any]], width: int) -> np.ndarray:
    members = [int(str(i).rstrip("]").rsplit("[", 1)[-1]) for group in groups for i in group]
    if len(set(members)) != len(members) or not set(members) <= set(range(width)):
        raise ValueError(f"partition: expected groups of neurons 0 to {width - 1}, got {groups}")
    if len(members) != width:
        raise ValueError(
            f"partition: expected every neuron 0 to {width - 1} in some group (labels with -1 drop "
            f"one), got {groups}"
        )
    labels = np.full(width, -1)
    for label, group in enumerate(groups):
        labels[[int(str(i).rstrip("]").rsplit("[", 1)[-1]) for i in group]] = label
    return labels
