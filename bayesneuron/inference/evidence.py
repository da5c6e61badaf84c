"""Learnt scales by the evidence, and the normal approximation around them.

With as many weights as observations, or more, the joint mode of weights and scales is no place to
stand: the weights fit the noise, and the noise scale follows them to zero. MacKay's evidence
integrates the weights w out first. With hyperparameters φ (the scales, on their unconstrained
scale) and the generalised Gauss-Newton matrix G of -log p(y, w | φ) in w,

    log Z(φ) = log p(y, w*, φ) - ½ log det G(w*, φ) + const,    w* = argmax_w log p(y, w, φ),

is climbed in φ, w* following by Gauss-Newton steps. The approximation is normal: φ around its
optimum, and w around w*(φ), which moves with φ as C = ∂² log p / ∂w ∂φ says. Its precision is

    [ G    -C                       ]
    [ -Cᵀ  CᵀG⁻¹C - ∂² log Z / ∂φ²  ].

MacKay, "A practical Bayesian framework for backpropagation networks", Neural Computation 1992;
Immer et al., "Scalable marginal likelihood estimation for model selection in deep learning",
ICML 2021.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from scipy.optimize import minimize

from bayesneuron.draws.linearised import observed
from bayesneuron.network.density import Density

STEPS = 50  # most steps in φ
NATS = 0.01  # a step in φ that gains less is the last
FAR = 7.0  # φ goes from its start: scales by a factor of a thousand
MOST = 30  # Gauss-Newton steps after each step in φ
SETTLED = 1e-6  # gain of the last, in nats per observation
HALVINGS = 12  # of a Gauss-Newton step
REACH = 0.1  # in φ, for differences of its slope
LEAST = 1.0  # curvature in φ: that of a half-Cauchy prior of a scale, at its mode


class EvidenceOptimum(NamedTuple):
    """Where the climb ended."""

    theta: np.ndarray
    precision: np.ndarray  # of the normal approximation, (size, size)
    log_evidence: float
    grad_norm: float  # of log p in w, per observation
    steps: int
    converged: bool


def hyperparameters(dens: Density) -> np.ndarray:
    """Places in θ of everything that is not a weight: scales, of the noise and of the priors."""
    layout = dens.model.layout
    sites = [n for n in dens.places if n not in layout.sites or n in layout.scales]
    return np.concatenate([np.empty(0, int), *(dens.places[n].ravel() for n in sites)])


def climb_evidence(
    dens: Density, theta: np.ndarray, x: jax.Array, y: jax.Array, temper: float = 1.0
) -> EvidenceOptimum:
    """Climb log Z from θ, by L-BFGS in φ; w follows to its own optimum."""
    phi = hyperparameters(dens)
    data = (x, y, temper)

    def loss(values: np.ndarray) -> tuple[float, np.ndarray]:
        nonlocal theta
        theta = theta.copy()
        theta[phi] = values
        theta = follow(dens, theta, *data)
        at = _measure(dens, theta, *data)
        value = float(at.value)
        return -value if np.isfinite(value) else 1e10, -np.asarray(at.slope)

    options = {"maxiter": STEPS, "ftol": NATS / len(x), "gtol": NATS}
    bounds = [(v - FAR, v + FAR) for v in theta[phi]]
    end = minimize(loss, theta[phi], jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    loss(end.x)
    at = _measure(dens, theta, *data)
    precision = _precision(dens, theta, at, *data)
    norm = float(np.linalg.norm(at.gradient)) / len(x)
    return EvidenceOptimum(theta, precision, float(at.value), norm, end.nfev, bool(end.success))


def follow(
    dens: Density, theta: np.ndarray, x: jax.Array, y: jax.Array, temper: float
) -> np.ndarray:
    """Weights at the optimum for their φ."""
    for _ in range(MOST):
        theta, gain = (np.array(v) for v in _ascend(dens, theta, x, y, temper))
        if gain < SETTLED * len(x):
            break
    return theta


class _Measured(NamedTuple):
    value: jax.Array  # log Z
    slope: jax.Array  # of log Z in φ, w following
    gradient: jax.Array  # of log p in w
    root: jax.Array  # of G, lower
    cross: jax.Array  # ∂² log p / ∂w ∂φ


class _Split(NamedTuple):
    """w and φ, and functions of them."""

    w: jax.Array
    phi: jax.Array
    join: Callable[[jax.Array, jax.Array], jax.Array]
    log_joint: Callable[[jax.Array, jax.Array], jax.Array]
    curvature: Callable[[jax.Array, jax.Array], jax.Array]


def _split(dens: Density, theta: jax.Array, *data: Any) -> _Split:
    at_phi = hyperparameters(dens)
    at_w = np.setdiff1d(np.arange(dens.size), at_phi)

    def join(w: jax.Array, phi: jax.Array) -> jax.Array:
        return jnp.zeros(dens.size, w.dtype).at[at_w].set(w).at[at_phi].set(phi)

    def log_joint(w: jax.Array, phi: jax.Array) -> jax.Array:
        return dens.log_joint(join(w, phi), *data)

    def curvature(w: jax.Array, phi: jax.Array) -> jax.Array:
        return gauss_newton(dens, partial(join, phi=phi), w, *data)

    return _Split(theta[at_w], theta[at_phi], join, log_joint, curvature)


@partial(jax.jit, static_argnums=0)
def _ascend(
    dens: Density, theta: jax.Array, x: jax.Array, y: jax.Array, temper: float
) -> tuple[jax.Array, jax.Array]:
    """θ after a Gauss-Newton step in w, halved until log p rises, and the gain."""
    w, phi, join, log_joint, curvature = _split(dens, theta, x, y, temper)
    root = jax.scipy.linalg.cho_factor(curvature(w, phi))
    before, gradient = jax.value_and_grad(log_joint)(w, phi)
    move = jax.scipy.linalg.cho_solve(root, gradient)
    scales = jnp.append(0.5 ** jnp.arange(HALVINGS), 0.0)
    tried = jax.lax.map(lambda s: log_joint(w + s * move, phi), scales)
    tried = jnp.where(jnp.isfinite(tried), tried, -jnp.inf)
    best = jnp.argmax(tried)
    return join(w + scales[best] * move, phi), tried[best] - before


@partial(jax.jit, static_argnums=0)
def _measure(
    dens: Density, theta: jax.Array, x: jax.Array, y: jax.Array, temper: float
) -> _Measured:
    w, phi, _, log_joint, curvature = _split(dens, theta, x, y, temper)
    root = jnp.linalg.cholesky(curvature(w, phi))
    inverse = jax.scipy.linalg.cho_solve((root, True), jnp.eye(len(w), dtype=w.dtype))
    # the derivative of ½ log det G is that of ½ tr(A G) with A = G⁻¹ held
    of_w, of_phi = jax.grad(lambda *at: jnp.vdot(inverse, curvature(*at)) / 2, (0, 1))(w, phi)
    value, (gradient, direct) = jax.value_and_grad(log_joint, (0, 1))(w, phi)
    cross = jax.jacfwd(jax.grad(log_joint), argnums=1)(w, phi)
    slope = direct - of_phi - cross.T @ (inverse @ of_w)
    return _Measured(value - jnp.sum(jnp.log(jnp.diag(root))), slope, gradient, root, cross)


def _precision(
    dens: Density, theta: np.ndarray, at: _Measured, x: jax.Array, y: jax.Array, temper: float
) -> np.ndarray:
    """The precision of w and φ together."""
    phi = hyperparameters(dens)
    w = np.setdiff1d(np.arange(dens.size), phi)
    root, cross = np.asarray(at.root), np.asarray(at.cross)
    g = root @ root.T
    turn = np.linalg.solve(g, cross)  # how w* moves with φ

    def slope(k: int, change: float) -> np.ndarray:
        moved = theta.copy()
        moved[phi[k]] += change
        moved[w] += change * turn[:, k]
        moved = follow(dens, moved, x, y, temper)
        return np.asarray(_measure(dens, moved, x, y, temper).slope)

    bend = [(slope(k, -REACH) - slope(k, REACH)) / (2 * REACH) for k in range(len(phi))]
    values, vectors = np.linalg.eigh((np.array(bend) + np.array(bend).T) / 2)
    own = (vectors * np.maximum(values, LEAST)) @ vectors.T
    precision = np.empty((dens.size, dens.size))
    precision[np.ix_(w, w)] = g
    precision[np.ix_(w, phi)] = -cross
    precision[np.ix_(phi, w)] = -cross.T
    precision[np.ix_(phi, phi)] = own + cross.T @ turn
    return precision


def gauss_newton(dens, place, w, x, y, temper):
    """G = Σ_n J_nᵀ Λ_n J_n + the curvature of the prior, at ``place(w)``."""

    def parameters(w, row):
        return ravel_pytree(observed(dens.observation(place(w), row[None])).natural)[0]

    def weighted(row, target):
        site = observed(dens.observation(place(w), row[None]))
        flat, unravel = ravel_pytree(site.natural)

        def loss(values, target):
            fn = site._replace(natural=unravel(values)).distribution()
            return -jnp.sum(fn.log_prob(target))

        fn = site.distribution()
        hessian = jax.hessian(loss)
        if fn.is_discrete:  # logits and log rates: the same whatever y
            information = hessian(flat, target[None])
        else:  # two points with the mean and variance of y, for its expectation
            spread = jnp.sqrt(fn.variance)
            both = [hessian(flat, fn.mean + sign * spread) for sign in (1, -1)]
            information = (both[0] + both[1]) / 2
        jacobian = jax.jacrev(parameters)(w, row)
        return jacobian, information

    jacobian, information = jax.vmap(weighted)(x, y)
    rows = jnp.einsum("nqr,nrk->nqk", information, jacobian)
    size = jacobian.shape[-1]
    curvature = temper * (jacobian.reshape(-1, size).T @ rows.reshape(-1, size))

    def log_prior(w):
        return dens.terms(place(w), x[:1], y[:1])[1]

    # priors of single weights are independent of each other: a diagonal
    diagonal = -jax.jvp(jax.grad(log_prior), (w,), (jnp.ones_like(w),))[1]
    return curvature + jnp.diag(jnp.maximum(diagonal, 1e-6))
