"""What follows from draws, made when it is asked for: likelihoods, predictions, the prior."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import jax
import numpy as np
import xarray as xr
from arviz_base import from_dict

from bayesneuron.draws.check_tree import check_tree
from bayesneuron.draws.evaluate import latent_sites, likelihood_scale
from bayesneuron.draws.linearised import predictions_of
from bayesneuron.draws.loo import POWER
from bayesneuron.draws.network import network_if_known, network_of
from bayesneuron.draws.prior_draws import sample_prior
from bayesneuron.draws.provenance import provenance_of, with_provenance
from bayesneuron.draws.storage import THIN
from bayesneuron.draws.tree import (
    PRIOR_DRAWS,
    check_room,
    data_of,
    has_data,
    numbered_like,
    prior_key,
    site_dims,
)
from bayesneuron.network.arrays import as_arrays
from bayesneuron.network.model import Model
from bayesneuron.network.tracing import needed_of, sites_of
from bayesneuron.numerics.checks import check_choice
from bayesneuron.numerics.precision import double

GROUPS = ("log_likelihood", "posterior_predictive", "prior")
PRIOR_REMEDY = "name the other groups, as bn.complete(draws, 'log_likelihood')"
PREDICTIVE_VALUES = 10_000_000  # above this many, predictions of fewer draws are made


@double
def complete(draws: xr.DataTree, *groups: str, model: Model | None = None) -> xr.DataTree:
    """Add to draws what follows from them and the data they were made with.

    Parameters
    ----------
    draws : DataTree
        From an estimator.
    *groups : {"log_likelihood", "posterior_predictive", "prior"}
        By default all three. Those that are there already are kept.
    model : Model, optional
        Needed where the model is not one of the shipped ones.

    Returns
    -------
    DataTree
        ``log_likelihood``: of each observation, (chain, draw, observation). Where the posterior
        has a power of it (``temper``, or a scale in the model), attribute ``power`` says which.
        ``posterior_predictive``, in single precision: ``mean``, the network's output, and ``y``, a
        new observation; of every n-th draw where all would be more than ten million numbers.
        ``prior``: 1000 draws of the sites from the prior.

    Raises
    ------
    ValueError
        If a group is unknown, the model is needed, or the draws carry no data or not every site
        of the model (weights without a noise scale).

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.laplace(model, x, y, samples=20, starts=2)
    >>> bn.complete(draws, "log_likelihood").log_likelihood["y"].shape
    (1, 20, 57)
    """
    check_tree(draws)
    for name in groups:
        check_choice("group", name, GROUPS)
    if model is not None:
        network_of(draws, model)
    missing = [name for name in groups or GROUPS if name not in draws.children]
    if not missing:
        return draws
    provenance = provenance_of(draws)
    model = network_of(draws, model)
    inputs, targets = as_arrays(model, *data_of(draws))
    made: dict[str, xr.Dataset] = {}
    if "prior" in missing:
        check_room(model, inputs, PRIOR_REMEDY, prior=PRIOR_DRAWS)
        key = prior_key(provenance.seed or 0)
        sites = sample_prior(model, inputs, draws=PRIOR_DRAWS, key=key)
        tree = from_dict({"prior": sites}, dims=site_dims(model.layout, sites))
        made["prior"] = tree["prior"].to_dataset()
    sampled = [name for name in missing if name != "prior"]
    thin = 1
    if sampled:
        size = draws["posterior"].sizes
        mean = sites_of(model, inputs.shape)["mean"]
        if "posterior_predictive" in sampled:
            count = size["chain"] * size["draw"] * int(np.prod(mean.shape))
            thin = -(-count // PREDICTIVE_VALUES)
        values = _evaluate(draws, model, inputs, targets, sampled, thin)
        made |= {name: _dataset(draws, name, values[name], targets.ndim) for name in sampled}
    if "log_likelihood" in made:
        one = {k: v[0] for k, v in latent_sites(draws, model, inputs).items()}
        power = likelihood_scale(model, one, inputs, targets)
        power = power * float(provenance.details.get("temper", 1.0))
        if (power != 1).any():
            made["log_likelihood"]["y"].attrs[POWER] = power
    children = dict(draws.children) | {name: xr.DataTree(group) for name, group in made.items()}
    tree = xr.DataTree(draws.to_dataset(inherit=False), children=children, name=draws.name)
    details = dict(provenance.details)
    if "posterior_predictive" in made:
        details[THIN] = thin
    return with_provenance(tree, replace(provenance, details=details))


def complete_if_possible(
    draws: xr.DataTree, *groups: str, model: Model | None = None
) -> xr.DataTree:
    """`complete` where model, data and sites are there; the draws as they are otherwise."""
    provenance_of(draws)  # refuses what are no draws
    if model is None and not has_data(draws):
        return draws
    model = network_if_known(draws, model)
    if model is None or not has_data(draws):
        return draws
    wanted = groups or GROUPS
    inputs = np.asarray(data_of(draws)[0])
    sites = sites_of(model, inputs.shape)
    if not needed_of(sites) <= set(draws["posterior"].data_vars):
        wanted = tuple(name for name in wanted if name == "prior")
    return complete(draws, *wanted, model=model) if wanted else draws


def why_incomplete(draws: xr.DataTree, model: Model | None = None) -> str | None:
    """Why these draws have no predictions, PSIS-LOO or null; None where they have them."""
    if set(GROUPS) & set(draws.children):
        return None
    if network_if_known(draws, model) is None:
        return "the network is not one of the shipped ones: give model="
    return None if has_data(draws) else "the draws carry no training data"


def _evaluate(
    draws: xr.DataTree,
    model: Model,
    x: np.ndarray,
    y: np.ndarray,
    groups: list[str],
    thin: int,
) -> dict[str, dict[str, np.ndarray]]:
    """Values by group and variable, (chain, draw, ...)."""
    size = draws["posterior"].sizes
    key = jax.random.fold_in(jax.random.key(provenance_of(draws).seed or 0), 1)
    number = np.arange(size["chain"] * size["draw"]).reshape(size["chain"], size["draw"])

    def values(keep: tuple[str, ...], y: np.ndarray | None, number: np.ndarray) -> Any:
        at = number.ravel()
        flat = predictions_of(draws, model, x, y, keep=keep, key=key, number=at)
        return {k: v.reshape(*number.shape, *v.shape[1:]) for k, v in flat.items()}

    made: dict[str, np.ndarray] = {}
    predicted = "posterior_predictive" in groups
    if predicted and (thin > 1 or "log_likelihood" not in groups):
        made |= values(("mean", "y"), None, number[:, ::thin])
    if "log_likelihood" in groups:
        together = ("mean", "y") if predicted and thin == 1 else ()
        made |= values(together, y, number)
    by_group = {}
    if "log_likelihood" in groups:
        by_group["log_likelihood"] = {"y": made["log_likelihood"]}
    if predicted:
        # predictions are the bulk of a tree, and their Monte Carlo error is far above 1e-7
        by_group["posterior_predictive"] = {k: _narrow(made[k]) for k in ("mean", "y")}
    return by_group


def _narrow(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float32) if values.dtype == np.float64 else values


def _dataset(
    draws: xr.DataTree, group: str, values: Mapping[str, np.ndarray], rank: int
) -> xr.Dataset:
    names = ["observation", "output"]
    dims = {"mean": names, "y": names[:1] if group == "log_likelihood" else names[:rank]}
    tree = from_dict({group: dict(values)}, dims={k: dims[k] for k in values})
    return numbered_like(draws, tree[group].to_dataset())
