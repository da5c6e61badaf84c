"""BayesBag: the posterior averaged over resampled data sets, for any estimator."""

import time
import warnings
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
import xarray as xr

from bayesneuron.data.recordings import recording_of
from bayesneuron.draws.provenance import provenance_of
from bayesneuron.draws.tree import Fit, build_tree, theta_of
from bayesneuron.inference.estimator import check_estimator
from bayesneuron.inference.resampling import automatic_block_length, resample
from bayesneuron.network.arrays import as_training
from bayesneuron.network.density import density
from bayesneuron.network.model import Model
from bayesneuron.numerics.checks import (
    check_choice,
    check_positive,
    check_seed,
    check_share,
)
from bayesneuron.numerics.precision import double
from bayesneuron.numerics.warn import StatisticalWarning, warn_once

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
        If data, counts or a choice is not valid, or every bag failed.

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
    dens = density(model, jnp.asarray(inputs), jnp.asarray(targets))
    seeds = np.random.SeedSequence(seed).generate_state(bags) >> 1
    began = time.perf_counter()
    parts: list[np.ndarray] = []
    kept: list[int] = []
    messages: list[str] = []
    method, alone = "", False
    for b, chosen in enumerate(rows):
        with warnings.catch_warnings(record=True) as notes:
            warnings.simplefilter("always", StatisticalWarning)
            draws = estimate(model, inputs[chosen], targets[chosen], seed=int(seeds[b]), **options)
        messages += [str(n.message) for n in notes if issubclass(n.category, StatisticalWarning)][
            :1
        ]
        for n in notes:  # what is no finding about the estimate is handed on
            if not issubclass(n.category, StatisticalWarning):
                warnings.warn_explicit(n.message, n.category, n.filename, n.lineno)
        provenance, theta = provenance_of(draws), theta_of(dens, draws)
        method = provenance.method
        alone = len(theta) == 1 and provenance.independent
        if np.isfinite(theta).all() and provenance.details.get("converged", 1):
            parts.append(theta)
            kept.append(b)
    failed = sorted(set(range(bags)) - set(kept))
    if not parts:
        raise ValueError(f"bag: expected draws of {method}, got none: all {bags} bags failed")
    if failed:
        warn_once(f"bag: {len(failed)} of {bags} bags failed and are left out")
    if messages:
        warn_once(f"bag: {len(messages)} of {bags} bags warned, the first: {messages[0]}")
    fit = Fit(
        np.concatenate(parts)[None],
        stats={"bag": np.repeat(kept, [len(part) for part in parts])[None]},
        details={
            "seconds": time.perf_counter() - began,
            "bags": bags,
            "scheme": scheme,
            "failed": failed,
            "warned": len(messages),
            **({"block_length": block_length} if scheme == "block" else {}),
            **({"fraction": fraction} if scheme == "subsample" else {}),
        },
        independent=alone,
        pooled=True,
    )
    return build_tree(model, fit, x, y, method=f"bagged {method}", seed=seed)
