"""Bootstrap: many replicates of the network, each trained on resampled data."""

import time
from collections.abc import Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import jax
import numpy as np
import xarray as xr

from bayesneuron.data.recordings import recording_of
from bayesneuron.draws.check_draws import check_draws
from bayesneuron.draws.provenance import provenance_of
from bayesneuron.draws.tree import Fit, build_tree, check_room
from bayesneuron.inference.optimise import TOLERANCE
from bayesneuron.inference.optimizers import Optimizer, optimizer_of
from bayesneuron.inference.replicates import (
    Replicates,
    begin,
    check_trained,
    details_of,
    fit_of,
    replicates_of,
    train_span,
)
from bayesneuron.inference.resampling import SCHEMES, automatic_block_length
from bayesneuron.inference.reservoir import RESERVOIR, UNFINISHED, bootstrap_within, room_of, within
from bayesneuron.inference.scales import check_scales
from bayesneuron.inference.streamed import bootstrap_into
from bayesneuron.inference.work import work_of
from bayesneuron.network.arrays import as_training
from bayesneuron.network.model import Model
from bayesneuron.numerics.checks import (
    check_choice,
    check_flag,
    check_positive,
    check_positive_real,
    check_seed,
    check_share,
)
from bayesneuron.numerics.files import check_path
from bayesneuron.numerics.memory_budget import bytes_of
from bayesneuron.numerics.progress import progress
from bayesneuron.numerics.warn import warn_once
from bayesneuron.numerics.work import HERE, Work

NEARLY = 0.1  # by which the spread of subsamples may differ from 1 without a warning


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
    optimizer: Optimizer | str = "adam",
    prior: bool = True,
    start: str | xr.DataTree = "prior",
    temper: float = 1.0,
    scales: str | None = None,
    chunk: int | None = None,
    pad_to: int | None = None,
    executor: Executor | None = None,
    checkpoint: str | Path | None = None,
    into: str | Path | None = None,
    memory: int | str | None = None,
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
        Share f of the data in a subsample. Replicates are networks trained on f n observations,
        and are not rescaled. Their standard deviation is √((1 - f)/f) times that of samples of
        all the data: alike at ½, half at 0.8. ``attrs["spread"]`` has this number.
    optimizer : Adam or Newton, or {"adam", "newton"}
        `bayesneuron.Adam`: minibatches for a number of epochs. `bayesneuron.Newton`: the whole
        data to convergence. A name stands for the defaults.
    prior : bool
        Keep the log prior (MAP) or drop it (maximum likelihood).
    start : {"prior", "best"} or DataTree
        Each replicate starts at its own prior draw, or all at the best optimum of the whole
        data. From the prior, replicates also scatter over local optima. Or at the weights
        of draws of the same network: replicate r at draw r modulo their number, chains one after
        another; ``attrs["start"]`` is then ``given``.
    temper : float
        Power of the likelihood.
    scales : {"joint", "evidence"}, optional
        How scales, of the noise and of a learnt prior, are estimated. ``joint``: in every
        replicate, at the mode of all free numbers together. ``evidence``: once, on the whole data,
        with the weights integrated out, as in `bayesneuron.laplace`; replicates train their weights
        at these scales. By default by the evidence where the prior has scales to learn, since a
        joint mode of many weights fits the noise; at the joint mode with ``prior=False`` and, with
        a warning, in networks of more than 2,500 free numbers that are not of dense layers.
        ``attrs["scales"]`` has what was done.
    chunk : int, optional
        Maximum number of replicates held in memory. The result does not depend on it.
    pad_to : int, optional
        Rows of the compiled program, at least those of `x`. Rows beside those of `x` fill it up
        and are never drawn: the draws differ by rounding alone. Data that grow are then compiled
        once, see `bayesneuron.backtest`.
    executor : concurrent.futures.Executor, optional
        Runs blocks of replicates on its workers, such as a ProcessPoolExecutor (spawned) or dask's
        ``client.get_executor()``; by default they run here, on all cores. The result is the same
        to the last bit.
    checkpoint : str or Path, optional
        A folder that keeps blocks of replicates as they end. The same call goes on from there
        after a stop, and ends with the same bits. One of another run is refused.
    into : str or Path, optional
        A file that draws go to as they come, as `bayesneuron.save` writes it: whole, or not at all.
        Memory does not grow with their number. The draws that are returned are read from it when
        they are asked for; `bayesneuron.open` reads all into memory.
    memory : int or str, optional
        Budget for replicates, in bytes or such as ``"2 GB"``, beside what Python and JAX take
        themselves (some 0.6 GB). So many are trained together as fit into half of it, at least 25.
        Where the draws of all would pass it, and without `into`, a uniform sample of the replicates
        is kept as draws, aligned, with the exact mean and covariance of every neuron over all of
        them, which `bayesneuron.neurons` uses. Numbers of those: ``sample_stats["replicate"]``.

    Returns
    -------
    DataTree
        Chain 0, one draw per replicate. ``sample_stats``: replicate, loss, grad_norm, converged,
        steps. A replicate whose loss is not finite is left out; ``attrs["failed"]`` has its
        number. A sample has the number of all in ``attrs["reservoir_of"]``.

    Raises
    ------
    ValueError
        If data, counts, a choice or `memory` is not valid, the draws to start at are not of this
        network, there is no scale to set by the evidence, the checkpoint is of another run, the
        draws do not fit into the memory (or, with `into`, on the disk), or more than half of the
        replicates failed.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.bootstrap(model, x, y, replicates=10, optimizer=bn.Adam(epochs=5))
    >>> draws.posterior.sizes["draw"]
    10
    """
    check_positive(replicates=replicates, **({} if chunk is None else {"chunk": chunk}))
    check_seed(seed)
    check_share(fraction=fraction)
    check_positive_real(temper=temper)
    check_choice("scheme", scheme, SCHEMES)
    optimizer = optimizer_of(optimizer)
    check_flag(prior=prior)
    check_scales(scales)
    if not prior:
        if scales == "evidence":
            raise ValueError("scales: expected 'joint' with prior=False, got 'evidence'")
        scales = "joint"
    if block_length is not None:
        check_positive(block_length=block_length)
    if isinstance(start, xr.DataTree):
        check_draws(start, "start")
    else:
        check_choice("start", start, ("prior", "best"))
    budget = None if memory is None else bytes_of(memory)
    inputs, targets = as_training(model, x, y)
    if into is None and budget is None:
        check_room(model, inputs, "use into=, a file", replicates=replicates)
    if into is not None:
        check_path("into", into)
    recording = recording_of(y, x)
    options: dict[str, Any] = {
        "scheme": scheme, "block_length": block_length, "fraction": fraction,
        "optimizer": optimizer, "prior": prior, "start": start, "temper": temper, "scales": scales,
        "pad_to": pad_to,
    }  # fmt: skip
    work = work_of(
        executor, checkpoint, method="bootstrap", model=model, seed=seed,
        data=(inputs, targets, *(() if recording is None else (recording,))),
        replicates=replicates, **options, **({} if budget is None else {"memory": budget}),
    )  # fmt: skip
    if scheme == "block" and block_length is None:
        options["block_length"] = automatic_block_length(targets, recording)
    plan = replicates_of(model, inputs, targets, recording, seed, **options)
    room = replicates
    if budget is not None:
        plan, room = within(plan, budget), room_of(plan, budget)
        chunk = chunk or plan.span
    if into is not None:
        draws = bootstrap_into(into, plan, replicates, (x, y), chunk=chunk, work=work)
        warn_of(provenance_of(draws).details, draws["sample_stats"]["converged"].to_numpy())
        return draws
    if replicates > room:
        draws = bootstrap_within(plan, replicates, (x, y), room=room // 2, chunk=chunk, work=work)
        warn_of(provenance_of(draws).details, draws["sample_stats"]["converged"].to_numpy())
        return draws
    fit = bootstrap_fit(plan, replicates, chunk=chunk, work=work)
    warn_of(fit.details, fit.stats["converged"])
    return build_tree(model, fit, x, y, method="bootstrap", seed=seed)


def bootstrap_fit(
    plan: Replicates, count: int, *, first: int = 0, chunk: int | None = None, work: Work = HERE
) -> Fit:
    """Replicates `first`, …, `count - 1`; see `bootstrap`."""
    began = time.perf_counter()
    begun, parts = begin(plan), []
    with progress("bootstrap", count - first) as advance:
        for numbers in plan.spans(first, count):
            part = train_span(plan, begun, numbers, chunk=chunk, advance=advance, work=work)
            keep = slice(max(first - numbers.start, 0), None)
            parts.append(jax.tree.map(lambda leaf, keep=keep: np.asarray(leaf)[keep], part))
    optima = jax.tree.map(lambda *leaves: np.concatenate(leaves), *parts)
    details = {"seconds": time.perf_counter() - began, **details_of(plan, begun, count)}
    fit = fit_of(plan, optima, details, first)
    check_trained(len(fit.details["failed"]), count - first, work)
    return fit


def warn_of(details: Mapping[str, Any], converged: np.ndarray) -> None:
    """Warn of replicates that failed, and of those that did not converge."""
    failed, spread = np.size(details["failed"]), details.get("spread", 1.0)
    if spread > 0 and abs(spread - 1) > NEARLY:
        warn_once(
            f"bootstrap: subsamples of {details['fraction']:.0%} of the data spread "
            f"{spread:.2f} times as widely as samples of all the data; fraction=0.5 spreads alike"
        )
    if failed:
        count = failed + details.get(RESERVOIR, converged.size)
        warn_once(f"bootstrap: {failed} of {count} replicates failed and are left out")
    unfinished = details.get(UNFINISHED, int((~converged).sum()))
    if unfinished and details["optimizer"] == "newton":
        warn_once(f"bootstrap: {unfinished} replicates did not reach gradient norm {TOLERANCE}")
