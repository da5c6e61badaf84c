"""BayesBag: the posterior averaged over resampled data sets, for any estimator."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
import xarray as xr

from bayesneuron.data.recordings import recording_of
from bayesneuron.draws.provenance import provenance_of
from bayesneuron.draws.tree import Fit, build_tree, theta_of
from bayesneuron.inference.estimator import check_estimator
from bayesneuron.inference.failures import check_lost
from bayesneuron.inference.resampling import automatic_block_length, resample
from bayesneuron.inference.work import work_of
from bayesneuron.network.arrays import as_training
from bayesneuron.network.density import density
from bayesneuron.network.model import Model
from bayesneuron.network.travelling import Travelling
from bayesneuron.numerics.checks import (
    check_choice,
    check_positive,
    check_seed,
    check_share,
)
from bayesneuron.numerics.precision import double
from bayesneuron.numerics.tasks import map_tasks
from bayesneuron.numerics.warn import collected, warn_once

SCHEMES = ("pairs", "block", "subsample")  # whose weights are whole: a bag is rows of data


@double
def bag(
    estimate: Callable[..., xr.DataTree],
    model: Model,
    x: Any,
    y: Any,
    *,
    bags: int = 20,
    seed: int = 0,
    scheme: str = "pairs",
    block_length: int | None = None,
    fraction: float = 0.5,
    executor: Executor | None = None,
    checkpoint: str | Path | None = None,
    **options: Any,
) -> xr.DataTree:
    """Run an estimator on resampled data sets and pool its draws: the bagged posterior.

    With x*_b the b-th resample, p*(θ) = (1 / B) Σ_b p(θ | x*_b). Its mean is the bagged mean, and
    its covariance the mean covariance within a bag plus the covariance of the bags' means: what
    a posterior claims, and what a bootstrap sees.

    Parameters
    ----------
    estimate : callable
        `bayesneuron.laplace`, `bayesneuron.svi`, `bayesneuron.nuts`, or another function
        ``estimate(model, x, y, *, seed, **options)`` that returns their kind of draws.
    model : Model
    x : array_like, shape (observation, input)
    y : array_like, shape (observation, output)
    bags, seed : int
        Bag b has its own seed, whatever the number of bags.
    scheme : {"pairs", "block", "subsample"}
        How rows are drawn, see `bayesneuron.inference.resampling.resample`. All bags have one
        shape, so that the estimator compiles once.
    block_length : int, optional
        Of moving blocks; by default Politis and White's. Blocks lie within one recording, as
        in `bayesneuron.bootstrap`.
    fraction : float
        Share f of the data in a subsample. The posterior of a bag is then about 1/√f times as
        wide as that of all the data.
    executor : concurrent.futures.Executor, optional
        Bags are fitted by its workers, which changes no bit; see `bayesneuron.bootstrap`.
    checkpoint : str or Path, optional
        A folder that keeps every fitted bag: the same call goes on from it, also with more `bags`.
    **options
        For `estimate`.

    Returns
    -------
    DataTree
        Chain 0, bag after bag, the same number of draws from each; ``sample_stats["bag"]`` is the
        number of the bag. ``attrs``: ``method`` such as ``bagged laplace``; ``failed``, the bags
        left out because their draws are not finite or their mode was not reached; ``warned``, the
        number of bags that gave a warning. ``independent`` only with one independent draw per
        bag: draws of one bag share its data.

    Raises
    ------
    ValueError
        If data, counts or a choice is not valid, the checkpoint is of another call, or more than
        half of the bags failed.

    Notes
    -----
    Where the model is right, each part roughly equals the posterior covariance and the bagged
    posterior is about √2 times as wide in each direction: it over-covers. Where it is wrong, the
    second part is the sandwich covariance, which the posterior lacks.

    References
    ----------
    Huggins and Miller, "Robust inference and model criticism using bagged posteriors",
    arXiv 1912.07104; Bühlmann, "Discussion of Big Bayes stories and BayesBag", Statistical
    Science 2014.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.bag(bn.laplace, model, x, y, bags=4, samples=25, starts=2, seed=0)
    >>> draws.attrs["method"], draws.posterior.sizes["draw"]
    ('bagged laplace', 100)
    """
    check_positive(bags=bags)
    check_seed(seed)
    check_share(fraction=fraction)
    check_choice("scheme", scheme, SCHEMES)
    check_estimator(estimate, options)
    inputs, targets = as_training(model, x, y)
    recording = recording_of(y, x)
    if scheme == "block" and block_length is None:
        block_length = automatic_block_length(targets, recording)
    rows, _ = resample(
        scheme, len(inputs), bags, seed=seed, block_length=block_length, fraction=fraction,
        recording=recording,
    )  # fmt: skip
    seeds = np.random.SeedSequence(seed).generate_state(bags) >> 1
    work = work_of(
        executor, checkpoint, method="bag", model=model, seed=seed,
        data=(inputs, targets, *(() if recording is None else (recording,))), estimate=estimate,
        options=options, scheme=scheme, block_length=block_length, fraction=fraction,
    )  # fmt: skip
    sent, began = Travelling(estimate), time.perf_counter()
    parts = map_tasks(
        draws_of_bag,
        lambda b: (sent, model, inputs[rows[b]], targets[rows[b]], int(seeds[b]), options),
        range(bags),
        work=work,
        returns=Bag,
    )
    messages = [str(part.messages[0]) for part in parts if len(part.messages)]
    kept = [b for b, part in enumerate(parts) if part.good]
    failed = sorted(set(range(bags)) - set(kept))
    method = str(parts[-1].method)
    check_lost(f"bag: expected finite draws of {method}", len(failed), bags, "bags")
    if failed:
        warn_once(f"bag: {len(failed)} of {bags} bags failed and are left out")
    if messages:
        warn_once(f"bag: {len(messages)} of {bags} bags warned, the first: {messages[0]}")
    fit = Fit(
        np.concatenate([parts[b].theta for b in kept])[None],
        stats={"bag": np.repeat(kept, [len(parts[b].theta) for b in kept])[None]},
        details={
            "seconds": time.perf_counter() - began,
            "bags": bags,
            "scheme": scheme,
            "failed": failed,
            "warned": len(messages),
            **({"block_length": block_length} if scheme == "block" else {}),
            **({"fraction": fraction} if scheme == "subsample" else {}),
        },
        independent=bool(parts[-1].alone),
        pooled=True,
    )
    return build_tree(model, fit, x, y, method=f"bagged {method}", seed=seed)


class Bag(NamedTuple):
    """Draws of one bag.

    Attributes
    ----------
    theta : ndarray, shape (draw, size)
        Free vectors.
    good : ndarray of bool
        Whether they are finite and of a mode that was reached.
    alone : ndarray of bool
        Whether there is one draw, independent of those of other bags.
    method : ndarray of str
        Of the estimator.
    messages : ndarray of str
        What it warned of.
    """

    theta: np.ndarray
    good: np.ndarray
    alone: np.ndarray
    method: np.ndarray
    messages: np.ndarray


@double
def draws_of_bag(
    estimate: Callable[..., xr.DataTree],
    model: Model,
    x: np.ndarray,
    y: np.ndarray,
    seed: int,
    options: Mapping[str, Any],
) -> Bag:
    """Fit the rows of one bag."""
    with collected() as messages:
        draws = estimate(model, x, y, seed=seed, **options)
    provenance = provenance_of(draws)
    theta = theta_of(density(model, jnp.asarray(x), jnp.asarray(y)), draws)
    good = np.isfinite(theta).all() and provenance.details.get("converged", 1)
    alone = len(theta) == 1 and provenance.independent
    return Bag(
        theta, np.array(bool(good)), np.array(bool(alone)), np.array(provenance.method),
        np.array(messages, str),
    )  # fmt: skip
