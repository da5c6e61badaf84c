"""Starting points: draws of the prior, and the optima reached from them."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from bayesneuron.density import Density
from bayesneuron.draws import PRIOR_DRAWS, sample_prior, theta_of
from bayesneuron.estimators.optimise import Optimum, optimise, settle


def prior_starts(dens: Density, x: jax.Array, key: jax.Array, count: int) -> np.ndarray:
    """Draw `count` values of θ from the prior, the k-th whatever the count: (count, size).

    Sites outside the layout (a noise scale) start at their unconstrained zero instead: a noise
    scale drawn near nought gives a start whose gradient is astronomically large.
    """
    blocks = range(-(-count // PRIOR_DRAWS))
    drawn = [sample_prior(dens.model, x[:1], draws=PRIOR_DRAWS, key=_fold(key, b)) for b in blocks]
    sites = {
        k: np.concatenate([block[k][0] for block in drawn])[:count]
        for k in dens.shapes
        if k in dens.model.layout.sites
    }
    theta = np.zeros((count, dens.size))
    for name, values in sites.items():
        free = np.asarray(dens.transforms[name].inv(jnp.asarray(values)))
        theta[:, dens.places[name].ravel()] = free.reshape(count, -1)
    return theta


def _fold(key: jax.Array, block: int) -> jax.Array:
    return key if block == 0 else jax.random.fold_in(key, block)


def find_optima(
    dens: Density,
    x: jax.Array,
    y: jax.Array,
    *,
    starts: int,
    keep: int,
    seed: int,
    temper: float = 1.0,
    theta: np.ndarray | None = None,
    max_steps: int = 500,
    advance: Callable[[int], None] = lambda count: None,
) -> Optimum:
    """Climb the log density from `starts` prior draws; return the `keep` best optima, best first.

    All starts go to a coarse tolerance, the best of them on to convergence. Rows of `theta` take
    the place of the prior draws.
    """
    if theta is None:
        theta = prior_starts(dens, x, jax.random.fold_in(jax.random.key(seed), 3), starts)

    weights = np.full((len(theta), len(x)), temper)
    steps = {"max_steps": max_steps, "advance": advance}
    coarse = _best(optimise(dens, theta, weights, x, y, coarse=True, **steps), keep)
    return _best(settle(dens, coarse, weights[: len(coarse.theta)], x, y, **steps), keep)


def starts_from(dens: Density, draws: xr.DataTree, count: int) -> np.ndarray:
    """θ of the `count` draws of highest likelihood, (count, size), such as bootstrap replicates.

    Raises
    ------
    ValueError
        If a latent site is missing, a shape differs, or there are fewer draws.

    See Also
    --------
    bayesneuron.draws.theta_of
    """
    theta = theta_of(dens, draws)
    if len(theta) < count:
        raise ValueError(f"start: expected at least {count} draws, got {len(theta)}")
    order = np.arange(len(theta))
    if "log_likelihood" in draws.children:
        fit = np.asarray(draws["log_likelihood"]["y"]).sum(axis=-1).ravel()
        order = np.argsort(-fit, kind="stable")
    return theta[order[:count]]


def _best(found: Optimum, keep: int) -> Optimum:
    order = np.argsort(np.where(np.isfinite(found.loss), found.loss, np.inf), kind="stable")
    return jax.tree.map(lambda leaf: leaf[order[:keep]], found)
