"""NUTS, each chain whitened by the curvature at its own starting optimum.

A chain that starts at optimum θ* samples z in θ = θ* + L z, where L Lᵀ is the inverse of the
Hessian of -log p at θ*. In z the posterior is near N(0, I), so warm-up has little to learn and
trajectories are short. Each chain has its own L: chains that sit in different symmetric copies
of one mode have mass matrices that are permutations of each other, which one shared matrix
cannot be.
"""

from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import xarray as xr

from bayesneuron.draws.appended import growing, open_lazily
from bayesneuron.draws.check_draws import check_draws
from bayesneuron.draws.tree import build_tree, check_room
from bayesneuron.inference.filled import filled
from bayesneuron.inference.nuts_fit import nuts_fit, warn_of_divergences, with_depth
from bayesneuron.inference.recorded import recorded
from bayesneuron.inference.scales import way_of
from bayesneuron.inference.streamed_chains import Chains, bytes_of, check_into
from bayesneuron.inference.warm_start import Target
from bayesneuron.inference.work import work_of
from bayesneuron.network.arrays import as_training
from bayesneuron.network.density import density
from bayesneuron.network.model import Model
from bayesneuron.numerics.arrays import described
from bayesneuron.numerics.checks import (
    check_choice,
    check_positive,
    check_positive_real,
    check_probability,
    check_seed,
    check_square,
)
from bayesneuron.numerics.precision import double


@double
def nuts(
    model: Model,
    x: Any,
    y: Any,
    *,
    chains: int = 4,
    samples: int = 1000,
    warmup: int = 500,
    seed: int = 0,
    start: str | xr.DataTree | None = None,
    starts: int = 25,
    mass: str = "dense",
    temper: float = 1.0,
    target_accept: float | None = None,
    max_tree_depth: int = 10,
    thinning: int = 1,
    precision: str = "double",
    pad_to: int | None = None,
    executor: Executor | None = None,
    checkpoint: str | Path | None = None,
    into: str | Path | None = None,
) -> xr.DataTree:
    """Draw the network's weights from their posterior with the No-U-Turn sampler.

    Parameters
    ----------
    model : Model
    x : array_like, shape (observation, input)
    y : array_like, shape (observation, output)
    chains, samples, warmup : int
        Number of chains; draws kept and adaptation steps per chain.
    seed : int
    start : {"optima", "evidence", "best", "modes", "prior"} or DataTree, optional
        ``optima``: at the `chains` best optima reached from `starts` prior draws, and from the
        best of these with single neurons redrawn. ``evidence``: at the weights that go with the
        scales of highest evidence, of up to 4 climbs; the default where neurons have scales of
        their own, or where the noise has a scale beside a prior that learns its width. ``best``:
        all at the best optimum. ``modes``: at the best distinct optima, at most
        ``chains // 2``, whatever their evidence; `bayesneuron.modes` weights them by their
        predictions. ``prior``: at prior draws. A tree of draws, such as bootstrap replicates: at
        the best optima reached from its `starts` likeliest draws, or those of the evidence from
        up to 4 of them, as by default. Except with ``modes``, optima whose evidence is more than
        5 nats below the best get no chain.
    mass : {"dense", "block", "diagonal"}
        Structure of the preconditioner from the curvature, on top of which scales are adapted
        (from prior starts: of the adapted mass matrix). ``block``: one dense block per layer.
    temper : float
        Power of the likelihood. Overlapping windows repeat the data; ``1 / overlap`` (the
        stride over the window width) is a rough correction.
    target_accept : float, optional
        Average acceptance rate for which steps are tuned: 0.8 by default, and 0.95 where the prior
        learns scales, whose posterior is narrow where they are small.
    max_tree_depth : int
        As in NumPyro.
    thinning : int
        Moves from one draw to the next; one in `thinning` is kept. A draw counts as diverging if
        any move since the last one did.
    precision : {"double", "single"}
        Of the chains; optima and curvature are always in double. ``single`` yields up to 1.6 times
        as many effective draws per second. It is meant for data that are not nearly noise-free.
    pad_to : int, optional
        Rows of the compiled program, at least those of `x`, as in `bayesneuron.laplace`.
    executor : concurrent.futures.Executor, optional
        Runs the chains on its workers, such as a ProcessPoolExecutor (spawned) or dask's
        ``client.get_executor()``; by default they run here, on all cores. The result is the same
        to the last bit.
    checkpoint : str or Path, optional
        A folder that keeps twentieths of chains as they end, and chains; with an executor whole
        chains alone. The same call goes on from there after a stop, and ends with the same bits.
        One of another run is refused.
    into : str or Path, optional
        A file that draws go to in twentieths of chains or less, as `bayesneuron.save` writes it:
        whole, or not at all. Memory does not grow with their number. The draws that are returned
        are read from it when they are asked for. Not with an executor, whose workers return
        chains as a whole.

    Returns
    -------
    DataTree
        ``sample_stats`` has diverging, n_steps, tree_depth, acceptance_rate, lp, energy,
        step_size. Weights are as drawn; `bayesneuron.align` removes the symmetry.

    Raises
    ------
    ValueError
        If data, counts or a choice is not valid, or the draws do not fit into the memory (or, with
        `into`, on the disk).

    References
    ----------
    Hoffman and Gelman, "The No-U-Turn Sampler", JMLR 2014.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.nuts(model, x, y, chains=2, samples=20, warmup=100, starts=4, seed=0)
    >>> draws.posterior["hidden_weight"].dims
    ('chain', 'draw', 'hidden', 'input')
    """
    check_positive(
        chains=chains, samples=samples, warmup=warmup, starts=starts,
        max_tree_depth=max_tree_depth, thinning=thinning,
    )  # fmt: skip
    check_choice("precision", precision, ("double", "single"))
    check_seed(seed)
    check_positive_real(temper=temper)
    if target_accept is not None:
        check_probability(target_accept=target_accept)
    if isinstance(start, xr.DataTree):
        check_draws(start, "start")
    elif start is not None:
        choices = ("optima", "evidence", "best", "modes", "prior")
        if not isinstance(start, str):
            raise ValueError(f"start: expected one of {choices} or draws, got {described(start)}")
        check_choice("start", start, choices)
    check_choice("mass", mass, ("dense", "block", "diagonal"))
    inputs, targets = (jnp.asarray(v) for v in as_training(model, x, y))
    check_room(model, inputs, starts=starts)
    if into is None:
        check_room(model, inputs, "use into=, a file", samples=chains * samples)
    else:
        check_into(into, executor)
    dens = density(model, inputs, targets)
    check_square("nuts", "a full Hessian", dens.size, "use bn.ensemble")
    if isinstance(start, str) and start == "evidence":
        way_of(dens, "evidence", inputs, method="nuts")
    work = work_of(
        executor, checkpoint, method="nuts", model=model, data=(inputs, targets), seed=seed,
        chains=chains, samples=samples, warmup=warmup, start=start, starts=starts, mass=mass,
        target_accept=target_accept, max_tree_depth=max_tree_depth, thinning=thinning,
        precision=precision, temper=temper, pad_to=pad_to,
    )  # fmt: skip
    call = recorded(
        chains=chains, samples=samples, warmup=warmup, start=start, starts=starts, mass=mass,
        target_accept=target_accept, max_tree_depth=max_tree_depth, thinning=thinning,
        precision=precision, temper=temper, pad_to=pad_to,
    )  # fmt: skip
    fit_to = partial(
        nuts_fit, Target(dens, *filled(dens, inputs, targets, temper, pad_to), seed),
        chains=chains, samples=samples, warmup=warmup, start=start, starts=starts, mass=mass,
        target_accept=target_accept, max_tree_depth=max_tree_depth, thinning=thinning,
        precision=precision, work=work,
    )  # fmt: skip
    if into is not None:
        deep = lambda chain, stats: with_depth(stats, max_tree_depth)
        with growing(into, bytes_of(model, inputs, chains * samples)) as file:
            own = Chains(file, model, (x, y), "nuts", seed, deep)
            fit = fit_to(write=own.write)
            diverged = sum(own.diverged.values())
            own.finish(replace(fit, details={**fit.details, **call, "divergences": diverged}))
        warn_of_divergences("nuts", diverged, chains * samples)
        return open_lazily(into)
    fit = fit_to()
    fit = replace(fit, details={**fit.details, **call})
    warn_of_divergences("nuts", fit.details["divergences"], chains * samples)
    return build_tree(model, fit, x, y, method="nuts", seed=seed)
