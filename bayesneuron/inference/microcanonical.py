"""Microcanonical sampling by BlackJAX, one chain from each start.

The dynamics keep the speed of a particle constant, and the log density turns its direction
(MCLMC). A step costs two gradients, whatever the width of the network; there is no trajectory to
build and no mass matrix to factor. MAMS accepts or rejects short trajectories of the same dynamics,
and so has no bias.

BlackJAX takes a while to import, and only chains need it: the functions below import it.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from bayesneuron.inference.evidence import hyperparameters
from bayesneuron.inference.minibatch import Units, batch_density, on_batches, units_at
from bayesneuron.inference.segments import Chain, Stretch, Write, in_segments, written
from bayesneuron.network.density import Density
from bayesneuron.numerics.checkpoint import Checkpoint
from bayesneuron.numerics.lanes import map_lanes, over_lanes, solo
from bayesneuron.numerics.work import HERE, Work

SAMPLERS = ("mclmc", "mams")
FIRST_STEP = 0.005  # of a weight: a larger first step leaves the optimum that was trained
COOLING = (5.0, 3.0, 1.0)  # times the energy variance, in phases: first far, then without bias
SCALE_SD = 0.1  # of the logarithm of a learnt scale, in units of that of a weight
LAST = 0.1  # share of the warm-up from whose autocorrelation the length of momentum is set
LONGEST = 2**27  # numbers that the autocorrelation is estimated from at most: half a GiB
ACCEPTED = 0.9  # share of the trajectories of MAMS (Robnik, Cohn-Gordon and Seljak 2025)
WANDERING = 8.0  # steps of a trajectory of MAMS on average


class Plan(NamedTuple):
    """What a compiled program depends on besides the shapes of its data."""

    dens: Density
    sampler: str
    warmup: int
    samples: int
    thinning: int
    energy_variance: float
    batch: int | None = None  # rows of a gradient; None: all
    done: int = 0  # draws that are there: a chain goes on

    @property
    def stretch(self) -> Stretch:
        """Draws to make."""
        return Stretch(self.done, self.samples, self.dens.size)


def sample_from(
    plan: Plan,
    theta: np.ndarray,
    x: jax.Array,
    y: jax.Array,
    *,
    temper: float | np.ndarray,
    keys: np.ndarray,
    advance: Callable[[int], None],
    work: Work = HERE,
    state: Mapping[str, np.ndarray] | None = None,
    write: Write | None = None,
) -> Chain:
    """Run a chain from each row of `theta`, with its own key, over (chain, draw).

    With a `state` chains go on from there. Draws that are written are not returned.
    """
    return map_lanes(
        partial(run_chain, plan, advance=advance, checkpoint=work.checkpoint, write=write),
        np.arange(len(keys)), keys, theta, state,
        shared=(x, y, jnp.asarray(temper, x.dtype)), lanes=min(solo(), len(theta)),
        advance=advance, own_steps=plan.stretch.segments + 1, returns=Chain,
        work=work if write is None else Work(),  # segments alone are kept
    )  # fmt: skip


def run_chain(
    plan: Plan,
    numbers: Any,
    keys: Any,
    theta: Any,
    state: Any,
    *data: Any,
    advance: Callable[[int], None] = lambda count: None,
    checkpoint: Checkpoint | None = None,
    write: Write | None = None,
) -> Chain:
    """A block of chains, segment by segment."""
    start, segment = _kernels(plan)

    def begin() -> Any:
        advance(len(theta))
        return start(keys, theta, *data)

    return in_segments(
        lambda state, at: segment(state, keys, at, *data),
        begin,
        keys,
        plan.stretch,
        lambda: advance(len(theta)),
        each=(lambda part: part) if write is None else written(write, plan.done, numbers),
        state=state,
        checkpoint=checkpoint,
    )


@lru_cache(maxsize=16)
def _kernels(plan: Plan) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Compiled functions that tune a block of chains and run one segment of it."""
    from blackjax.adaptation.mclmc_adaptation import MCLMCAdaptationState

    tune, move = _mams(plan) if plan.sampler == "mams" else _mclmc(plan)

    def target(units: Units | None, *context: Any) -> Callable[..., jax.Array]:
        if units is not None:
            return batch_density(plan.dens, units, *context, batch=plan.batch or 1)
        return jax.jit(lambda theta: plan.dens.log_joint(theta, *context))  # traced once

    def begin(key: jax.Array, theta: jax.Array, *context: Any) -> Any:
        key_state, key_tune, _ = jax.random.split(jax.random.wrap_key_data(key), 3)
        variance, units, position = np.ones(plan.dens.size), None, theta
        if plan.batch is not None:
            units = units_at(plan.dens, theta, *context, key=jax.random.fold_in(key_state, 1))
            position = jnp.zeros_like(theta)
        elif plan.dens.scaled:
            variance[hyperparameters(plan.dens)] = SCALE_SD**2
        root = jnp.sqrt(jnp.asarray(plan.dens.size, theta.dtype))
        params = MCLMCAdaptationState(root, FIRST_STEP * root, jnp.asarray(variance, theta.dtype))  # pyright: ignore
        state, params = tune(target(units, *context), position, params, key_state, key_tune)
        return state, params, units, jnp.int32(0)

    def run(carry: Any, key: jax.Array, at: Any, *context: Any) -> Any:
        key_draws = jax.random.split(jax.random.wrap_key_data(key), 3)[2]

        def draw(carry: Any) -> Any:
            state, params, units, number = carry
            keys = jax.random.split(jax.random.fold_in(key_draws, number), plan.thinning)
            once = lambda state, key: move(target(units, *context), state, params, key)
            state, stats = jax.lax.scan(once, state, keys)
            theta, lp = state.position, state.logdensity
            if units is not None:
                theta = units.theta(theta)
                lp = plan.dens.log_joint(theta, *context)
            summary = {
                "lp": lp,
                "diverging": jnp.any(stats.pop("diverging")),
                "n_steps": jnp.sum(stats.pop("n_steps")),
                "step_size": params.step_size,
                "momentum_length": params.L,
                **{name: jnp.mean(values) for name, values in stats.items()},
            }
            return (state, params, units, number + 1), Chain(theta, summary)

        return plan.stretch.scan(draw, carry, at)

    return jax.jit(over_lanes(begin, 2)), jax.jit(over_lanes(run, 2))


def _mclmc(plan: Plan) -> tuple[Callable[..., Any], Callable[..., Any]]:
    from blackjax import mclmc_find_L_and_step_size
    from blackjax.adaptation.mclmc_adaptation import make_adaptation_L
    from blackjax.mcmc import mclmc

    kernel = mclmc.build_kernel()
    if plan.batch is not None:
        kernel = on_batches(kernel)
    last = max(2, int(min(LAST * plan.warmup, LONGEST / plan.dens.size)))
    steps = max(2, (plan.warmup - last) // len(COOLING))

    def tune(
        log_density: Callable[..., Any], theta: Any, params: Any, key: Any, key_tune: Any
    ) -> Any:
        def phase(carry: Any, now: Any) -> tuple[Any, None]:
            key, energy_variance = now
            state, params, _ = mclmc_find_L_and_step_size(
                kernel, steps, carry[0], key, log_density, frac_tune1=0.5, frac_tune2=0.5,
                frac_tune3=0.0, desired_energy_var=energy_variance,
                diagonal_preconditioning=False, params=carry[1],
            )  # fmt: skip
            return (state, params), None

        keys = jax.random.split(key_tune, len(COOLING) + 1)
        targets = plan.energy_variance * jnp.asarray(COOLING, theta.dtype)
        first = log_density if plan.batch is None else partial(log_density, key)
        start = mclmc.init(theta, first, key), params
        (state, params), _ = jax.lax.scan(phase, start, (keys[1:], targets))
        decoherence = make_adaptation_L(kernel, log_density, frac=1.0, l_factor=0.4)
        return decoherence(state, params, last, keys[0])

    def move(log_density: Callable[..., Any], state: Any, params: Any, key: Any) -> Any:
        state, info = kernel(
            key, state, log_density, params.inverse_mass_matrix, params.L, params.step_size
        )
        error = info.energy_change**2 / plan.dens.size
        return state, {"energy_variance": error, "diverging": ~info.nonans, "n_steps": 1}

    return tune, move


def _mams(plan: Plan) -> tuple[Callable[..., Any], Callable[..., Any]]:
    from blackjax import adjusted_mclmc_find_L_and_step_size
    from blackjax.mcmc import adjusted_mclmc_dynamic as mams

    kernel = mams.build_kernel(mams.make_random_trajectory_length_fn(True))

    def tune(
        log_density: Callable[..., Any], theta: Any, params: Any, key: Any, key_tune: Any
    ) -> Any:
        return adjusted_mclmc_find_L_and_step_size(
            kernel, log_density, plan.warmup, mams.init(theta, log_density, key), key_tune,
            target=ACCEPTED, frac_tune1=0.4, frac_tune2=0.2,
            diagonal_preconditioning=False, params=params,
            target_num_integration_steps=WANDERING,
        )[:2]  # fmt: skip

    def move(log_density: Callable[..., Any], state: Any, params: Any, key: Any) -> Any:
        state, info = kernel(
            key, state, log_density, params.step_size,
            inverse_mass_matrix=params.inverse_mass_matrix,
            integration_steps_params=(params.L / params.step_size,),
        )  # fmt: skip
        stats = {
            "diverging": info.is_divergent,
            "n_steps": info.num_integration_steps,
            "acceptance_rate": info.acceptance_rate,
        }
        return state, stats

    return tune, move
