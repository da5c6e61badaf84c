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

from bayesneuron.density import Density
from bayesneuron.estimators.lanes import over_lanes

NEWTON_SIZE = 400  # free numbers above which an exact Hessian per replicate is too large
TOLERANCE = 1e-6  # gradient norm per observation
COARSE = 1e-3  # where L-BFGS hands over to Newton


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
    """Loss and gradient norm of parameters that another optimiser found."""

    def measure(theta: jax.Array, weights: jax.Array, x: jax.Array, y: jax.Array) -> Optimum:
        return _ended(partial(loss, dens, prior=prior), theta, 0, weights, x, y)

    return over_lanes(measure, 2)(theta, weights, x, y)


@partial(jax.jit, static_argnums=(0, 1, 2, 3))
def optimise_lanes(
    dens: Density,
    prior: bool,
    max_steps: int,
    finish: bool,
    theta: jax.Array,
    weights: jax.Array,
    x: jax.Array,
    y: jax.Array,
) -> Optimum:
    """Optimise each start of `theta`, (replicate, size), under its own row of `weights`.

    With ``finish=False`` only to the coarse tolerance, enough to rank the starts.
    """
    run = partial(_optimise, dens, prior, max_steps, finish)
    return over_lanes(run, 2)(theta, weights, x, y)


def _optimise(
    dens: Density,
    prior: bool,
    max_steps: int,
    finish: bool,
    theta: jax.Array,
    weights: jax.Array,
    x: jax.Array,
    y: jax.Array,
) -> Optimum:
    def objective(theta: jax.Array) -> jax.Array:
        return loss(dens, theta, weights, x, y, prior=prior)

    newton = dens.size <= NEWTON_SIZE
    coarse = COARSE if newton or not finish else TOLERANCE
    theta, steps = _lbfgs(objective, theta, coarse, max_steps)
    if newton and finish:
        theta, extra = _newton(objective, theta, 50)
        steps = steps + extra
    return _ended(objective, theta, steps)


def _ended(
    objective: Callable[..., jax.Array], theta: jax.Array, steps: Any, *data: Any
) -> Optimum:
    value, gradient = jax.value_and_grad(objective)(theta, *data)
    norm = jnp.linalg.norm(gradient)
    return Optimum(theta, value, norm, jnp.asarray(steps), norm < TOLERANCE)


Objective = Callable[[jax.Array], jax.Array]


def _lbfgs(
    objective: Objective, theta: jax.Array, tolerance: float, max_steps: int
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
    theta, _, steps, best = jax.lax.while_loop(unfinished, advance, start)
    return _lower(best, (theta, objective(theta)))[0], steps


def _lower(best: tuple[Any, Any], new: tuple[Any, Any]) -> tuple[Any, Any]:
    better = new[1] < best[1]
    return jnp.where(better, new[0], best[0]), jnp.where(better, new[1], best[1])


def _newton(objective: Objective, theta: jax.Array, max_steps: int) -> tuple[jax.Array, jax.Array]:
    gradient, hessian = jax.grad(objective), jax.hessian(objective)
    scales = 0.5 ** jnp.arange(12)

    def unfinished(carry: Any) -> Any:
        _, norm, step, moved = carry
        return (step < max_steps) & (norm > 0.1 * TOLERANCE) & moved

    def advance(carry: Any) -> Any:
        theta, _, step, _ = carry
        values, vectors = jnp.linalg.eigh(hessian(theta))
        floor = 1e-8 * jnp.max(jnp.abs(values))
        curvature = jnp.maximum(jnp.abs(values), floor)
        direction = vectors @ ((vectors.T @ gradient(theta)) / curvature)
        tried = jax.lax.map(lambda s: objective(theta - s * direction), scales)
        tried = jnp.where(jnp.isfinite(tried), tried, jnp.inf)
        best = jnp.argmin(tried)
        better = tried[best] < objective(theta)
        theta = jnp.where(better, theta - scales[best] * direction, theta)
        return theta, jnp.linalg.norm(gradient(theta)), step + 1, better

    start = (theta, jnp.linalg.norm(gradient(theta)), 0, jnp.asarray(True))
    theta, _, steps, _ = jax.lax.while_loop(unfinished, advance, start)
    return theta, steps
