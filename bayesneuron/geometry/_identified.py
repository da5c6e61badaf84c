"""Split every neuron's covariance into what moves predictions over data and what does not."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from bayesneuron.alignment import align, aligned
from bayesneuron.alignment._align import sites_of
from bayesneuron.draws._activations import spread
from bayesneuron.draws.coordinates import coordinates
from bayesneuron.draws.evaluate import latent_sites
from bayesneuron.draws.free_vectors import sites_of_theta
from bayesneuron.draws.information import in_noise_units, prior_sd
from bayesneuron.draws.linearised import is_linearised
from bayesneuron.draws.network import check_widths, network_of
from bayesneuron.draws.provenance import provenance_of
from bayesneuron.draws.tree import LINEARISED, inputs_of, tree_of_sites
from bayesneuron.geometry.identified_parts import Identified, Together
from bayesneuron.geometry.information import Group, Shares, Split, posterior_cov, shares, split
from bayesneuron.geometry.posterior import NeuronPosterior, posteriors_of
from bayesneuron.network.arrays import as_inputs
from bayesneuron.network.density import density
from bayesneuron.network.layout import Layout
from bayesneuron.network.model import Model
from bayesneuron.network.tracing import run
from bayesneuron.network.width import at_once
from bayesneuron.numerics.checks import check_memory, check_positive
from bayesneuron.numerics.lanes import fetched
from bayesneuron.numerics.precision import double

_ROWS = 64  # most tangents pushed through the network at once
NARROWER = "a matrix of all weights is needed; take a narrower network, or bn.neurons"

Sites = Mapping[str, np.ndarray]


@double
def identified(
    draws: xr.DataTree, x: Any = None, *, model: Model | None = None, most: int = 100
) -> dict[str, Identified]:
    """Split D_i of every neuron into what moves predictions over data and what does not.

    Parameters
    ----------
    draws : DataTree
        Aligned first unless they are.
    x : array_like, shape (observation, input), optional
        Where predictions count; by default the data that the draws carry.
    model : Model, optional
        Needed where the model is not one of the shipped ones.
    most : int
        Draws used, at most, evenly spaced. Each costs a Jacobian and an inverse of the size of
        the network.

    Returns
    -------
    dict of str to Identified
        Hidden layers, then the output layer, as from `bayesneuron.neurons`.

    Raises
    ------
    ValueError
        If the data do not fit or there are none, a site of the model is missing, observations are
        not one number or class each, or the Jacobian does not fit into memory.

    Notes
    -----
    At each draw the network is linearised in its weights, which are taken in units of their prior
    standard deviation. The data then determine a direction to the share λ / (1 + λ), where λ is
    the Fisher information of all observations along it: the part of the prior variance that
    they remove. Others fixed, λ is that of the neuron alone; others free to compensate, it is
    what remains after the best response of all other weights under their prior. Each draw's
    deviation from the mean is split at its own Jacobian: a free direction may turn from draw to
    draw, as the scale of a ReLU neuron does.

    Draws of `laplace` that predict through the linearised network are split at its mode. Alignment
    balances the scale of ReLU neurons, which removes that free direction from D_i;
    ``bn.align(draws, canonical=False)`` keeps it. Draws in several modes are best split mode by
    mode (``bn.modes(draws).trees``).

    References
    ----------
    MacKay, "A practical Bayesian framework for backpropagation networks", Neural Computation
    1992; Kobialka et al., AISTATS 2026, arXiv 2603.22030.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> parts = bn.identified(bn.laplace(model, x, y, samples=100, starts=4))["hidden"]
    >>> parts.shares.shape, bool(abs(parts.shares.sum(axis=1) - 1).max() < 1e-9)
    ((2, 3), True)
    """
    from threadpoolctl import threadpool_limits

    check_positive(most=most)
    model = network_of(draws, model)
    inputs = as_inputs(model, inputs_of(draws, x)[0])
    check_widths(draws, model, inputs.shape[1])
    shapes = [draws["posterior"][name].shape[2:] for name in model.layout.sites]
    size = sum(math.prod(shape) for shape in shapes)
    # before minutes of alignment
    check_memory("draws, weights", size, len(inputs) + 4 * size, remedy=NARROWER)
    whole = aligned(draws)
    sites = latent_sites(whole, model, inputs) | sites_of(whole, model.layout)
    posteriors = posteriors_of(whole)
    chosen = spread(len(next(iter(sites.values()))), most)
    few = {k: v[chosen] for k, v in sites.items()}
    weights = _weights_of(model, few, inputs)
    groups = {layer: _group(model.layout, weights, layer) for layer in posteriors}
    size = weights.unit.size
    rows = jax.eval_shape(partial(_outputs, model), {k: v[0] for k, v in few.items()}, inputs).size
    check_memory("draws, weights", size, rows + 4 * size, remedy=NARROWER)
    deviation = (weights.values - weights.values.mean(axis=0)) / weights.unit
    at = _mode(draws, whole, model, inputs) if is_linearised(draws) else few
    count = len(next(iter(at.values())))  # one mode for all draws, or each its own weights
    root = float(provenance_of(draws).details.get("temper", 1.0)) ** 0.5
    together = at_once(model, inputs, _ROWS)
    measure = partial(_measure, model, weights.names, rows < size, together)
    data = jnp.asarray(weights.unit), jnp.asarray(inputs), jnp.asarray(root)
    measured, total = {}, None
    # LAPACK's own threads slow matrices of this size down, many times on a busy machine
    with threadpool_limits(1, user_api="blas"):
        for s in range(len(chosen)):
            if s < count:
                values = {k: jnp.asarray(v[s]) for k, v in at.items()}
                measured = measure(values, *data, groups)
            parts = _split(measured, jnp.asarray(deviation[s]), groups)
            total = parts if total is None else jax.tree.map(jnp.add, total, parts)
        sums = fetched(total)
    return {
        layer: _result(posteriors[layer], weights, np.asarray(group.places), sums[layer])
        for layer, group in groups.items()
    }


@dataclass(frozen=True)
class _Weights:
    """Weights of some draws as flat vectors.

    names : sites in the order of the vectors
    values : (draw, weight)
    unit : prior standard deviations, (weight,)
    places : positions in the vector of each site's weights, (1, ...)
    """

    names: tuple[str, ...]
    values: np.ndarray
    unit: np.ndarray
    places: dict[str, np.ndarray]


def _weights_of(model: Model, sites: Sites, x: np.ndarray) -> _Weights:
    layout = model.layout
    names = tuple(k for k in layout.sites if k not in layout.auxiliary)
    scales, places, size = prior_sd(model, sites, names, x), {}, 0
    for name in names:
        shape = scales[name].shape
        places[name] = size + np.arange(scales[name].size).reshape(1, *shape)
        size += scales[name].size
    values = np.concatenate([sites[k].reshape(len(sites[k]), -1) for k in names], axis=1)
    unit = np.concatenate([scales[k].ravel() for k in names])
    return _Weights(names, values, unit, places)


def _group(layout: Layout, weights: _Weights, layer: str) -> Group:
    """Where the weights of a layer's neurons are; they are numbered as in `bn.neurons`."""
    own = coordinates(layout, weights.places, layer)
    places, entering = own.values[0], np.array(own.roles) != "outgoing"
    owner = np.full(len(weights.unit), len(places))
    for part in (places[:, ~entering], places[:, entering]):
        owner[part] = np.arange(len(places))[:, None]
    whole = np.unique(places)
    rest = np.setdiff1d(np.arange(len(owner)), whole)
    return Group(*(jnp.asarray(v) for v in (places, whole, rest, owner)))


def _outputs(model: Model, values: Mapping[str, Any], x: Any) -> jax.Array:
    return in_noise_units(run(model, values, x)["y"])


@partial(jax.jit, static_argnums=(0, 1, 2, 3))
def _measure(
    model: Model,
    names: tuple[str, ...],
    backwards: bool,
    together: int,
    values: dict[str, jax.Array],
    unit: jax.Array,
    x: jax.Array,
    root: jax.Array,
    groups: dict[str, Group],
) -> dict[str, Shares]:
    """R in blocks of rows or columns, whichever are fewer, and what follows from it."""

    def outputs(moved: jax.Array) -> jax.Array:
        weights, start = {}, 0
        for name in names:
            stop = start + values[name].size
            change = (moved[start:stop] * unit[start:stop]).reshape(values[name].shape)
            weights[name], start = values[name] + change, stop
        return root * _outputs(model, values | weights, x)

    at = jnp.zeros(len(unit))
    if backwards:
        out, pull = jax.vjp(outputs, at)
        rows = jax.lax.map(lambda t: pull(t)[0], jnp.eye(out.size), batch_size=together)
    else:
        push = jax.linearize(outputs, at)[1]
        rows = jax.lax.map(push, jnp.eye(len(unit)), batch_size=together).T
    cov = posterior_cov(rows)
    return {layer: shares(rows, cov, group) for layer, group in groups.items()}


@jax.jit
def _split(
    measured: dict[str, Shares], deviation: jax.Array, groups: dict[str, Group]
) -> dict[str, Split]:
    return {layer: split(measured[layer], deviation, group) for layer, group in groups.items()}


def _mode(draws: xr.DataTree, whole: xr.DataTree, model: Model, x: np.ndarray) -> Sites:
    """The mode at which predictions are linear, aligned as the draws are: one network."""
    target = np.asarray(draws["observed_data"]["y"])
    dens = density(model, jnp.asarray(x[:1]), jnp.asarray(target[:1]))
    centre = np.asarray(draws[LINEARISED]["centre"])[None, None]
    sites = sites_of_theta(dens, centre, x)
    provenance = provenance_of(draws)
    tree = tree_of_sites(sites, replace(provenance, aligned=False))
    tree = align(tree, reference=whole, canonical=provenance_of(whole).canonical)
    return latent_sites(tree, model, x) | sites_of(tree, model.layout)


def _result(
    posterior: NeuronPosterior, weights: _Weights, places: np.ndarray, sums: Any
) -> Identified:
    """Means over draws of a layer's `Split`, covariances in units of the weights."""
    count, unit = len(weights.values), weights.unit[places]
    degrees = max(count - 1, 1)
    scale = unit[:, :, None] * unit[:, None, :]
    centred = (weights.values - weights.values.mean(axis=0))[:, places]
    cov = np.einsum("sni,snj->nij", centred, centred) / degrees
    covs = scale * sums.moments / degrees
    trace = np.einsum("nii,nii->n", cov, 1 / scale)
    directions, fixed, own, alone, total = sums.together / [count, count, 1.0, 1.0, 1.0]
    whole = total if total > 0 else np.nan
    return Identified(
        posterior=posterior,
        unit=unit,
        count=count,
        conditional=sums.conditional / count,
        marginal=sums.marginal / count,
        cov=cov,
        cov_identified=covs[0],
        cov_compensable=covs[1],
        cov_free=covs[2],
        flat=np.where(trace > 0, sums.flat / degrees / np.where(trace > 0, trace, 1.0), np.nan),
        trade=sums.trade[:, :-1] / count,
        others=sums.trade[:, -1] / count,
        together=Together(
            weights=len(np.unique(places)),
            identified=float(own / whole),
            compensable=float((alone - own) / whole),
            free=float(1 - alone / whole),
            directions=float(directions),
            directions_fixed=float(fixed),
        ),
    )
