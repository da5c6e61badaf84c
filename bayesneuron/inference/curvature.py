"""Curvature of the negative log density at an optimum."""

from functools import partial

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


def positive(h: np.ndarray, floor: float) -> tuple[np.ndarray, np.ndarray, int]:
    """Eigenvalues with those below `floor` raised, eigenvectors, and how many were raised.

    They are raised to the curvature of a wide prior, not to the floor, which may be so low that
    a draw in that direction would overflow.
    """
    values, vectors = np.linalg.eigh(h)
    low = values < floor
    return np.where(low, max(floor, FLOOR), values), vectors, int(low.sum())


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
        values, vectors, _ = positive(h[np.ix_(index, index)], floor)
        roots[name] = vectors / np.sqrt(values)
    return roots
