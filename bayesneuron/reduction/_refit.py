"""Train the networks of all draws further, each from its own weights."""

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from bayesneuron.alignment.by_part import warn_of_moments
from bayesneuron.draws.evaluate import check_latent, evaluate
from bayesneuron.draws.free_vectors import flatten_sites
from bayesneuron.draws.network import network_of
from bayesneuron.draws.tree import data_of, sites_of_draws
from bayesneuron.inference.adam import train_lanes
from bayesneuron.inference.optimise import optimise
from bayesneuron.inference.optimizers import Adam, Newton, Optimizer, name_of, optimizer_of
from bayesneuron.network.arrays import as_arrays
from bayesneuron.network.density import Density, density
from bayesneuron.network.model import Model
from bayesneuron.numerics.arrays import as_numbers
from bayesneuron.numerics.checks import check_flag, check_seed
from bayesneuron.numerics.lanes import LANES, map_lanes
from bayesneuron.numerics.precision import double
from bayesneuron.numerics.warn import warn_once
from bayesneuron.reduction.rebuild import rebuild
from bayesneuron.reduction.task import Weights

REFIT = Adam(epochs=20, learning_rate=1e-3)  # a few passes, near the weights that are there


def refit(
    draws: xr.DataTree,
    x: Any = None,
    y: Any = None,
    *,
    optimizer: Optimizer | str = REFIT,
    prior: bool = True,
    free: Mapping[str, np.ndarray] | None = None,
    model: Model | None = None,
    seed: int = 0,
) -> xr.DataTree:
    """Train every draw a few epochs more on the whole data.

    Parameters
    ----------
    draws : DataTree
        Such as those of a merged network.
    x, y : array_like, optional
        By default the data that the draws carry.
    optimizer : Adam or Newton, or {"adam", "newton"}
        As in `bayesneuron.bootstrap`; by default ``Adam(epochs=20, learning_rate=1e-3)``.
    prior : bool
        Keep the log prior, or drop it.
    free : mapping of str to ndarray of bool, optional
        Which weights of each site go on training, of the site's shape or with a leading axis of
        draws, see `bayesneuron.baselines.freezing`; all by default. With Adam only. Where weights
        have a learnt scale, sites that are no weights stay as well unless they are named.
    model : Model, optional
        Needed where the model is not one of the shipped ones.
    seed : int

    Returns
    -------
    DataTree
        Of the same network, draw s trained from draw s.

    Raises
    ------
    ValueError
        If data, model or mask do not fit the draws.

    Notes
    -----
    Training moves every draw towards a nearby optimum, so the refitted draws are not a sample of
    the posterior. For one, start a sampler at the draws instead, ``bn.nuts(model, x, y,
    start=draws)``, or the bootstrap, ``bn.bootstrap(model, x, y, start=draws)``.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=3, outputs=1)
    >>> small, fewer = bn.merge(bn.laplace(model, x, y, samples=20, starts=4), [0, 1, 0])
    >>> bn.refit(fewer, optimizer=Adam(epochs=2)).posterior.sizes["draw"]
    20
    """
    check_seed(seed)
    check_flag(prior=prior)
    optimizer = optimizer_of(optimizer)
    model = network_of(draws, model)
    x, y = data_of(draws, x, y)
    arrays = as_arrays(model, x, y)
    check_latent(draws, model, arrays[0].shape[1])
    warn_of_moments(draws, "refit")
    sites = train(
        model,
        sites_of_draws(draws),
        *arrays,
        optimizer=optimizer,
        prior=prior,
        free=free,
        seed=seed,
    )
    sites, failed = _finite(sites, sites_of_draws(draws))
    details: dict[str, Any] = {"refit_failed": failed} if failed else {}
    details |= {f"refit_{name}": value for name, value in asdict(optimizer).items()}
    return rebuild(model, sites, draws, x, y, refit=name_of(optimizer), **details)


def _finite(
    trained: Mapping[str, np.ndarray], before: Mapping[str, np.ndarray]
) -> tuple[Weights, int]:
    """Trained weights, and the old ones of draws whose training diverged; how many these are."""
    good = np.all(
        [np.isfinite(v.reshape(len(v), -1)).all(axis=1) for v in trained.values()], axis=0
    )
    failed = int((~good).sum())
    if failed == len(good):
        raise ValueError(
            f"refit: expected finite weights, got none in {failed} draws: lower learning_rate or "
            "scale the data"
        )
    if failed:
        warn_once(f"refit: training of {failed} of {len(good)} draws diverged; they are as before")
    keep = {k: good.reshape(-1, *[1] * (v.ndim - 1)) for k, v in trained.items()}
    return {k: np.where(keep[k], v, before.get(k, v)) for k, v in trained.items()}, failed


@double
def train(
    model: Model,
    sites: Mapping[str, np.ndarray],
    x: np.ndarray,
    y: np.ndarray,
    *,
    optimizer: Optimizer = REFIT,
    prior: bool = True,
    free: Mapping[str, np.ndarray] | None = None,
    seed: int = 0,
) -> Weights:
    """The same for arrays: from sites to sites, trained in single precision."""
    dens = density(model, jnp.asarray(x), jnp.asarray(y))
    theta = flatten_sites(dens, sites)
    count = len(theta)
    if isinstance(optimizer, Newton):
        if free:
            raise ValueError("free: expected none with Newton, which trains all weights")
        data, weights = (jnp.asarray(x), jnp.asarray(y)), np.ones((count, len(x)))
        optima = optimise(dens, theta, weights, *data, prior=prior, max_steps=optimizer.max_steps)
        return unflatten(dens, np.asarray(optima.theta), x)
    keys = jax.vmap(partial(jax.random.fold_in, jax.random.key(seed)))(jnp.arange(count))
    rows = np.tile(np.arange(len(x), dtype=np.int32), (count, 1))
    batched = (
        theta.astype(np.float32),
        np.asarray(jax.random.key_data(keys)),
        rows,
        np.ones(rows.shape, np.float32),
        _mask(dens, free or {}, count),
    )
    with jax.enable_x64(False):
        shared = tuple(jnp.asarray(v) for v in (x, y))
        single = density(model, *shared)

        def program(t: Any, k: Any, r: Any, w: Any, f: Any, x: Any, y: Any) -> jax.Array:
            return train_lanes(single, prior, optimizer, t, k, r, w, x, y, f)

        trained = map_lanes(program, *batched, shared=shared, lanes=min(LANES, count))
    return unflatten(dens, np.asarray(trained, float), x)


def unflatten(dens: Density, theta: np.ndarray, x: np.ndarray) -> Weights:
    """Every site of the networks with free flat vectors θ, (draw, ...)."""
    model = dens.model
    values = {k: np.asarray(v) for k, v in jax.vmap(dens.constrain)(jnp.asarray(theta)).items()}
    derived = tuple(s for s in model.layout.sites if s not in values)
    return values | evaluate(model, values, x[:1], keep=derived) if derived else values


def _mask(dens: Density, free: Mapping[str, np.ndarray], count: int) -> np.ndarray:
    """1 where a weight trains and 0 where it stays, (draw, size)."""
    if not isinstance(free, Mapping):
        raise ValueError(f"free: expected a mask by site, got {type(free).__name__}")
    unknown = [name for name in free if name not in dens.places]
    if unknown:
        raise ValueError(f"free: expected some of the sites {list(dens.places)}, got {unknown}")
    mask = np.ones((count, dens.size), np.float32)
    layout = dens.model.layout
    weights = set(layout.sites) - set(layout.auxiliary)
    # a weight that stays is in units of its scale, which must stay with it
    scales_train = not (free and dens.scaled)
    for name, places in dens.places.items():
        trains = as_numbers(f"free, {name}", free.get(name, scales_train or name in weights))
        if not np.isin(trains, (0, 1)).all():
            raise ValueError(f"free, {name}: expected True or False, got {free[name]!r}")
        if trains.shape not in ((), places.shape, (count, *places.shape)):
            raise ValueError(f"free, {name}: expected shape {places.shape}, got {trains.shape}")
        mask[:, places] = trains
    return mask
