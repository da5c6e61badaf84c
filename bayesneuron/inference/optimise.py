"""Full-batch optimisation of the weighted log density to convergence.

L-BFGS (optax) brings each start near an optimum; Newton steps with the exact Hessian then
finish it, where the network is small enough for one. The Newton step uses |eigenvalues|, so
it leaves saddle points (Dauphin et al., NeurIPS 2014), and backtracks until the objective falls.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from bayesneuron.network.density import Density
from bayesneuron.numerics.lanes import map_lanes, over_lanes, solo

NEWTON_SIZE = 400  # free numbers above which an exact Hessian per replicate is too large
TOLERANCE = 1e-6  # gradient norm per observation
NEARLY = 1e-10  # nats per observation that a Newton step would still gain, whatever the units
COARSE = 1e-3  # where L-BFGS hands over to Newton


Objective = Callable[[jax.Array], jax.Array]


class Optimum(NamedTuple):
    """Where an optimisation ended; arrays with a leading axis of replicates when batched."""

    theta: jax.Array | np.ndarray
    loss: jax.Array | np.ndarray  # -log p_w(θ) / Σ w
    grad_norm: jax.Array | np.ndarray  # of the loss
    steps: jax.Array | np.ndarray
    converged: jax.Array | np.ndarray


def loss(
    dens: Density, theta: jax.Array, weights: jax.Array, x: jax.Array, y: jax.Array, *, prior: bool
) -> jax.Array:
    """-(Σ_t w_t log p(y_t | θ) + log p(θ)) / Σ_t w_t; the prior left out for maximum likelihood."""
    log_lik, log_prior = dens.terms(theta, x, y)
    return -(jnp.sum(weights * log_lik) + prior * log_prior) / jnp.sum(weights)


@partial(jax.jit, static_argnums=(0, 1))
def measure_lanes(
    dens: Density, prior: bool, theta: jax.Array, weights: jax.Array, x: jax.Array, y: jax.Array
) -> Optimum:
    """Loss and gradient norm of the parameters of another optimiser."""

    def measure(theta: jax.Array, weights: jax.Array) -> Optimum:
        objective = partial(loss, dens, weights=weights, x=x, y=y, prior=prior)
        return _ended(theta, *jax.value_and_grad(objective)(theta), 0)

    return over_lanes(measure, 2)(theta, weights)


def optimise(
    dens: Density,
    theta: np.ndarray,
    weights: np.ndarray,
    x: jax.Array,
    y: jax.Array,
    *,
    prior: bool = True,
    max_steps: int = 500,
    coarse: bool = False,
    **options: Any,
) -> Optimum:
    """Optimise each start of `theta`, (replicate, size), under its own row of `weights`.

    With ``coarse=True`` only to the coarse tolerance, enough to rank the starts; `settle` goes
    on from there. `options` are those of `bayesneuron.numerics.lanes.map_lanes`.
    """
    newton = dens.size <= NEWTON_SIZE
    tolerance = COARSE if newton or coarse else TOLERANCE
    rest = (
        {k: v for k, v in options.items() if k != "advance"} if newton and not coarse else options
    )
    rough = _map(
        partial(_climb_lanes, dens, prior, max_steps), theta, weights, x, y, tolerance, **rest
    )
    if coarse or not newton:
        return rough
    return settle(dens, rough, weights, x, y, prior=prior, **options)


def settle(
    dens: Density,
    rough: Optimum,
    weights: np.ndarray,
    x: jax.Array,
    y: jax.Array,
    *,
    prior: bool = True,
    max_steps: int = 500,
    **options: Any,
) -> Optimum:
    """Take coarse optima on to convergence: by Newton steps, or L-BFGS in a large network."""
    theta = np.asarray(rough.theta)
    if dens.size > NEWTON_SIZE:
        return optimise(dens, theta, weights, x, y, prior=prior, max_steps=max_steps, **options)
    end = _map(partial(_newton_lanes, dens, prior), theta, weights, x, y, **options)
    return end._replace(steps=np.asarray(rough.steps) + np.asarray(end.steps))


def _map(
    program: Callable[..., Optimum],
    theta: np.ndarray,
    weights: np.ndarray,
    *shared: Any,
    **options: Any,
) -> Optimum:
    return map_lanes(
        program, theta, weights, shared=shared, lanes=solo(), returns=Optimum, **options
    )


# Two programs, the tolerance an argument: rough and fine searches then compile once.
@partial(jax.jit, static_argnums=(0, 1, 2))
def _climb_lanes(
    dens: Density, prior: bool, max_steps: int, theta: jax.Array, weights: jax.Array,
    x: jax.Array, y: jax.Array, tolerance: jax.Array,
) -> Optimum:  # fmt: skip
    def climb(theta: jax.Array, weights: jax.Array) -> Optimum:
        objective = partial(loss, dens, weights=weights, x=x, y=y, prior=prior)
        theta, steps = _lbfgs(objective, theta, tolerance, max_steps)
        return _ended(theta, *jax.value_and_grad(objective)(theta), steps)

    return over_lanes(climb, 2)(theta, weights)


@partial(jax.jit, static_argnums=(0, 1))
def _newton_lanes(
    dens: Density, prior: bool, theta: jax.Array, weights: jax.Array, x: jax.Array, y: jax.Array
) -> Optimum:
    def settle(theta: jax.Array, weights: jax.Array) -> Optimum:
        objective = partial(loss, dens, weights=weights, x=x, y=y, prior=prior)
        return _newton(objective, theta, 50)

    return over_lanes(settle, 2)(theta, weights)


def _ended(theta: jax.Array, value: jax.Array, gradient: jax.Array, steps: Any) -> Optimum:
    norm = jnp.linalg.norm(gradient)
    return Optimum(theta, value, norm, jnp.asarray(steps), norm < TOLERANCE)


def _lbfgs(
    objective: Objective, theta: jax.Array, tolerance: jax.Array, max_steps: int
) -> tuple[jax.Array, jax.Array]:
    """The best point that L-BFGS passed: at a kink (ReLU) its line search can jump far off."""
    solver = optax.lbfgs(memory_size=20)
    value_and_grad = optax.value_and_grad_from_state(objective)

    def unfinished(carry: Any) -> Any:
        _, state, step, _ = carry
        norm = jnp.linalg.norm(optax.tree.get(state, "grad"))
        return (step == 0) | ((step < max_steps) & (norm > tolerance))

    def advance(carry: Any) -> Any:
        theta, state, step, best = carry
        value, grad = value_and_grad(theta, state=state)
        best = _lower(best, (theta, value))
        update, state = solver.update(
            grad, state, theta, value=value, grad=grad, value_fn=objective
        )
        return optax.apply_updates(theta, update), state, step + 1, best

    start = (theta, solver.init(theta), 0, (theta, jnp.inf))
    theta, state, steps, best = jax.lax.while_loop(unfinished, advance, start)
    return _lower(best, (theta, optax.tree.get(state, "value")))[0], steps


def _lower(best: tuple[Any, Any], new: tuple[Any, Any]) -> tuple[Any, Any]:
    better = new[1] < best[1]
    return jnp.where(better, new[0], best[0]), jnp.where(better, new[1], best[1])


def _newton(objective: Objective, theta: jax.Array, max_steps: int) -> Optimum:
    # the value and gradient are carried, so that the program holds one copy of each
    measure, hessian = jax.value_and_grad(objective), jax.hessian(objective)
    scales = 0.5 ** jnp.arange(12)

    def unfinished(carry: Any) -> Any:
        _, _, gradient, step, moved, _ = carry
        return (step < max_steps) & (jnp.linalg.norm(gradient) > 0.1 * TOLERANCE) & moved

    def advance(carry: Any) -> Any:
        theta, value, gradient, step, _, _ = carry
        h = hessian(theta)
        diagonal = jnp.abs(jnp.diag(h))
        scale = jnp.sqrt(jnp.where(diagonal > 0, diagonal, 1.0))  # or the units would decide
        values, vectors = jnp.linalg.eigh(h / jnp.outer(scale, scale))
        floor = 1e-8 * jnp.max(jnp.abs(values))
        curvature = jnp.maximum(jnp.abs(values), floor)
        direction = vectors @ ((vectors.T @ (gradient / scale)) / curvature) / scale
        tried = jax.lax.map(lambda s: objective(theta - s * direction), scales)
        tried = jnp.where(jnp.isfinite(tried), tried, jnp.inf)
        best = jnp.argmin(tried)
        better = tried[best] < value
        theta = jnp.where(better, theta - scales[best] * direction, theta)
        return theta, *measure(theta), step + 1, better, gradient @ direction / 2

    start = (theta, *measure(theta), 0, jnp.asarray(True), jnp.asarray(jnp.inf, theta.dtype))
    theta, value, gradient, steps, _, left = jax.lax.while_loop(unfinished, advance, start)
    end = _ended(theta, value, gradient, steps)
    return end._replace(converged=end.converged | (left < NEARLY))
