"""The normal at a mode: by the full curvature, or by a structure that fits the memory."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from threadpoolctl import threadpool_limits

from bayesneuron.inference.around import around
from bayesneuron.inference.curvature import hessian, inverse_root, scores
from bayesneuron.inference.evidence import precision_at
from bayesneuron.inference.structures import Structure
from bayesneuron.network.density import Density


class Mode(NamedTuple):
    """Where the normal approximation lies."""

    theta: np.ndarray
    grad_norm: float
    converged: bool
    details: dict[str, float]

    @property
    def by_evidence(self) -> bool:
        """Whether the scales are those of highest evidence."""
        return "log_evidence" in self.details


def kept_mode(
    theta: np.ndarray,
    grad_norm: np.ndarray,
    converged: np.ndarray,
    details: Mapping[str, np.ndarray] | None = None,
) -> Mode:
    """A mode from arrays in which a file has it."""
    values = {name: value.item() for name, value in (details or {}).items()}
    return Mode(theta, grad_norm.item(), converged.item(), values)


class Normal(NamedTuple):
    """The normal at a mode: θ of standard normal vectors of so many directions."""

    draws: Callable[[np.ndarray], np.ndarray]
    directions: int
    log_det: float
    singular: int
    gain: float = np.inf  # nats that a Newton step would still gain


def full_normal(
    dens: Density,
    mode: Mode,
    x: jax.Array,
    y: jax.Array,
    temper: float | np.ndarray,
    covariance: str,
    bandwidth: int | None,
) -> Normal:
    """All free numbers together: by the Hessian, or the curvature of the evidence."""
    if mode.by_evidence:
        with threadpool_limits(1, user_api="blas"):
            precision = precision_at(dens, mode.theta, x, y, temper)
    else:
        precision = np.asarray(hessian(dens, jnp.asarray(mode.theta), x, y, temper))
    root, log_det, singular = inverse_root(precision)
    if covariance != "hessian":
        g = temper * np.asarray(scores(dens, jnp.asarray(mode.theta), x, y))
        root = root @ root.T @ _score_root(g, covariance, bandwidth)
    return Normal(lambda z: mode.theta + z @ root.T, root.shape[1], log_det, singular)


def structured_normal(
    dens: Density, shape: Structure, mode: Mode, x: jax.Array, y: jax.Array, temper: Any
) -> Normal:
    """Weights by the Gauss-Newton matrix in some form, the scales beside them."""
    normal = around(
        dens, shape.form, mode.theta, shape.w, shape.phi, x, y, temper, evidence=mode.by_evidence
    )
    size = len(shape.w) + len(shape.phi)
    return Normal(normal.draws, size, normal.log_det, normal.raised, normal.gain)


def _score_root(g: np.ndarray, covariance: str, bandwidth: int | None) -> np.ndarray:
    """A root of G, (size, size), from the scores (observation, size)."""
    if covariance == "sandwich":
        bandwidth = 0
    from arch.covariance.kernel import Bartlett

    long_run = np.asarray(Bartlett(g, bandwidth=bandwidth, center=True).cov.long_run)
    values, vectors = np.linalg.eigh(long_run * len(g))
    return vectors * np.sqrt(np.maximum(values, 0.0))
