"""The No-U-Turn sampler from optima to draws, as arrays; see `bayesneuron.nuts`."""

import time
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from bayesneuron.draws.tree import Fit
from bayesneuron.inference.curvature import blocks_of
from bayesneuron.inference.segments import SEGMENT, Chain, Write
from bayesneuron.inference.warm_start import Target, warm_start
from bayesneuron.inference.whitened import Plan, sample_chains
from bayesneuron.network.density import density
from bayesneuron.numerics.progress import progress
from bayesneuron.numerics.warn import warn_once
from bayesneuron.numerics.work import HERE, Work


def warn_of_divergences(method: str, diverged: int, draws: int) -> None:
    """Warn of draws that diverged."""
    if diverged:
        warn_once(f"{method}: {diverged} of {draws} draws diverged; see sample_stats")


ACCEPTED = 0.8
ACCEPTED_SCALED = 0.95  # with learnt scales: a quarter more steps, and hardly a divergence


def nuts_fit(
    target: Target,
    *,
    chains: int,
    samples: int,
    warmup: int,
    start: str | xr.DataTree | None,
    starts: int,
    mass: str,
    target_accept: float | None,
    max_tree_depth: int,
    thinning: int = 1,
    precision: str = "double",
    work: Work = HERE,
    done: int = 0,
    state: Mapping[str, np.ndarray] | None = None,
    write: Write | None = None,
    label: str = "NUTS",
) -> Fit:
    """The same for arrays. With a `state` after so many draws, those that follow.

    Draws that are written as they come are not in the result. The progress has the `label`.
    """
    began = time.perf_counter()
    begun = warm_start(target, start, chains=chains, starts=starts, mass=mass)
    # Where curvature has whitened the chain, a dense matrix learnt from the few draws of an
    # early window would undo it; scales alone are adapted then.
    dense = not begun.whitened and mass != "diagonal"
    if target_accept is None:
        target_accept = ACCEPTED_SCALED if target.dens.scaled else ACCEPTED
    plan = Plan(target.dens, dense, warmup, samples, target_accept, max_tree_depth, thinning, done)
    with progress(label, plan.stretch.segments * chains) as advance:
        sample = _in_single if precision == "single" else sample_chains
        chain = sample(
            plan, blocks_of(target.dens, mass), begun.theta, begun.roots, target.x, target.y,
            temper=target.temper, seed=target.seed, advance=advance, work=work,
            state=state, write=write,
        )  # fmt: skip
    stats = with_depth(chain.stats, max_tree_depth)
    details = {
        "seconds": time.perf_counter() - began,
        "divergences": int(stats["diverging"].sum()),
        "mass": mass,
        "temper": float(np.max(target.temper)),
        "warmup": warmup,
        "thinning": thinning,
        "precision": precision,
        "target_accept": target_accept,
    }
    if work.checkpoint is not None and write is None:
        work.checkpoint.remove(SEGMENT)  # every chain is kept whole
    return Fit(
        chain.theta, stats, details, whitened=begun.whitened, start=begun.start, state=chain.state
    )


def with_depth(stats: Mapping[str, np.ndarray], most: int) -> dict[str, np.ndarray]:
    """Statistics with the depth of each tree, and whether it is `most`."""
    depth = np.ceil(np.log2(stats["n_steps"] + 1)).astype(int)
    return {**stats, "tree_depth": depth, "reached_max_treedepth": depth >= most}


def _in_single(
    plan: Plan,
    blocks: Mapping[str, np.ndarray],
    centre: np.ndarray,
    roots: Mapping[str, np.ndarray],
    x: jax.Array,
    y: jax.Array,
    *,
    write: Write | None,
    **options: Any,
) -> Chain:
    """`sample_chains` in single precision, its draws as double."""
    with jax.enable_x64(False):
        data = tuple(jnp.asarray(np.asarray(v)) for v in (x, y))
        narrow = plan._replace(dens=density(plan.dens.model, *data))
        small = {k: np.asarray(v, np.float32) for k, v in roots.items()}
        centre = np.asarray(centre, np.float32)
        own = None
        if write is not None:
            own = lambda chain, first, *draws: write(chain, first, *jax.tree.map(_wide, draws))
        chain = sample_chains(narrow, blocks, centre, small, *data, write=own, **options)
    theta, stats = jax.tree.map(_wide, (chain.theta, chain.stats))
    return Chain(theta, stats, chain.state)


def _wide(leaf: np.ndarray) -> np.ndarray:
    return leaf.astype(float) if np.issubdtype(leaf.dtype, np.floating) else leaf
