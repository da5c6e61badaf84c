"""Bootstrap: many replicates of the network, each trained on resampled data."""

import time
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from bayesneuron.draws.provenance import Start
from bayesneuron.draws.tree import Fit, build_tree, theta_of
from bayesneuron.inference.adam import train_lanes
from bayesneuron.inference.optimise import TOLERANCE, Optimum, measure_lanes, optimise
from bayesneuron.inference.resampling import (
    SCHEMES,
    automatic_block_length,
    recording_of,
    resample,
    total_weights,
)
from bayesneuron.inference.starts import find_optima, prior_starts
from bayesneuron.network.arrays import as_arrays
from bayesneuron.network.density import density
from bayesneuron.network.model import Model
from bayesneuron.numerics.checks import check_choice, check_positive
from bayesneuron.numerics.lanes import LANES, map_lanes
from bayesneuron.numerics.precision import double
from bayesneuron.numerics.progress import progress
from bayesneuron.numerics.warn import warn_once


def bootstrap(
    model: Model,
    x: Any,
    y: Any,
    *,
    replicates: int = 100,
    seed: int = 0,
    scheme: str = "pairs",
    block_length: int | None = None,
    fraction: float = 0.5,
    optimizer: str = "adam",
    epochs: int = 70,
    batch: int = 16,
    learning_rate: float = 3e-3,
    max_steps: int = 500,
    prior: bool = True,
    start: str | xr.DataTree = "prior",
    temper: float = 1.0,
    chunk: int | None = None,
) -> xr.DataTree:
    """Train replicates of the network on resampled data.

    Replicate r maximises the weighted log density of the model, Σ_t w_rt log p(y_t | x_t, θ) +
    log p(θ): weighted MAP, weight decay being the model's own prior.

    Parameters
    ----------
    model : Model
    x : array_like, shape (observation, input)
    y : array_like, shape (observation, output)
    replicates, seed : int
    scheme : {"pairs", "block", "subsample", "bayesian"}
        How the weights are drawn, see `bayesneuron.inference.resampling.resample`.
    block_length : int, optional
        Of moving blocks; by default Politis and White's automatic length. Blocks lie within
        one recording where y, or else x, has a coordinate ``recording`` along its
        observations, as `bayesneuron.windows` gives it.
    fraction : float
        Share of the data in a subsample.
    optimizer : {"adam", "newton"}
        ``adam``: minibatches for a number of epochs, the study's recipe, in single precision.
        ``newton``: the whole data to convergence, L-BFGS then Newton, in double precision.
    epochs, batch, learning_rate
        Of Adam.
    max_steps : int
        Most L-BFGS steps.
    prior : bool
        Keep the log prior (MAP) or drop it (maximum likelihood).
    start : {"prior", "best"} or DataTree
        Each replicate starts at its own prior draw, or all at the best optimum of the whole
        data. From the prior, replicates scatter over local optima as well. Or at the weights
        of given draws of the same network: replicate r at draw r modulo their number, chains
        one after another; ``attrs["start"]`` is then ``given``.
    temper : float
        Power of the likelihood.
    chunk : int, optional
        Most replicates in memory at once. The result does not depend on it.

    Returns
    -------
    DataTree
        Chain 0, a draw a replicate. ``sample_stats``: replicate, loss, grad_norm, converged,
        steps. A replicate whose loss is not finite is left out; ``attrs["failed"]`` has its
        number.

    Raises
    ------
    ValueError
        If data, counts or a choice is not valid, the given draws are not of this network, or
        every replicate failed.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.bootstrap(model, x, y, replicates=10, epochs=5, seed=0)
    >>> draws.posterior.sizes["draw"]
    10
    """
    check_positive(replicates=replicates, epochs=epochs, batch=batch, max_steps=max_steps)
    check_choice("scheme", scheme, SCHEMES)
    check_choice("optimizer", optimizer, ("adam", "newton"))
    if not isinstance(start, xr.DataTree):
        check_choice("start", start, ("prior", "best"))
    inputs, targets = as_arrays(model, x, y)
    recording = recording_of(y, x)
    if scheme == "block" and block_length is None:
        block_length = automatic_block_length(targets, recording)
    rows, weights = resample(
        scheme, len(inputs), replicates, seed=seed, block_length=block_length, fraction=fraction,
        recording=recording,
    )  # fmt: skip
    began = time.perf_counter()
    with progress("bootstrap", replicates) as advance:
        options = {"chunk": chunk, "advance": advance}
        theta = double(_starts)(model, inputs, targets, replicates, seed, start, temper)
        if optimizer == "adam":
            with jax.enable_x64(False):
                theta = _adam(
                    model, prior, (epochs, batch, learning_rate), seed, theta,
                    (rows, weights * temper), (inputs, targets), options,
                )  # fmt: skip
            finish = _measure
        else:
            finish = partial(_newton, max_steps=max_steps, options=options)
        totals = total_weights(rows, weights, len(inputs)) * temper
        found = double(finish)(model, prior, theta, totals, inputs, targets)
    return _result(
        model, x, y, found, seed=seed, optimizer=optimizer,
        start=Start(start if isinstance(start, str) else "given"),
        details={
            "seconds": time.perf_counter() - began,
            "scheme": scheme,
            "optimizer": optimizer,
            "prior": int(prior),
            "temper": temper,
            **({"block_length": block_length} if scheme == "block" else {}),
            **({"fraction": fraction} if scheme == "subsample" else {}),
        },
    )  # fmt: skip


def _starts(
    model: Model, x: np.ndarray, y: np.ndarray, count: int, seed: int,
    start: str | xr.DataTree, temper: float,
) -> np.ndarray:  # fmt: skip
    inputs, targets = jnp.asarray(x), jnp.asarray(y)
    dens = density(model, inputs, targets)
    if isinstance(start, xr.DataTree):
        if "posterior" not in start.children:
            raise ValueError(
                f"start: expected draws (posterior), got groups {list(start.children)}"
            )
        theta = theta_of(dens, start)
        return theta[np.arange(count) % len(theta)]
    if start == "prior":
        return prior_starts(dens, inputs, jax.random.fold_in(jax.random.key(seed), 4), count)
    best = find_optima(dens, inputs, targets, starts=25, keep=1, seed=seed, temper=temper)
    return np.repeat(best.theta, count, axis=0)


def _adam(
    model: Model,
    prior: bool,
    recipe: tuple[int, int, float],
    seed: int,
    theta: np.ndarray,
    sample: tuple[np.ndarray, np.ndarray],
    data: tuple[np.ndarray, np.ndarray],
    options: dict[str, Any],
) -> np.ndarray:
    shared = tuple(jnp.asarray(v) for v in data)
    dens = density(model, *shared)
    keys = jax.vmap(partial(jax.random.fold_in, jax.random.key(seed)))(jnp.arange(len(theta)))
    raw = np.asarray(jax.random.key_data(keys))
    rows, weights = sample
    batched = (theta.astype(np.float32), raw, rows.astype(np.int32), weights.astype(np.float32))
    program = partial(train_lanes, dens, prior, *recipe)
    return map_lanes(program, *batched, shared=shared, lanes=LANES, **options)


def _newton(
    model: Model, prior: bool, theta: np.ndarray, weights: np.ndarray, x: np.ndarray, y: np.ndarray,
    *, max_steps: int, options: dict[str, Any],
) -> Optimum:  # fmt: skip
    shared = jnp.asarray(x), jnp.asarray(y)
    dens = density(model, *shared)
    return optimise(dens, theta, weights, *shared, prior=prior, max_steps=max_steps, **options)


def _measure(
    model: Model, prior: bool, theta: np.ndarray, weights: np.ndarray, x: np.ndarray, y: np.ndarray
) -> Optimum:
    shared = jnp.asarray(x), jnp.asarray(y)
    program = partial(measure_lanes, density(model, *shared), prior)
    return map_lanes(program, theta.astype(float), weights, shared=shared, lanes=LANES)


def _result(
    model: Model,
    x: Any,
    y: Any,
    found: Optimum,
    *,
    seed: int,
    optimizer: str,
    start: Start,
    details: dict[str, Any],
) -> xr.DataTree:
    good = np.isfinite(found.loss) & np.isfinite(found.theta).all(axis=1)
    failed = np.flatnonzero(~good)
    if not good.any():
        raise ValueError(f"bootstrap: expected a finite loss, got none in {len(good)} replicates")
    if len(failed):
        warn_once(f"bootstrap: {len(failed)} of {len(good)} replicates failed and are left out")
    unfinished = int((~found.converged[good]).sum())
    if unfinished and optimizer == "newton":
        warn_once(f"bootstrap: {unfinished} replicates did not reach gradient norm {TOLERANCE}")
    stats = {
        "replicate": np.flatnonzero(good),
        "loss": found.loss[good],
        "grad_norm": found.grad_norm[good],
        "converged": found.converged[good],
        "steps": found.steps[good],
    }
    fit = Fit(
        np.asarray(found.theta)[good][None],
        {name: values[None] for name, values in stats.items()},
        {**details, "failed": [int(r) for r in failed]},
        independent=True,
        start=start,
    )
    return build_tree(model, fit, x, y, method="bootstrap", seed=seed)
