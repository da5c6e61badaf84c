"""Replicates of a network trained, each from its own start on its own sample of the data."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from bayesneuron.inference.adam import train_lanes
from bayesneuron.inference.optimise import Optimum, measure_lanes, optimise
from bayesneuron.inference.optimizers import Adam, Newton, Optimizer
from bayesneuron.inference.resampling import total_weights
from bayesneuron.network.density import Density, density
from bayesneuron.network.model import Model
from bayesneuron.numerics.lanes import LANES, map_lanes
from bayesneuron.numerics.precision import double
from bayesneuron.numerics.work import HERE, Work


class Sample(NamedTuple):
    """What every replicate is trained on: its rows of the data, and their weights."""

    rows: np.ndarray  # (replicate, m)
    weights: np.ndarray  # (replicate, m)
    temper: float
    x: np.ndarray
    y: np.ndarray
    held: tuple[str, ...] = ()  # sites that stay as they start
    first: int = 0  # number of the first replicate
    counted: int | None = None  # rows of each that count; None: all

    def density(self, model: Model) -> Density:
        """The log density in what is trained, in the precision of the moment."""
        return density(model, jnp.asarray(self.x), jnp.asarray(self.y)).holding(self.held)


def train(
    model: Model,
    sample: Sample,
    theta: np.ndarray,
    optimizer: Optimizer,
    *,
    prior: bool,
    seed: int,
    chunk: int | None = None,
    advance: Callable[[int], None] = lambda count: None,
    work: Work = HERE,
) -> Optimum:
    """Train replicates from the starts `theta`, (replicate, size), each on its own sample."""
    options = {"chunk": chunk, "advance": advance, "work": work}
    totals = total_weights(sample.rows, sample.weights, len(sample.x)) * sample.temper
    if isinstance(optimizer, Newton):
        end = double(_newton)(model, sample, theta, totals, optimizer, prior, options)
        return end._replace(theta=_as_held(model, sample, theta, end.theta))
    with jax.enable_x64(False):
        trained = _adam(model, sample, theta, optimizer, prior, seed, options)
    theta = _as_held(model, sample, theta, trained)
    return double(_measure)(model, sample, theta, totals, prior, work)


def _as_held(model: Model, sample: Sample, start: np.ndarray, end: Any) -> np.ndarray:
    """θ after training, what was held as it started, to the last bit."""
    theta, places = np.array(end, float), sample.density(model).places
    for name in sample.held:
        theta[:, places[name].ravel()] = start[:, places[name].ravel()]
    return theta


def _adam(
    model: Model,
    sample: Sample,
    theta: np.ndarray,
    adam: Adam,
    prior: bool,
    seed: int,
    options: dict[str, Any],
) -> np.ndarray:
    counted = sample.rows.shape[1] if sample.counted is None else sample.counted
    shared = jnp.asarray(sample.x), jnp.asarray(sample.y), None, np.int32(counted)
    keys = jax.vmap(partial(jax.random.fold_in, jax.random.key(seed)))(
        sample.first + jnp.arange(len(theta))
    )
    batched = (
        theta.astype(np.float32),
        np.asarray(jax.random.key_data(keys)),
        sample.rows.astype(np.int32),
        (sample.weights * sample.temper).astype(np.float32),
    )
    program = partial(train_lanes, sample.density(model), prior, adam)
    return map_lanes(program, *batched, shared=shared, lanes=LANES, **options)


def _newton(
    model: Model,
    sample: Sample,
    theta: np.ndarray,
    weights: np.ndarray,
    newton: Newton,
    prior: bool,
    options: dict[str, Any],
) -> Optimum:
    data = jnp.asarray(sample.x), jnp.asarray(sample.y)
    dens, steps = sample.density(model), newton.max_steps
    return optimise(dens, theta, weights, *data, prior=prior, max_steps=steps, **options)


def _measure(
    model: Model, sample: Sample, theta: np.ndarray, weights: np.ndarray, prior: bool, work: Work
) -> Optimum:
    data = jnp.asarray(sample.x), jnp.asarray(sample.y)
    program = partial(measure_lanes, sample.density(model), prior)
    return map_lanes(program, theta, weights, shared=data, lanes=LANES, work=work, returns=Optimum)
