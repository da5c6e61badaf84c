"""Learnt scales by the evidence, and the normal approximation around them.

With as many weights as observations, or more, the joint mode of weights and scales is no place to
stand: the weights fit the noise, and the scale of the noise follows them to zero. MacKay's evidence
integrates the weights w out first. With hyperparameters φ (the scales, unconstrained) and the
Gauss-Newton matrix G of -log p(y, w, φ) in w,

    log Z(φ) = log p(y, w*, φ) - ½ log det (G(w*, φ) / 2π),    w*(φ) = argmax_w log p(y, w, φ),

is climbed in φ, w* following by Gauss-Newton steps. The normal approximation is that of φ at its
optimum, and of w around w*(φ), which moves with φ by G⁻¹C, C = ∂² log p / ∂w ∂φ. Its precision:

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
from scipy.optimize import minimize

from bayesneuron.draws.information import in_noise_units
from bayesneuron.network.density import Density

STEPS = 50  # most steps in φ
NATS = 0.01  # a step in φ that gains less is the last
FAR = 7.0  # φ goes from its start: scales by a factor of a thousand
MOST = 30  # Gauss-Newton steps after each step in φ
SETTLED = 1e-6  # gain of the last, in nats per observation
TURNS = 30  # of conjugate gradients
HALVINGS = 12  # of a Gauss-Newton step
REACH = 0.1  # in φ, for differences of its slope
LEAST = 1.0  # curvature in φ: that of a half-Cauchy prior of a scale, at its mode
FAILED = 1e6  # log Z, with its sign changed, where it cannot be computed
FLAT = 1e-6  # curvature of a prior that is not convex


class EvidenceOptimum(NamedTuple):
    """Where a climb ended."""

    theta: np.ndarray
    log_evidence: float
    grad_norm: float  # of log p in w, per observation
    converged: bool


def hyperparameter_sites(dens: Density) -> tuple[str, ...]:
    """Every latent site that is not a weight: scales, of the noise and of the priors."""
    layout = dens.model.layout
    return tuple(n for n in dens.places if n not in layout.sites or n in layout.scales)


def hyperparameters(dens: Density) -> np.ndarray:
    """Places in θ of the same."""
    sites = hyperparameter_sites(dens)
    return np.concatenate([np.empty(0, int), *(dens.places[n].ravel() for n in sites)])


def climb_evidence(
    dens: Density, theta: np.ndarray, x: jax.Array, y: jax.Array, temper: float | np.ndarray = 1.0
) -> EvidenceOptimum:
    """Climb log Z from θ, by L-BFGS in φ; w follows to its own optimum."""
    phi, data = hyperparameters(dens), (x, y, temper)

    def descend(values: np.ndarray) -> tuple[float, np.ndarray]:
        nonlocal theta
        moved = theta.copy()
        moved[phi] = values
        moved = follow(dens, moved, *data)
        at = _measure(dens, moved, *data)
        value, slope = float(at.log_evidence), np.asarray(at.slope)
        if not (np.isfinite(value) and np.isfinite(slope).all()):
            return FAILED, np.zeros_like(slope)
        theta = moved
        return -value / unit, -slope / unit

    unit = 1.0
    unit = max(1.0, float(np.linalg.norm(descend(theta[phi])[1])))  # the first step is one unit
    bounds = [(v - FAR, v + FAR) for v in theta[phi]]
    options = {"maxiter": STEPS, "ftol": NATS / len(x), "gtol": NATS / unit}
    end = minimize(descend, theta[phi], jac=True, bounds=bounds, options=options)
    descend(end.x)
    at = _measure(dens, theta, *data)
    norm = float(np.linalg.norm(at.gradient)) / len(x)
    return EvidenceOptimum(theta, float(at.log_evidence), norm, bool(end.success))


def follow(
    dens: Density, theta: np.ndarray, x: jax.Array, y: jax.Array, temper: float | np.ndarray
) -> np.ndarray:
    """θ with its weights at the optimum for its φ."""
    for _ in range(MOST):
        theta, gain = (np.array(v) for v in _ascend(dens, theta, x, y, temper))
        if gain < SETTLED * len(x):
            break
    return theta


class _Split(NamedTuple):
    """w and φ, and functions of them."""

    w: jax.Array
    phi: jax.Array
    join: Callable[[jax.Array, jax.Array], jax.Array]
    log_joint: Callable[[jax.Array, jax.Array], jax.Array]
    curvature: Callable[[jax.Array, jax.Array], jax.Array]


def _split(dens: Density, theta: jax.Array, x: jax.Array, y: jax.Array, temper: Any) -> _Split:
    at_phi = hyperparameters(dens)
    at_w = np.setdiff1d(np.arange(dens.size), at_phi)

    def join(w: jax.Array, phi: jax.Array) -> jax.Array:
        return jnp.zeros(dens.size, w.dtype).at[at_w].set(w).at[at_phi].set(phi)

    def log_joint(w: jax.Array, phi: jax.Array) -> jax.Array:
        return dens.log_joint(join(w, phi), x, y, temper)

    def curvature(w: jax.Array, phi: jax.Array) -> jax.Array:
        return gauss_newton(dens, partial(join, phi=phi), w, x, y, temper)

    return _Split(theta[at_w], theta[at_phi], join, log_joint, curvature)


def gauss_newton(
    dens: Density,
    place: Callable[[jax.Array], jax.Array],
    w: jax.Array,
    x: jax.Array,
    y: jax.Array,
    temper: Any,
) -> jax.Array:
    """G = Σ_n R_nᵀ R_n and the curvature of the prior, at ``place(w)``.

    R are the derivatives of the outputs in units of their noise. Priors of single weights are
    taken to be independent: their curvature is a diagonal.
    """

    def of_row(row: jax.Array) -> jax.Array:
        at = dens.observation(place(w), row[None])
        return jax.jacrev(
            lambda moved: in_noise_units(dens.observation(place(moved), row[None]), at)
        )(w)

    def slope(w: jax.Array) -> jax.Array:
        return jax.grad(lambda v: -dens.terms(place(v), x[:1], y[:1])[1])(w)

    power = jnp.broadcast_to(jnp.asarray(temper, float), (len(x),))
    rows = (jax.vmap(of_row)(x) * jnp.sqrt(power)[:, None, None]).reshape(-1, len(w))
    prior = jax.jvp(slope, (w,), (jnp.ones_like(w),))[1]
    return rows.T @ rows + jnp.diag(jnp.maximum(prior, FLAT))


@partial(jax.jit, static_argnums=0)
def _ascend(
    dens: Density, theta: jax.Array, x: jax.Array, y: jax.Array, temper: float | np.ndarray
) -> tuple[jax.Array, jax.Array]:
    """θ after a Gauss-Newton step in w, halved until log p rises, and the gain."""
    w, phi, join, log_joint, curvature = _split(dens, theta, x, y, temper)
    before, gradient = jax.value_and_grad(log_joint)(w, phi)
    move = jax.scipy.linalg.cho_solve(jax.scipy.linalg.cho_factor(curvature(w, phi)), gradient)
    scales = jnp.append(0.5 ** jnp.arange(HALVINGS), 0.0)
    tried = jax.lax.map(lambda s: log_joint(w + s * move, phi), scales)
    tried = jnp.where(jnp.isfinite(tried), tried, -jnp.inf)
    best = jnp.argmax(tried)
    return join(w + scales[best] * move, phi), tried[best] - before


class _Measured(NamedTuple):
    log_evidence: jax.Array
    slope: jax.Array  # of log Z in φ, w following
    gradient: jax.Array  # of log p in w
    g: jax.Array
    cross: jax.Array  # C


@partial(jax.jit, static_argnums=0)
def _measure(
    dens: Density, theta: jax.Array, x: jax.Array, y: jax.Array, temper: float | np.ndarray
) -> _Measured:
    w, phi, _, log_joint, curvature = _split(dens, theta, x, y, temper)
    g = curvature(w, phi)
    root = jnp.linalg.cholesky(g)
    inverse = jax.scipy.linalg.cho_solve((root, True), jnp.eye(len(w), dtype=w.dtype))
    # the derivative of ½ log det G is that of ½ tr(A G) with A = G⁻¹ held
    of_w, of_phi = jax.grad(lambda *at: jnp.vdot(inverse, curvature(*at)) / 2, (0, 1))(w, phi)
    # one trace for value, gradients and all products with the Hessian: it compiles in less time
    (value, (gradient, direct)), push = jax.linearize(jax.value_and_grad(log_joint, (0, 1)), w, phi)
    cross = jax.vmap(lambda e: push(jnp.zeros_like(w), e)[1][0], out_axes=1)(
        jnp.eye(len(phi), dtype=w.dtype)
    )
    # w* moves with φ by the Hessian, which G is near enough to to precondition
    turned = lambda v: -push(v, jnp.zeros_like(phi))[1][0]
    nearly = inverse @ of_w
    exact, _ = jax.scipy.sparse.linalg.cg(
        turned, of_w, nearly, M=partial(jnp.matmul, inverse), maxiter=TURNS
    )
    solved = jnp.linalg.norm(turned(exact) - of_w) < 0.1 * jnp.linalg.norm(of_w)
    slope = direct - of_phi - cross.T @ jnp.where(solved, exact, nearly)
    log_det = jnp.sum(jnp.log(jnp.diag(root))) - len(w) * jnp.log(2 * jnp.pi) / 2
    return _Measured(value - log_det, slope, gradient, g, cross)


def precision_at(
    dens: Density, theta: np.ndarray, x: jax.Array, y: jax.Array, temper: float | np.ndarray = 1.0
) -> np.ndarray:
    """The precision of w and φ together, (size, size), at an optimum."""
    phi = hyperparameters(dens)
    w = np.setdiff1d(np.arange(dens.size), phi)
    at = _measure(dens, theta, x, y, temper)
    g, cross = np.asarray(at.g), np.asarray(at.cross)
    turn = np.linalg.solve(g, cross)  # how w* moves with φ

    def slope(k: int, change: float) -> np.ndarray:
        moved = theta.copy()
        moved[phi[k]] += change
        moved[w] += change * turn[:, k]
        moved = follow(dens, moved, x, y, temper)
        return np.asarray(_measure(dens, moved, x, y, temper).slope)

    bend = np.array([slope(k, -REACH) - slope(k, REACH) for k in range(len(phi))]) / (2 * REACH)
    values, vectors = np.linalg.eigh((bend + bend.T) / 2)
    own = (vectors * np.maximum(values, LEAST)) @ vectors.T
    precision = np.empty((dens.size, dens.size))
    precision[np.ix_(w, w)] = g
    precision[np.ix_(w, phi)] = -cross
    precision[np.ix_(phi, w)] = -cross.T
    precision[np.ix_(phi, phi)] = own + cross.T @ turn
    return precision
