"""From draws to a task, and from reduced weights back to draws of the smaller network."""

from typing import Any, NamedTuple

import jax.numpy as jnp
import xarray as xr

from bayesneuron.alignment import aligned
from bayesneuron.draws._activations import layer_of, spread
from bayesneuron.draws._predict import model_of
from bayesneuron.draws.tree import build_tree, flatten_sites, sites_of_draws
from bayesneuron.network.arrays import as_arrays
from bayesneuron.network.density import density
from bayesneuron.network.model import Model
from bayesneuron.numerics.precision import double
from bayesneuron.reduction.task import Task, Weights, rows_of


class Reduced(NamedTuple):
    """A smaller network: ``model, draws = bn.merge(...)``."""

    model: Model
    draws: xr.DataTree

    def __repr__(self) -> str:
        size = self.draws["posterior"].sizes
        return f"Reduced({self.model!r}, draws: {size['chain']} x {size['draw']})"


def task_of(
    draws: xr.DataTree, x: Any, y: Any, *, layer: str | None = None, model: Model | None = None
) -> Task:
    """The task of reducing one layer of all draws, aligned.

    Raises
    ------
    ValueError
        If the data do not fit or are not there, the layer is unknown, or the model cannot be
        made again from the draws and is not given.
    """
    model = model or model_of(draws)
    layer = layer_of(model.layout, layer)
    x, y = data_of(draws, x, y)
    return Task(model, sites_of_draws(aligned(draws)), layer, *as_arrays(model, x, y))


def data_of(draws: xr.DataTree, x: Any, y: Any) -> tuple[Any, Any]:
    """The data given, or else those that the draws were made with and carry.

    Raises
    ------
    ValueError
        If only one of x and y is given, or neither and the draws carry none.
    """
    if (x is None) != (y is None):
        raise ValueError("data: expected both x and y, or neither, got one of them")
    if x is not None:
        return x, y
    if "constant_data" not in draws.children or "observed_data" not in draws.children:
        raise ValueError("data: expected x and y, since these draws carry none")
    return draws["constant_data"]["x"].values, draws["observed_data"]["y"].values


def thinned(task: Task, most: int) -> Task:
    """The same task for at most `most` evenly spaced draws."""
    if task.count <= most:
        return task
    return rows_of(task, spread(task.count, most))


@double
def rebuild(
    small: Model, sites: Weights, draws: xr.DataTree, x: Any, y: Any, **attrs: Any
) -> xr.DataTree:
    """Draws of the smaller network, with all groups an estimator's result has."""
    inputs, targets = (jnp.asarray(v) for v in as_arrays(small, x, y))
    theta = flatten_sites(density(small, inputs, targets), sites)
    chains = draws["posterior"].sizes["chain"]
    kept = {
        k: v for k, v in draws.attrs.items() if k in ("method", "seed", "independent", "temper")
    }
    tree = build_tree(
        small,
        theta.reshape(chains, -1, theta.shape[1]),
        x,
        y,
        method=str(kept.pop("method", "given")),
        seed=int(kept.pop("seed", 0)),
        stats={},
        attrs={**kept, **attrs},
    )
    scale = {k: v for k, v in draws.attrs.items() if k in ("center", "scale", "units", "source")}
    tree.attrs = {**scale, **tree.attrs}
    return tree
