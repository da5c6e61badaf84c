"""Chains that go on from the states of their samplers, which draws carry."""

import time
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from bayesneuron.draws.sampler_state import STATE_GROUP
from bayesneuron.draws.tree import Fit, theta_of
from bayesneuron.inference.failures import failed_members
from bayesneuron.inference.filled import filled, with_copies
from bayesneuron.inference.microcanonical import Plan, sample_from
from bayesneuron.inference.nuts_fit import nuts_fit
from bayesneuron.inference.past import past_powers
from bayesneuron.inference.run_members import member_keys
from bayesneuron.inference.segments import Chain, Write
from bayesneuron.inference.warm_start import Target
from bayesneuron.network.density import Density, density, log_joints
from bayesneuron.network.model import Model
from bayesneuron.numerics.lanes import fetched
from bayesneuron.numerics.precision import double
from bayesneuron.numerics.progress import progress
from bayesneuron.numerics.work import Work

CLOSE = 1e-3  # relative difference of log densities, in single precision


def state_of(draws: xr.DataTree) -> dict[str, np.ndarray]:
    """The states of the samplers, by leaf.

    Raises
    ------
    ValueError
        If the draws carry none.
    """
    if STATE_GROUP not in draws.children:
        raise ValueError(
            f"draws: expected the state of the sampler (group {STATE_GROUP!r}), got none: it was "
            "larger than the draws, or left out"
        )
    leaves = draws[STATE_GROUP].data_vars.items()
    return {str(name).removeprefix("leaf_"): values.to_numpy() for name, values in leaves}


@double
def longer_nuts(
    draws: xr.DataTree, call: Mapping[str, Any], model: Model, data: tuple[Any, Any], seed: int,
    more: int, work: Work, write: Write | None = None,
) -> Fit:  # fmt: skip
    """The next draws of every chain."""
    x, y = (jnp.asarray(v) for v in data)
    dens, options = density(model, x, y), dict(call)
    temper = options.pop("temper")
    _check_last(dens, draws, x, y, temper)
    done, state = options.pop("samples"), state_of(draws)
    target = Target(dens, *filled(dens, x, y, temper, options.pop("pad_to", None)), seed)
    return nuts_fit(
        target, **options, samples=done + more, done=done, state=state, work=work, write=write
    )


def longer_ensemble(
    draws: xr.DataTree, call: Mapping[str, Any], model: Model, data: tuple[Any, Any], seed: int,
    more: int, work: Work, write: Write | None = None,
) -> Fit:  # fmt: skip
    """The next draws of the members that are there."""
    began = time.perf_counter()
    double(_check_last_of)(model, draws, data, call["temper"])
    members, done = draws["sample_stats"]["member"].to_numpy()[:, 0], call["samples"]
    with jax.enable_x64(False):
        pad_to = call.get("pad_to")
        x, y = (jnp.asarray(v) for v in with_copies(*data, pad_to))
        powers = call["temper"] if pad_to is None else past_powers(call["temper"], x, len(data[0]))
        dens = density(model, x, y)
        plan = Plan(
            dens, call["sampler"], call["warmup"], done + more, call["thinning"],
            call["energy_variance"], call["batch"], done,
        )  # fmt: skip
        with progress(plan.sampler.upper(), plan.stretch.segments * len(members)) as advance:
            chains = sample_from(
                plan, np.zeros((len(members), dens.size), x.dtype), x, y, temper=powers,
                keys=member_keys(seed, members), advance=advance, work=work, state=state_of(draws),
                write=write,
            )  # fmt: skip
    new = chains.theta.shape[1]  # none where they are written
    stats = dict(chains.stats) | {"member": np.repeat(members[:, None], new, axis=1)}
    details = {"seconds": time.perf_counter() - began}
    return Fit(chains.theta, stats, details, state=chains.state)


def members_lost(model: Model, draws: xr.DataTree, data: tuple[Any, Any]) -> np.ndarray:
    """Which chains of an ensemble say nothing about the posterior, bool (chain,)."""
    return double(_members_lost)(model, draws, data)


def _members_lost(model: Model, draws: xr.DataTree, data: tuple[Any, Any]) -> np.ndarray:
    dens = density(model, *(jnp.asarray(v) for v in data))
    size = draws["posterior"].sizes
    theta = theta_of(dens, draws).reshape(size["chain"], size["draw"], -1).astype(np.float32)
    stats = {str(k): v.to_numpy() for k, v in draws["sample_stats"].data_vars.items()}
    return failed_members(Chain(theta, stats), rows=len(data[0]))


def _check_last_of(model: Model, draws: xr.DataTree, data: tuple[Any, Any], temper: float) -> None:
    x, y = (jnp.asarray(v) for v in data)
    _check_last(density(model, x, y), draws, x, y, temper)


def _check_last(
    dens: Density, draws: xr.DataTree, x: jax.Array, y: jax.Array, temper: float
) -> None:
    """Raise ValueError unless the last draws have the density that was recorded with them."""
    last = draws.isel(draw=slice(-1, None))
    theta = theta_of(dens, last)
    lp = fetched(log_joints(dens, jnp.asarray(theta), x, y, temper))
    recorded = draws["sample_stats"]["lp"].to_numpy()[:, -1]
    if not np.allclose(lp, recorded, rtol=CLOSE, atol=CLOSE * len(x)):
        raise ValueError(
            "draws: expected the last ones as they were drawn, got others, whose log density is "
            "not the one recorded with them"
        )
