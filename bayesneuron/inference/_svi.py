"""Stochastic variational inference with Gaussian families, started from the curvature.

The variational posterior is Gaussian in θ = θ* + R z with θ* the best optimum and R R' the
inverse of the blocks of the Hessian that the family keeps. For a quadratic log density z ~
N(0, I) is then already the optimum of the family, so the optimiser only corrects for what the
Laplace approximation misses.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import optax
import xarray as xr
from numpyro.infer import SVI, Trace_ELBO
from numpyro.optim import optax_to_numpyro

from bayesneuron.draws.tree import Fit, build_tree, check_room
from bayesneuron.inference.elbo_steps import SEGMENTS, optimised
from bayesneuron.inference.families import FAMILIES, blocks_of_family
from bayesneuron.inference.filled import filled
from bayesneuron.inference.frame import Frame, centre_of, frame_at, place
from bayesneuron.inference.importance import GOOD_K, pareto_shape
from bayesneuron.inference.recorded import recorded
from bayesneuron.inference.work import work_of
from bayesneuron.network.arrays import as_training
from bayesneuron.network.density import Density, density, log_joints
from bayesneuron.network.model import Model
from bayesneuron.network.tracing import TRACING
from bayesneuron.numerics.checks import (
    check_choice,
    check_positive,
    check_positive_real,
    check_seed,
    check_square,
)
from bayesneuron.numerics.lanes import fetched, solo
from bayesneuron.numerics.precision import double
from bayesneuron.numerics.progress import progress
from bayesneuron.numerics.warn import warn_once
from bayesneuron.numerics.work import HERE, Stage, Work


@double
def svi(
    model: Model,
    x: Any,
    y: Any,
    *,
    family: str = "neuron",
    samples: int = 1000,
    steps: int = 2000,
    particles: int = 8,
    learning_rate: float = 1e-2,
    rank: int = 10,
    seed: int = 0,
    starts: int = 25,
    temper: float = 1.0,
    pad_to: int | None = None,
    checkpoint: str | Path | None = None,
) -> xr.DataTree:
    """Fit a Gaussian to the posterior by maximising the evidence lower bound.

    Parameters
    ----------
    model : Model
    x : array_like, shape (observation, input)
    y : array_like, shape (observation, output)
    family : {"mean_field", "neuron", "low_rank", "full"}
        Independent weights; a full covariance within each neuron's row and bias,
        w_i = μ_i + A_i ε (the original study's); diagonal plus a matrix of `rank`; full.
    samples : int
        Draws from the fitted family.
    steps, particles, learning_rate
        Adam steps, draws per ELBO estimate, initial learning rate (cosine decay to 0).
    rank : int
        Of ``low_rank``.
    seed : int
    starts : int
        Prior draws from which the centre is sought. Single neurons are then redrawn from the prior.
        Where neurons have scales of their own (the horseshoe), or the noise beside a learnt prior,
        the centre is the optimum of the evidence; see `bayesneuron.inference.frame`.
    temper : float
        Power of the likelihood.
    pad_to : int, optional
        Rows of the compiled program, at least those of `x`, as in `bayesneuron.laplace`.
    checkpoint : str or Path, optional
        A folder that keeps the centre, and twentieths of the steps as they end. The same call goes
        on from there after a stop, and ends with the same bits. One of another run is refused.

    Returns
    -------
    DataTree
        One chain of independent draws; ``sample_stats`` has lp and log_q; group
        ``optimization`` the ELBO trace; ``attrs["pareto_k"]`` the Pareto shape of the
        importance weights p / q; above 0.7 the family does not fit.

    Raises
    ------
    ValueError
        If data, counts or a choice is not valid.

    References
    ----------
    Kucukelbir et al., "Automatic differentiation variational inference", JMLR 2017; Yao,
    Vehtari, Simpson, Gelman, "Yes, but did it work?", ICML 2018.

    Examples
    --------
    >>> import bayesneuron as bn
    >>> x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    >>> model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    >>> draws = bn.svi(model, x, y, samples=40, steps=20, starts=4, seed=0)
    >>> draws.posterior.sizes["draw"]
    40
    """
    check_positive(samples=samples, steps=steps, particles=particles, rank=rank, starts=starts)
    check_seed(seed)
    check_positive_real(learning_rate=learning_rate, temper=temper)
    check_choice("family", family, FAMILIES)
    inputs, targets = (jnp.asarray(v) for v in as_training(model, x, y))
    check_room(model, inputs, samples=samples, starts=starts)
    dens = density(model, inputs, targets)
    check_square("svi", "a full Hessian", dens.size, "use bn.ensemble")
    plan = Plan(dens, family, min(rank, dens.size), steps, particles, learning_rate)
    *data, powers = filled(dens, inputs, targets, temper, pad_to)
    options = {
        "family": family, "samples": samples, "steps": steps, "particles": particles,
        "learning_rate": learning_rate, "rank": rank, "starts": starts, "temper": temper,
        "pad_to": pad_to,
    }  # fmt: skip
    work = work_of(
        None, checkpoint, method="svi", model=model, data=(inputs, targets), seed=seed, **options
    )
    with work.stopped():
        fit, elbo = svi_fit(
            plan, *data, samples=samples, seed=seed, starts=starts, temper=powers, work=work
        )
    call = recorded(**options)
    fit = replace(fit, details={**fit.details, **call})
    pareto_k = fit.details["pareto_k"]
    if pareto_k > GOOD_K:
        warn_once(f"svi: Pareto k {pareto_k:.2f} above {GOOD_K}; family {family!r} does not fit")
    tree = build_tree(model, fit, x, y, method="svi", seed=seed)
    tree["optimization"] = xr.DataTree(xr.Dataset({"elbo": ("step", elbo)}))
    return tree


def svi_fit(
    plan: "Plan",
    x: jax.Array,
    y: jax.Array,
    *,
    samples: int,
    seed: int,
    starts: int,
    temper: float | np.ndarray,
    work: Work = HERE,
) -> tuple[Fit, np.ndarray]:
    """The same for arrays, with the ELBO of every step; see `svi`.

    `temper` may be that of each observation.
    """
    dens = plan.dens
    began = time.perf_counter()
    powers = np.full(len(x), temper)  # one program, whichever rows count
    stage = Stage(work.checkpoint, "centre")
    if (centre := stage.kept(0, Centre)) is None:
        centre = Centre(*centre_of(dens, x, y, starts=starts, seed=seed, temper=powers))
        stage.keep(0, centre)
    frame = frame_at(dens, centre.theta, centre.precision, plan.family)
    key = jax.random.fold_in(jax.random.key(seed), 5)
    with progress("SVI", SEGMENTS) as advance:
        init, segment, finish = _programs(plan)
        data = frame, x, y, jnp.asarray(powers)
        state, losses = optimised(init, segment, data, key=key, advance=advance, work=work)
    losses = losses[: plan.steps]
    with TRACING:
        params = finish(state)
        drawn = _draw(plan, params, frame, jax.random.fold_in(key, 1), samples)
    theta, log_q = fetched(drawn)
    if not np.isfinite(theta).all():
        raise ValueError(
            "svi: expected finite draws of the fitted family, got others: lower learning_rate "
            f"(now {plan.learning_rate:g}) or scale the data"
        )
    lp = fetched(log_joints(dens, jnp.asarray(theta), x, y, powers))
    details = {
        "seconds": time.perf_counter() - began,
        "family": plan.family,
        "pareto_k": pareto_shape(lp, log_q),
        "elbo": float(-np.mean(losses[-max(1, plan.steps // 10) :])),
        "temper": float(np.max(temper)),
    }
    stats = {"lp": lp[None], "log_q": log_q[None]}
    return Fit(theta[None], stats, details, independent=True), -losses


class Centre(NamedTuple):
    """Where the family starts, and the precision there."""

    theta: np.ndarray
    precision: np.ndarray


class Plan(NamedTuple):
    """What a compiled fit depends on besides the shapes of its data."""

    dens: Density
    family: str
    rank: int
    steps: int
    particles: int
    learning_rate: float


def _families(plan: Plan, params: Callable[..., jax.Array]) -> dict[str, dist.Distribution]:
    """The variational distribution of each group of blocks, its numbers from ``params``."""
    families: dict[str, dist.Distribution] = {}
    for name, index in blocks_of_family(plan.dens, plan.family).items():
        count, k = index.shape
        loc = params(f"{name}_loc", jnp.zeros((count, k)), dist.constraints.real)
        if plan.family == "low_rank":
            # not zero, where the gradient of the factor vanishes
            factor = params(
                f"{name}_factor", 0.1 * jnp.eye(count, plan.rank), dist.constraints.real
            )
            scale = params(f"{name}_diag", jnp.ones(count), dist.constraints.positive)
            base = dist.LowRankMultivariateNormal(loc[:, 0], factor, scale)
            families[name] = dist.TransformedDistribution(
                base, dist.transforms.ReshapeTransform((count, 1), (count,))
            )
            continue
        eye = jnp.tile(jnp.eye(k), (count, 1, 1))
        tril = params(f"{name}_tril", eye, dist.constraints.lower_cholesky)
        families[name] = dist.MultivariateNormal(loc, scale_tril=tril).to_event(1)
    return families


@lru_cache(maxsize=16)
def _programs(plan: Plan) -> tuple[Callable[..., Any], ...]:
    groups = blocks_of_family(plan.dens, plan.family)

    def model(frame: Frame, x: jax.Array, y: jax.Array, temper: jax.Array) -> None:
        z: Any = {
            name: numpyro.sample(
                name,
                dist.ImproperUniform(
                    dist.constraints.independent(dist.constraints.real, 2), (), index.shape
                ),
            )
            for name, index in groups.items()
        }
        density = plan.dens.log_joint(place(plan.dens, plan.family, frame, z), x, y, temper)
        numpyro.factor("density", density + frame.log_det)

    def guide(frame: Frame, x: jax.Array, y: jax.Array, temper: jax.Array) -> None:
        def params(name: str, value: jax.Array, constraint: Any) -> Any:
            return numpyro.param(name, value, constraint=constraint)

        for name, family in _families(plan, params).items():
            numpyro.sample(name, family)

    schedule = optax.cosine_decay_schedule(plan.learning_rate, plan.steps)
    optimizer = optax_to_numpyro(optax.adam(schedule))
    engine = SVI(
        model, guide, optimizer, Trace_ELBO(plan.particles, vectorize_particles=solo() > 1)
    )
    length = -(-plan.steps // SEGMENTS)

    def segment(state: Any, *data: Any) -> Any:
        return jax.lax.scan(lambda s, _: engine.update(s, *data), state, None, length=length)

    return jax.jit(engine.init), jax.jit(segment), jax.jit(engine.get_params)


@partial(jax.jit, static_argnums=(0, 4))
def _draw(
    plan: Plan, params: dict[str, jax.Array], frame: Frame, key: jax.Array, samples: int
) -> tuple[jax.Array, jax.Array]:
    families = _families(plan, lambda name, value, constraint: params[name])
    z, log_q = {}, -frame.log_det
    for k, (name, family) in enumerate(families.items()):
        z[name] = family.sample(jax.random.fold_in(key, k), (samples,))
        log_q = log_q + family.log_prob(z[name])
    return jax.vmap(lambda z: place(plan.dens, plan.family, frame, z))(z), jnp.asarray(log_q)
