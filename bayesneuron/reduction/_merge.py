"""Merge communities of neurons into one neuron each, in every draw."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import xarray as xr

from bayesneuron.alignment import aligned
from bayesneuron.alignment.by_part import warn_of_moments
from bayesneuron.draws.network import check_widths, network_of
from bayesneuron.draws.tree import inputs_of
from bayesneuron.network.model import Model
from bayesneuron.network.rows import neurons_back, neurons_first
from bayesneuron.network.width import widths_of
from bayesneuron.numerics.blocks import joined
from bayesneuron.numerics.checks import check_choice, check_not_negative
from bayesneuron.numerics.precision import double
from bayesneuron.reduction.centre import CENTRES, answers, centres, picks
from bayesneuron.reduction.closed_loop import read_in_closed_loop
from bayesneuron.reduction.partition import by_layer, owners
from bayesneuron.reduction.readout import divergence, fit_readout
from bayesneuron.reduction.rebuild import Reduced, arrays_of, rebuild
from bayesneuron.reduction.shrink import shrink
from bayesneuron.reduction.takeover import RIDGE, merged_sites, take_over
from bayesneuron.reduction.task import Task, Weights, over_blocks
from bayesneuron.reduction.through_network import READOUT, networks_of, warn_of_loss


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
    """Merge each community into one neuron in every draw, keeping the function.

    A merged neuron reads the centre of its members' incoming weights (see
    `bayesneuron.reduction.centre`). Every layer that read the members reads the merged neurons
    instead, through the least-squares regression of the members' activations on theirs. The
    intercept goes into the bias. Where the sums are logits, the class probabilities are kept
    rather than the sums. Exact duplicates, flipped ones too, merge without loss. Neurons that
    agree only at the x of the regression merge without loss there, and not elsewhere.

    Parameters
    ----------
    draws : DataTree
        Aligned first unless they are: neuron i must be the same in every draw.
    partition : array_like of int, shape (neuron,), iterable of groups, Communities, or a mapping
        Community of each neuron, numbered as in `bayesneuron.neurons`, -1 for one that is dropped
        (the others take over what they can); or the groups as lists of neurons; or the result of
        `bayesneuron.communities`. A mapping from layer name to any of these merges several layers,
        front to back.
    x, y : array_like, optional
        Inputs to regress on, such as those of the training data; by default those that the draws
        carry. Targets play no part in the merge: the merged draws carry them, or no data.
    layer : str, optional
        Name of the layer; by default the only hidden one.
    model : Model, optional
        Needed where the model is not one of the shipped ones.
    centre : {"best", "mean", "leader"}
    ridge : float
        Pull of the regression towards each member being carried by its own merged neuron, relative
        to the mean variance of the merged.

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

    Warns
    -----
    StatisticalWarning
        If the draws carry moments of more replicates (``bayesneuron.bootstrap(..., memory=)``),
        which the merged ones do not, or if linearised draws of `bayesneuron.laplace` predict much
        worse through the network, as the merged ones do: their projections onto the output weights
        are merged instead, which keep the predictions but no spread of hidden neurons.

    See Also
    --------
    prune, reduce, refit

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=3, outputs=1)
    >>> draws = bn.laplace(model, x, y, samples=20, starts=4)
    >>> small, fewer = bn.merge(draws, [0, 1, 0])
    >>> small.options["hidden"], fewer.posterior["hidden_weight"].shape
    (2, (1, 20, 2, 3))
    >>> bn.merge(draws, {"hidden": [[0, 2], [1]]}).model == small
    True
    """
    check_choice("centre", centre, CENTRES)
    check_not_negative(ridge=ridge)
    model = network_of(draws, model)
    partitions = by_layer(partition, model.layout, layer)
    x, y = inputs_of(draws, x, y)
    inputs, targets = arrays_of(model, x, y)
    check_widths(draws, model, inputs.shape[1])
    full = widths_of(model, inputs.shape[1])
    owner = {name: owners(p, full[name], name) for name, p in partitions.items()}
    plan = {name: int(labels.max()) + 1 for name, labels in owner.items()}

    def method(task: Task, sizes: Sequence[int], *, seed: int) -> dict[int, Weights]:
        return {k: merge_task(task, owner[task.layer], centre=centre, ridge=ridge) for k in sizes}

    warn_of_moments(draws, "merge")
    networks = networks_of(aligned(draws), model, inputs, targets)
    warn_of_loss("merge", networks)
    small, merged = shrink(model, networks.sites, inputs, targets, [plan], method)[0]
    before = sum(full[name] for name in plan)
    details = {"basis": "merged", "merged_from": before} | (READOUT if networks.projected else {})
    return Reduced(small, rebuild(small, merged, draws, x, y, **details))


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
    """Merged neurons that read `into`, and the weights through which the next layer reads them.

    Returns
    -------
    loss : ndarray, shape (draw,)
        Mean over points of the squared change of the next layer's sums or, where they are logits,
        of the divergence of the class probabilities.
    sites : dict of str to ndarray
    """
    if task.layout.recurrent(task.layer):
        return read_in_closed_loop(task, into, owner, ridge=ridge)

    def rewired(out: np.ndarray, constant: np.ndarray) -> Weights:
        return merged_sites(task.layout, task.sites, task.layer, into, out, constant)

    merged = answers(task, into, owner)
    return fit_outgoing(task, merged, owner, rewired, ridge=ridge, leaders=leaders_of(task, into))


def fit_outgoing(
    task: Task,
    merged: np.ndarray,
    owner: np.ndarray,
    rewired: Callable[[np.ndarray, np.ndarray], Weights],
    *,
    ridge: float,
    leaders: np.ndarray | None = None,
) -> tuple[np.ndarray, Weights]:
    """Loss and sites, as `read_through`, for merged neurons of known activations.

    Parameters
    ----------
    merged : ndarray, shape (draw, point, K)
    owner : ndarray of int, shape (neuron,) or (draw, neuron)
        The merged neuron of each member, -1 for none.
    rewired : callable
        Sites of the smaller network from B and c of `take_over`.
    leaders : ndarray of int, shape (draw, K), optional
        The members that the merged neurons are, where they are some of them.
    """
    moments = None if leaders is None else of_leaders(task, leaders)
    out, constant = take_over(
        task.wanted, merged, owner, ridge=ridge, constant=task.constant, moments=moments
    )
    sites = rewired(out, constant)
    if task.logits is not None:
        return _classes(task, task.logits, merged, sites)
    sent = np.swapaxes(out, 1, 2) @ task.outgoing  # first: there are fewer sums than neurons
    left = task.sent - merged @ sent - (constant[:, None, :] @ task.outgoing)
    return (left**2).sum(axis=2).mean(axis=1), sites


def leaders_of(task: Task, into: np.ndarray) -> np.ndarray | None:
    """The member that each merged neuron is, (draw, K); None where one is a mixture."""
    return into.argmax(axis=2) if picks(task, into) and task.target is None else None


def of_leaders(task: Task, leaders: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Second moments of merged neurons that are members, from those of all: see `take_over`."""
    across = np.take_along_axis(task.gram, leaders[:, :, None], axis=1)
    return np.take_along_axis(across, leaders[:, None, :], axis=2), across


def _classes(
    task: Task, logits: np.ndarray, merged: np.ndarray, sites: Weights
) -> tuple[np.ndarray, Weights]:
    axis = next(a for a in task.layout.axes(task.layer) if a.role == "outgoing")
    bias = task.layout.bias(task.layout.receiver(axis.site))
    assert bias is not None
    sent = neurons_first(sites[axis.site], axis.axis)
    weights, level = fit_readout(logits, merged, sent, sites[bias], passed=task.passed)
    replaced = {**sites, axis.site: neurons_back(weights, axis.axis), bias: level}
    return divergence(logits, merged @ weights + level[:, None, :] + task.passed), replaced
