"""Microcanonical ensemble: members trained apart, then a chain of draws from each.

A deep ReLU network has so many modes that no chain visits more than one of them. Members trained
from different starts end in different ones, and each chain describes the surroundings of its own
(Sommer et al. 2025). No Hessian is computed.
"""

import time
from collections.abc import Mapping
from concurrent.futures import Executor
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from bayesneuron.draws.appended import growing, open_lazily
from bayesneuron.draws.provenance import MEMBERS, Start
from bayesneuron.draws.tree import Fit, build_tree, check_room
from bayesneuron.inference.failures import check_lost, failed_members
from bayesneuron.inference.filled import with_copies
from bayesneuron.inference.members import Counted, Training, held_out_rows
from bayesneuron.inference.microcanonical import SAMPLERS, Plan
from bayesneuron.inference.optimizers import Adam
from bayesneuron.inference.past import past_powers
from bayesneuron.inference.recorded import recorded
from bayesneuron.inference.run_members import member_starts, run_members
from bayesneuron.inference.segments import SEGMENT
from bayesneuron.inference.streamed_chains import Chains, bytes_of, check_into
from bayesneuron.inference.work import work_of
from bayesneuron.network.arrays import as_training
from bayesneuron.network.density import density
from bayesneuron.network.model import Model
from bayesneuron.numerics.checks import (
    check_choice,
    check_positive,
    check_positive_real,
    check_probability,
    check_seed,
)
from bayesneuron.numerics.precision import double
from bayesneuron.numerics.warn import warn_once


def ensemble(
    model: Model,
    x: Any,
    y: Any,
    *,
    members: int = 10,
    samples: int = 1000,
    warmup: int = 50_000,
    thinning: int = 10,
    sampler: str = "mclmc",
    energy_variance: float | None = None,
    batch: int | None = None,
    optimizer: Adam | None = None,
    patience: int = 100,
    held_out: float = 0.15,
    temper: float = 1.0,
    seed: int = 0,
    pad_to: int | None = None,
    executor: Executor | None = None,
    checkpoint: str | Path | None = None,
    into: str | Path | None = None,
) -> xr.DataTree:
    """Train several networks and draw from the posterior around each: one chain per member.

    For networks that are too deep or too wide for `nuts`. Members usually stay in different modes
    and count equally, whatever the mass of these. Work is done in single precision.

    Parameters
    ----------
    model : Model
    x : array_like, shape (observation, input)
    y : array_like, shape (observation, output)
    members, samples, warmup : int
        Networks; draws kept and steps of warm-up of each.
    thinning : int
        Steps from one draw to the next; one in `thinning` is kept.
    sampler : {"mclmc", "mams"}
        Microcanonical Langevin Monte Carlo without an accept step, whose small bias is set by
        `energy_variance`; or adjusted, which has none and takes a trajectory of 8 steps on
        average where the other takes one step.
    energy_variance : float, optional
        Of ``mclmc``: variance of the energy error of a step per free number, for which the step
        size is tuned. Smaller means less bias and shorter steps. By default 0.1, and 0.001 with
        a `batch`.
    batch : int, optional
        Of ``mclmc``: rows drawn for each step, for data of many thousand rows. A step costs three
        gradients of these rows, not two of all; their noise adds to the bias.
    optimizer : Adam, optional
        How members are trained: by default ``Adam(epochs=1000, batch=32, learning_rate=0.001)``,
        stopped early.
    patience : int
        Epochs without a better likelihood of the held-out rows after which training stops.
    held_out : float
        Share of the rows held out from training, other rows for each member. The sampler uses all.
    temper : float
        Power of the likelihood.
    seed : int
    pad_to : int, optional
        Rows of the compiled program, at least those of `x`, as in `bayesneuron.bootstrap`. Members
        are trained on the same rows in the same order. Sums round differently, from which a chain
        soon differs: its draws are others of the same distribution.
    executor : concurrent.futures.Executor, optional
        Runs the members on its workers, such as a ProcessPoolExecutor (spawned) or dask's
        ``client.get_executor()``; by default they run here, on all cores. The result is the same
        to the last bit.
    checkpoint : str or Path, optional
        A folder that keeps members as they end, and twentieths of their chains; with an executor
        whole members alone. The same call goes on from there after a stop, and ends with the same
        bits. One of another run is refused.
    into : str or Path, optional
        A file that draws go to in twentieths of chains or less, as in `bayesneuron.nuts`.

    Returns
    -------
    DataTree
        One chain per member. ``sample_stats`` has lp, diverging, n_steps, step_size,
        momentum_length, member, and energy_variance or acceptance_rate.
        ``attrs["failed"]`` are the numbers of the members left out: those whose draws are not
        finite or do not move, whose steps vanish, or whose mean log density is more than one nat
        per observation and free number below that of the best.

    Raises
    ------
    ValueError
        If data, counts or a choice is not valid, or more than half of the members failed.

    See Also
    --------
    bayesneuron.modes : weights of the members' modes by mass or by stacking.
    bayesneuron.nuts : takes these draws as ``start``.

    References
    ----------
    Sommer, Robnik, Nozadze, Seljak, Rügamer, "Microcanonical Langevin Ensembles: advancing the
    sampling of Bayesian neural networks", ICLR 2025; Robnik, De Luca, Silverstein, Seljak,
    "Microcanonical Hamiltonian Monte Carlo", JMLR 2023; Robnik, Cohn-Gordon, Seljak, "Metropolis
    adjusted microcanonical Hamiltonian Monte Carlo", arXiv 2503.01707; of batches: Sommer, Diao,
    Robnik, Seljak, Rügamer, "Can microcanonical Langevin dynamics leverage mini-batch gradient
    noise?", arXiv 2602.06500.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("mlp", inputs=3, hidden=(4, 4), outputs=1, activation="relu")
    >>> draws = bn.ensemble(model, x, y, members=2, samples=20, warmup=200, seed=0)
    >>> draws.posterior["hidden1_weight"].dims
    ('chain', 'draw', 'hidden1', 'input')
    """
    check_positive(
        members=members, samples=samples, warmup=warmup, thinning=thinning, patience=patience
    )
    check_seed(seed)
    if energy_variance is None:
        energy_variance = ENERGY_VARIANCE if batch is None else ENERGY_VARIANCE_OF_BATCHES
    check_positive_real(temper=temper, energy_variance=energy_variance)
    check_probability(held_out=held_out)
    check_choice("sampler", sampler, SAMPLERS)
    adam = DEFAULT if optimizer is None else optimizer
    if not isinstance(adam, Adam):
        raise ValueError(f"optimizer: expected Adam(...), got {adam!r}")
    inputs, targets = as_training(model, x, y)
    if batch is not None:
        _check_batch(batch, len(inputs), sampler)
    data = with_copies(inputs, targets, pad_to)
    training = Training(adam, patience, held_out_rows(held_out, len(data[0])))
    counted = Counted(len(inputs), held_out_rows(held_out, len(inputs)))
    powers = temper if pad_to is None else past_powers(temper, data[0], len(inputs))
    needed = bytes_of(model, inputs, members * samples)
    if into is None:
        check_room(model, inputs, "use into=, a file", samples=members * samples)
    else:
        check_into(into, executor)
    work = work_of(
        executor, checkpoint, method="ensemble", model=model, data=(inputs, targets), seed=seed,
        members=members, samples=samples, warmup=warmup, thinning=thinning, patience=patience,
        held_out=held_out, sampler=sampler, energy_variance=energy_variance, batch=batch,
        optimizer=adam, temper=temper, pad_to=pad_to,
    )  # fmt: skip
    began = time.perf_counter()
    call = recorded(
        members=members, samples=samples, warmup=warmup, thinning=thinning, sampler=sampler,
        energy_variance=energy_variance, batch=batch, optimizer=adam, patience=patience,
        held_out=held_out, temper=temper, pad_to=pad_to,
    )  # fmt: skip
    with nullcontext() if into is None else growing(into, needed) as file:
        own = None if file is None else Chains(file, model, (x, y), "ensemble", seed, _numbered)
        theta, held = double(member_starts)(model, *data, members, seed, powers)
        with jax.enable_x64(False):
            arrays = jnp.asarray(data[0]), jnp.asarray(data[1])
            plan = Plan(
                density(model, *arrays), sampler, warmup, samples, thinning, energy_variance, batch
            )
            trained, chains = run_members(
                plan, training, theta, *arrays, held=held, temper=powers, seed=seed,
                counted=counted, work=work, write=None if own is None else own.write,
            )  # fmt: skip
        lost = failed_members if own is None else own.failed
        failed = lost(chains, rows=len(inputs))
        kept = np.flatnonzero(~failed)
        check_lost(
            "ensemble: expected finite draws that move, near the best member", int(failed.sum()),
            members, "members", advice=": check the model, and the scale of the data", work=work,
        )  # fmt: skip
        stats = {name: values[kept] for name, values in chains.stats.items()}
        stats["member"] = np.repeat(kept[:, None], stats["diverging"].shape[1], axis=1)
        if own is not None:
            own.keep(kept)
        diverged = int(stats["diverging"].sum()) if own is None else sum(own.diverged.values())
        details = {
            "seconds": time.perf_counter() - began,
            "sampler": sampler,
            "failed": [int(m) for m in np.flatnonzero(failed)],
            "divergences": diverged,
            "training_scales": "evidence" if held else "joint",
            "epochs": [int(e) for e in trained.epochs[kept]],
            "warmup": warmup,
            "thinning": thinning,
            "temper": temper,
            **({"energy_variance": energy_variance} if sampler == "mclmc" else {}),
            **({} if batch is None else {"batch": batch}),
        }
        faults = {
            f"{failed.sum()} of {members} members failed and are left out": failed.any(),
            f"{diverged} of {len(kept) * samples} draws diverged, see sample_stats": diverged > 0,
        }
        if any(faults.values()):
            warn_once("ensemble: " + "; ".join(fault for fault, seen in faults.items() if seen))
        state = {name: leaf[kept] for name, leaf in (chains.state or {}).items()}
        theta = chains.theta[kept]
        fit = Fit(theta, stats, details | call, start=Start(MEMBERS), state=state)
        if own is not None:
            own.finish(fit)
    if into is not None:
        return open_lazily(into)
    if work.checkpoint is not None:
        work.checkpoint.remove(SEGMENT)  # every chain is kept whole
    return build_tree(model, fit, x, y, method="ensemble", seed=seed)


def _numbered(member: int, stats: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {**stats, "member": np.full(len(stats["lp"]), member)}


ENERGY_VARIANCE = 0.1
ENERGY_VARIANCE_OF_BATCHES = 0.001  # of a step; the noise of gradients adds what it does
DEFAULT = Adam(epochs=1000, batch=32, learning_rate=1e-3)


def _check_batch(batch: int, rows: int, sampler: str) -> None:
    check_positive(batch=batch)
    if sampler != "mclmc":
        raise ValueError(
            f"batch: expected sampler='mclmc', got {sampler!r}, whose accept step needs all rows"
        )
    if batch > rows:
        raise ValueError(f"batch: expected at most the {rows} rows of x, got {batch}")
