"""Starting points: draws of the prior, and the optima reached from them."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import numpy as np
import xarray as xr

from bayesneuron.draws._complete import complete_if_possible
from bayesneuron.draws.free_vectors import flatten_sites
from bayesneuron.draws.prior_draws import sample_prior
from bayesneuron.draws.provenance import MEMBERS, provenance_of
from bayesneuron.draws.tree import PRIOR_DRAWS, sites_of_draws
from bayesneuron.inference.optimise import NEWTON_SIZE, Optimum, optimise, settle
from bayesneuron.network.density import Density
from bayesneuron.network.rows import rows_of
from bayesneuron.network.tracing import needed_of, sites_of

_HOPS = 10  # most rounds of redrawing neurons
_IDLE = 2  # rounds without a better optimum after which it is over
_GAIN = 0.1  # nats by which an optimum must be better to count as another


def prior_starts(
    dens: Density, x: jax.Array, key: jax.Array, count: int, *, first: int = 0
) -> np.ndarray:
    """Draw values `first`, …, `first + count - 1` of θ from the prior, (count, size).

    The k-th depends on k alone.

    Sites outside the layout (a noise scale) start at their unconstrained zero instead: a noise
    scale drawn near zero gives a start with an extremely large gradient.
    """
    blocks = range(first // PRIOR_DRAWS, -(-(first + count) // PRIOR_DRAWS))
    drawn = []
    for b in blocks:
        there = PRIOR_DRAWS * b
        wanted = range(max(first - there, 0), min(first + count - there, PRIOR_DRAWS))
        drawn.append(
            sample_prior(dens.model, x[:1], draws=PRIOR_DRAWS, key=_fold(key, b), wanted=wanted)
        )
    sites = {k: np.concatenate([block[k][0] for block in drawn]) for k in dens.shapes}
    theta = flatten_sites(dens, sites)
    for name, places in dens.places.items():
        if name not in dens.model.layout.sites:
            theta[:, places.ravel()] = 0.0
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
    temper: float | np.ndarray = 1.0,
    theta: np.ndarray | None = None,
    max_steps: int = 500,
    advance: Callable[[int], None] = lambda count: None,
) -> Optimum:
    """Climb the log density from `starts` prior draws; return the `keep` best optima, best first.

    Symmetric copies of one optimum count as several; see `bayesneuron.inference.distinct`.

    Parameters
    ----------
    starts, keep : int
    seed : int
    temper : float or ndarray, shape (observation,)
        Power of the likelihood, or of that of each observation.
    theta, max_steps, advance
        As for `coarse_optima`.
    """
    coarse = coarse_optima(
        dens, x, y, starts=starts, seed=seed, temper=temper, theta=theta, max_steps=max_steps,
        advance=advance,
    )  # fmt: skip
    best = take(coarse, ranked(coarse)[:keep])
    end = settled(dens, best, x, y, temper=temper, max_steps=max_steps, advance=advance)
    return take(end, ranked(end))


def coarse_optima(
    dens: Density,
    x: jax.Array,
    y: jax.Array,
    *,
    starts: int,
    seed: int,
    temper: float | np.ndarray = 1.0,
    theta: np.ndarray | None = None,
    max_steps: int = 500,
    advance: Callable[[int], None] = lambda count: None,
) -> Optimum:
    """All optima reached from `starts` prior draws, to a coarse tolerance, copies included.

    Then follow rounds of `starts` starts, each the best optimum with one neuron redrawn from the
    prior, every neuron in turn, until two rounds give no better optimum: basin hopping (Wales and
    Doye 1997) by neurons, since optima differ in what single neurons do. Rows of `theta` replace
    the prior draws; no neuron is redrawn then, nor in networks too large for Newton steps.
    """
    key = jax.random.fold_in(jax.random.key(seed), 3)
    neurons = _neurons(dens)
    hops = _HOPS if theta is None and neurons and dens.size <= NEWTON_SIZE else 0
    if theta is None:
        theta = prior_starts(dens, x, key, starts)
    weights = np.full((len(theta), len(x)), temper)
    climb = partial(optimise, dens, x=x, y=y, coarse=True, max_steps=max_steps)
    optima = climb(theta, weights, advance=advance)
    if not np.isfinite(np.asarray(optima.loss)).any():
        raise ValueError(
            f"{dens.model.name}: expected a finite log density somewhere, got none at the "
            f"{len(theta)} optima tried: check the model, and the scale of the data"
        )
    idle, gain = 0, _GAIN / weights[0].sum()
    for hop in range(hops):
        best = take(optima, ranked(optima)[:1])
        fresh = prior_starts(dens, x, jax.random.fold_in(key, PRIOR_DRAWS + hop), starts)
        other = np.tile(np.asarray(best.theta), (starts, 1))
        for k in range(starts):
            place = neurons[(hop * starts + k) % len(neurons)]
            other[k, place] = fresh[k, place]
        more = climb(other, weights)
        change = np.asarray(more.loss) - best.loss
        new = np.abs(change) > gain  # the others fell back to where they came from
        optima = jax.tree.map(lambda old, m, n=new: np.concatenate([old, m[n]]), optima, more)
        idle = 0 if (change < -gain).any() else idle + 1
        if idle == _IDLE:
            break
    return optima


def settled(
    dens: Density,
    coarse: Optimum,
    x: jax.Array,
    y: jax.Array,
    *,
    temper: float | np.ndarray,
    **options: Any,
) -> Optimum:
    """Coarse optima taken on to convergence, in the same order; `options` as for `settle`."""
    weights = np.full((len(coarse.theta), len(x)), temper)
    return settle(dens, coarse, weights, x, y, **options)


def _neurons(dens: Density) -> list[np.ndarray]:
    """Positions in θ of each hidden neuron: its row or column of every site that has one."""
    layout, neurons = dens.model.layout, []
    for layer in layout.hidden:
        free = [a for a in layout.axes(layer) if a.site in dens.places]
        rows = [rows_of(dens.places[a.site], a.axis, lead=0) for a in free]
        if rows:
            neurons += list(np.concatenate(rows, axis=1))
    return neurons


def starts_from(dens: Density, draws: xr.DataTree, count: int) -> np.ndarray:
    """θ of the `count` draws of highest likelihood, (count, size), such as bootstrap replicates.

    Members of an ensemble take turns, each with its likeliest draw that is left. Networks trained
    elsewhere have no scales of a prior, which start at their unconstrained zero.

    Raises
    ------
    ValueError
        If a latent site is missing, a shape differs, or there are fewer draws.

    See Also
    --------
    bayesneuron.draws.free_vectors.flatten_sites
    """
    theta = flatten_sites(dens, _with_scales(dens, sites_of_draws(draws)))
    if len(theta) < count:
        raise ValueError(f"start: expected at least {count} draws, got {len(theta)}")
    fit = np.zeros(tuple(draws["posterior"].sizes[d] for d in ("chain", "draw")))
    draws = complete_if_possible(draws, "log_likelihood", model=dens.model)
    if "log_likelihood" in draws.children:
        fit = np.asarray(draws["log_likelihood"]["y"]).sum(axis=-1).reshape(fit.shape)
    turn = np.zeros(fit.shape, int)
    if provenance_of(draws).start.kind == MEMBERS:
        turn = np.argsort(np.argsort(-fit, axis=1, kind="stable"), axis=1)
    order = np.lexsort((-fit.ravel(), turn.ravel()))
    return theta[order[:count]]


def _with_scales(dens: Density, sites: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Sites of draws, with those that only the prior of the weights needs."""
    count = len(next(iter(sites.values())))
    needed = needed_of(sites_of(dens.model, (1, dens.columns)))
    scales = {}
    for name in dens.shapes.keys() - sites.keys() - needed:
        free = np.zeros((count, *dens.places[name].shape))
        scales[name] = np.asarray(dens.transforms[name](free))
    return sites | scales


def ranked(optima: Optimum) -> np.ndarray:
    """Places of the optima, best first, those without a finite density last."""
    return np.argsort(np.where(np.isfinite(optima.loss), optima.loss, np.inf), kind="stable")


def take(optima: Optimum, places: np.ndarray) -> Optimum:
    """Some of the optima."""
    return jax.tree.map(lambda leaf: np.asarray(leaf)[places], optima)
