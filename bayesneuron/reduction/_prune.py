"""Drop neurons of every draw; the others take over their function as far as they can."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from bayesneuron.alignment import aligned
from bayesneuron.alignment.by_part import warn_of_moments
from bayesneuron.draws.check_tree import check_tree
from bayesneuron.draws.tree import inputs_of
from bayesneuron.network.model import Model
from bayesneuron.network.width import with_width
from bayesneuron.numerics.arrays import as_numbers
from bayesneuron.numerics.blocks import joined
from bayesneuron.numerics.checks import check_flag, check_not_negative
from bayesneuron.numerics.precision import double
from bayesneuron.reduction._merge import read_through
from bayesneuron.reduction.rebuild import Reduced, rebuild, task_of
from bayesneuron.reduction.takeover import RIDGE
from bayesneuron.reduction.task import Task, Weights, over_blocks, select
from bayesneuron.reduction.through_network import READOUT, networks_of, warn_of_loss


@double
def prune(
    draws: xr.DataTree,
    keep: Any,
    x: Any = None,
    y: Any = None,
    *,
    layer: str | None = None,
    model: Model | None = None,
    compensate: bool = True,
    ridge: float = RIDGE,
) -> Reduced:
    """Keep some neurons as they are and drop the others, in every draw.

    Parameters
    ----------
    draws : DataTree
        Aligned first unless they are.
    keep : array_like of int or bool
        Neurons to keep, by number or as a mask, numbered as in `bayesneuron.neurons`.
    x, y : array_like, optional
        As in `merge`.
    layer : str, optional
        Name of the layer; by default the only hidden one.
    model : Model, optional
        Needed where the model is not one of the shipped ones.
    compensate : bool
        Whether the kept take over the function of the dropped, by least squares as in `merge`;
        else the dropped vanish with their weights.
    ridge : float
        As in `merge`.

    Returns
    -------
    Reduced
        ``model, draws`` of the smaller network.

    Raises
    ------
    ValueError
        If `keep` is empty, repeats a neuron or names one that is not there, or the ridge is
        negative.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=3, outputs=1)
    >>> small, fewer = bn.prune(bn.laplace(model, x, y, samples=20, starts=4), [0, 2])
    >>> small.options["hidden"]
    2
    """
    check_tree(draws)
    check_not_negative(ridge=ridge)
    check_flag(compensate=compensate)
    x, y = inputs_of(draws, x, y)
    numbered = aligned(draws)
    task = task_of(numbered, x, y, layer=layer, model=model)
    kept = _numbers(keep, task.width)
    warn_of_moments(draws, "prune")
    networks = networks_of(numbered, task.model, task.x, task.y)
    warn_of_loss("prune", networks)
    task = replace(task, sites=networks.sites)
    if compensate:
        owner = np.full(task.width, -1)
        owner[kept] = np.arange(len(kept))

        into = np.eye(task.width)[kept]

        def one(block: Task) -> Weights:
            return read_through(block, np.tile(into, (block.count, 1, 1)), owner, ridge=ridge)[1]

        sites = joined(over_blocks(task, one))
    else:
        sites = select(task, kept)
    small = with_width(task.model, task.layer, len(kept))
    details = {"basis": "merged", "pruned_from": task.width} | (
        READOUT if networks.projected else {}
    )
    return Reduced(small, rebuild(small, sites, draws, x, y, **details))


def _numbers(keep: Any, width: int) -> np.ndarray:
    if keep is None or isinstance(keep, str | set | Mapping):
        raise ValueError(f"keep: expected some distinct neurons, got {keep!r}")
    neurons = as_numbers("keep", list(keep) if isinstance(keep, Iterable) else keep)
    if neurons.dtype == bool:
        if neurons.shape != (width,):
            raise ValueError(f"keep: expected a mask of {width} neurons, got shape {neurons.shape}")
        neurons = np.flatnonzero(neurons)
    whole = neurons.ndim == 1 and len(neurons) > 0 and neurons.dtype.kind in "iuf"
    if whole:
        finite = np.isfinite(neurons).all()
        whole = bool(finite) and np.array_equal(neurons, neurons.astype(int))
    if not whole or len(np.unique(neurons)) != len(neurons):
        raise ValueError(f"keep: expected some distinct neurons, got {keep}")
    if neurons.min() < 0 or neurons.max() >= width:
        raise ValueError(f"keep: expected neurons 0 to {width - 1}, got {keep}")
    return neurons.astype(int)
