"""Curvature of the negative log density at an optimum."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from bayesneuron.network.density import Density

_ROWS = 32  # rows of a Hessian computed at once


@partial(jax.jit, static_argnums=0)
def hessian(
    dens: Density, theta: jax.Array, x: jax.Array, y: jax.Array, temper: jax.Array | float = 1.0
) -> jax.Array:
    """H = -∂² log p(θ) / ∂θ², shape (size, size), a block of rows at a time."""

    def gradient(t: jax.Array) -> jax.Array:
        return jax.grad(lambda u: -dens.log_joint(u, x, y, temper))(t)

    def row(direction: jax.Array) -> jax.Array:
        return jax.jvp(gradient, (theta,), (direction,))[1]

    h = jax.lax.map(row, jnp.eye(dens.size, dtype=theta.dtype), batch_size=_ROWS)
    return (h + h.T) / 2


@partial(jax.jit, static_argnums=0)
def scores(dens: Density, theta: jax.Array, x: jax.Array, y: jax.Array) -> jax.Array:
    """Gradient of each observation's log likelihood at θ, shape (observation, size)."""

    def one(row: tuple[jax.Array, jax.Array]) -> jax.Array:
        single = row[0][None], row[1][None]
        return jax.grad(lambda t: dens.terms(t, *single)[0][0])(theta)

    return jax.lax.map(one, (x, y), batch_size=_ROWS)


FLOOR = 1e-2  # least curvature to whiten by; that of a direction only a wide prior holds


RELATIVE = 1e-10  # of the largest eigenvalue, at or below which a direction is singular


class Root(NamedTuple):
    """L with L Lᵀ = H⁻¹, log det H, and the number of directions that had to be raised."""

    root: np.ndarray
    log_det: float
    raised: int


def inverse_root(h: np.ndarray, floor: float = 0.0) -> Root:
    """A root of H⁻¹, whatever the units of the parameters.

    H is scaled by its diagonal before its eigenvalues are looked at: with inputs in units of
    10⁻⁴ and 10⁴ a positive H has eigenvalues that are lost in rounding. Directions that are not
    positive then, or whose curvature is below `floor`, are raised to that of a wide prior.

    Examples
    --------
    >>> root, log_det, raised = inverse_root(np.diag([1e-12, 1e12]))
    >>> np.diag(root @ root.T).tolist(), raised
    ([1000000000000.0, 1e-12], 0)
    """
    diagonal = np.abs(np.diag(h))
    scale = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    values, vectors = np.linalg.eigh(h / np.outer(scale, scale))
    directions = vectors / scale[:, None]
    squares = (directions**2).sum(axis=0)  # curvature along one is its eigenvalue over this
    low = values <= RELATIVE * np.abs(values).max(initial=0.0)
    low |= values < floor * squares
    values = np.where(low, FLOOR * squares, values)
    log_det = float(np.log(values).sum() + 2 * np.log(scale).sum())
    return Root(directions / np.sqrt(values), log_det, int(low.sum()))


def blocks_of(dens: Density, mass: str) -> dict[str, np.ndarray]:
    """Positions in θ of each block of a mass matrix; ``block``: one block per receiving layer."""
    if mass != "block":
        return {"all": np.arange(dens.size)}
    layout, places = dens.model.layout, {}
    for site, index in dens.places.items():
        name = layout.receiver(site) if site in layout.sites else "other"
        places.setdefault(name, []).append(index.ravel())
    return {name: np.concatenate(parts) for name, parts in places.items()}


def inverse_roots(
    h: np.ndarray, blocks: dict[str, np.ndarray], *, diagonal: bool, floor: float
) -> dict[str, np.ndarray]:
    """L with L Lᵀ = H⁻¹ for each diagonal block of H (a vector for a diagonal one)."""
    if diagonal:
        return {k: 1 / np.sqrt(np.maximum(np.diag(h)[i], floor)) for k, i in blocks.items()}
    roots = {}
    for name, index in blocks.items():
        roots[name] = inverse_root(h[np.ix_(index, index)], floor).root
    return roots
