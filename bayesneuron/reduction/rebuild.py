"""From draws to a task, and from reduced weights back to draws of the smaller network."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr

from bayesneuron.alignment import aligned
from bayesneuron.draws._activations import layer_of, spread
from bayesneuron.draws.external import from_arrays
from bayesneuron.draws.free_vectors import flatten_sites
from bayesneuron.draws.network import check_widths, network_of
from bayesneuron.draws.provenance import Provenance, provenance_of, with_provenance
from bayesneuron.draws.tree import Fit, build_tree, inputs_of, sites_of_draws
from bayesneuron.draws.with_data import with_data
from bayesneuron.inference.reservoir import RESERVOIR
from bayesneuron.network.arrays import as_arrays, as_inputs
from bayesneuron.network.density import density
from bayesneuron.network.model import Model
from bayesneuron.numerics import display
from bayesneuron.numerics.precision import double
from bayesneuron.reduction.task import Task, Weights, rows_of

KEPT = ("temper", RESERVOIR)  # details that hold for the smaller network as well
SOURCE_K = "source_pareto_k"  # Pareto k of the draws that were reduced, in the details


class Reduced(NamedTuple):
    """A smaller network: ``model, draws = bn.merge(...)``.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.align(bn.laplace(model, x, y, samples=50, starts=4))
    >>> bn.reduce(draws, sizes=[1], score="merged").at(1).source
    'merged'
    """

    model: Model
    draws: xr.DataTree

    @property
    def source(self) -> str:
        """``own`` posterior, ``merged`` from a larger network, or the ``full`` network's draws."""
        return str(provenance_of(self.draws).details.get("basis", "full"))

    def table(self) -> pd.DataFrame:
        """One row per layer: its neurons, and the weights and biases that they read."""
        layout, posterior = self.model.layout, self.draws["posterior"]
        neurons: dict[str, int] = {}
        parameters: dict[str, int] = {}
        for site in (name for name in layout.sites if name not in layout.auxiliary):
            shape = posterior[site].shape[2:]
            receiver = layout.receiver(site)
            parameters[receiver] = parameters.get(receiver, 0) + int(np.prod(shape))
            neurons |= dict(zip(layout.sites[site], shape, strict=True))
        names = pd.Index([name for name in neurons if name in parameters], name="layer")
        return pd.DataFrame(
            {
                "neurons": [neurons[name] for name in names],
                "parameters": [parameters[name] for name in names],
            },
            index=names,
        )

    def _head(self) -> str:
        size = self.draws["posterior"].sizes
        chains = f"{size['chain']} chain{'s' * (size['chain'] > 1)}"
        return f"Reduced {self.model.name}: {chains} of {size['draw']} draws"

    def __repr__(self) -> str:
        return display.show(self._head(), self.table())

    def _repr_html_(self) -> str:
        return display.html(self._head(), self.table())


def task_of(
    draws: xr.DataTree, x: Any, y: Any, *, layer: str | None = None, model: Model | None = None
) -> Task:
    """The task of reducing one layer of all draws, aligned.

    Raises
    ------
    ValueError
        If the data do not fit or are not there, the layer is unknown, or the model cannot be
        made again from the draws and is not passed.
    """
    model = network_of(draws, model)
    layer = layer_of(model.layout, layer)
    inputs, targets = arrays_of(model, *inputs_of(draws, x, y))
    check_widths(draws, model, inputs.shape[1])
    return Task(model, sites_of_draws(aligned(draws)), layer, inputs, targets)


def arrays_of(model: Model, x: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    """X and y as arrays; no targets where they are not there, since merging looks at none."""
    return (as_inputs(model, x), np.empty(0)) if y is None else as_arrays(model, x, y)


def thinned(task: Task, most: int) -> Task:
    """The same task for at most `most` evenly spaced draws."""
    if task.count <= most:
        return task
    return rows_of(task, spread(task.count, most))


@double
def rebuild(
    small: Model, sites: Weights, draws: xr.DataTree, x: Any, y: Any, **details: Any
) -> xr.DataTree:
    """Draws of the smaller network, of the provenance of those of the larger one.

    Without y they carry no data. Networks trained elsewhere have no scales of a prior: they are
    draws of the sites that there are.
    """
    if y is None:
        return _without_data(small, sites, draws, details)
    inputs, targets = (jnp.asarray(v) for v in as_arrays(small, x, y))
    dens = density(small, inputs, targets)
    if not set(dens.shapes) <= set(sites):
        return with_data(_without_data(small, sites, draws, details), small, x, y)
    theta = flatten_sites(dens, sites)
    chains = draws["posterior"].sizes["chain"]
    before = provenance_of(draws)
    kept = {k: v for k, v in before.details.items() if k in KEPT} | _fit_of(before)
    fit = Fit(
        theta.reshape(chains, -1, theta.shape[1]),
        details={**kept, **details},
        independent=before.independent,
        pooled=before.pooled,
    )
    tree = build_tree(small, fit, x, y, method=before.method, seed=before.seed or 0)
    after = provenance_of(tree)
    return with_provenance(tree, replace(after, scaling=after.scaling or before.scaling))


def _fit_of(source: Provenance) -> dict[str, Any]:
    """How close to the posterior the draws were that are reduced, where that is known."""
    k = source.details.get(SOURCE_K, source.details.get("pareto_k"))
    return {} if k is None else {SOURCE_K: float(k)}


def _without_data(
    small: Model, sites: Weights, draws: xr.DataTree, details: Mapping[str, Any]
) -> xr.DataTree:
    before, chains = provenance_of(draws), draws["posterior"].sizes["chain"]
    shaped = {k: v.reshape(chains, -1, *v.shape[1:]) for k, v in sites.items()}
    tree = from_arrays(shaped, model=small, chains=True, method=before.method)
    after = replace(
        provenance_of(tree),
        independent=before.independent,
        pooled=before.pooled,
        scaling=before.scaling,
        details={**provenance_of(tree).details, **_fit_of(before), **details},
    )
    return with_provenance(tree, after)
