"""The Gauss-Newton matrix of the weights in forms that fit the memory: dense, diagonal, Kronecker.

With R_n the derivatives of an observation's outputs in units of their noise, and P the curvature of
the prior, a diagonal,

- ``dense``:     G = Σ_n R_nᵀ R_n + P;
- ``diagonal``:  its diagonal;
- ``kronecker``: for each dense layer, whose derivatives are g aᵀ,
  G ≈ A ⊗ B + P, A = Σ_n a aᵀ and B = mean_n Σ g gᵀ (KFAC: Martens and Grosse, ICML 2015; Ritter,
  Botev and Barber, ICLR 2018), and nothing between layers.

In units of the prior's standard deviation P is the identity. A ⊗ B + I then has the eigenvectors of
A and B, and its root and its determinant are closed forms. Sums over observations are in blocks.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from bayesneuron.draws.information import in_noise_units
from bayesneuron.inference.dense_layers import DenseLayer, factors_of_row, grid
from bayesneuron.inference.evidence import FLAT
from bayesneuron.network.density import Density

CELLS = 2**22  # numbers in the derivatives of a block of observations
EQUAL = 1e-6  # relative difference of prior scales within a row or column

FORMS = ("dense", "diagonal", "kronecker")


class Form(NamedTuple):
    """Which form; hashable, since programs are compiled for it."""

    name: str
    layers: tuple[DenseLayer, ...] = ()


class LayerFactors(NamedTuple):
    """A and B of a layer in units of the prior's standard deviation, and the prior's precision."""

    a: jax.Array  # (weight, weight)
    b: jax.Array  # (neuron, neuron)
    prior: jax.Array  # (neuron, weight), in θ


def sum_blocks(block: Callable[[jax.Array], Any], x: jax.Array, numbers: int) -> Any:
    """Sum of ``block(rows)`` over blocks of rows; a block holds `numbers` for each of its rows."""
    step = int(np.clip(CELLS // max(numbers, 1), 1, len(x)))
    whole = len(x) // step * step
    block = jax.checkpoint(block)  # or a derivative of the sum would hold what all blocks did

    def add(total: Any, rows: jax.Array) -> tuple[Any, None]:
        return jax.tree.map(jnp.add, total, block(rows)), None

    zero = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), jax.eval_shape(block, x))
    total, _ = jax.lax.scan(add, zero, x[:whole].reshape(-1, step, *x.shape[1:]))
    return add(total, x[whole:])[0] if whole < len(x) else total


def prior_precision(
    dens: Density, theta: jax.Array, w: jax.Array, x: jax.Array, y: jax.Array
) -> jax.Array:
    """Curvature of the prior of each weight, taken to be independent, (weight,)."""

    def slope(values: jax.Array) -> jax.Array:
        negative = lambda v: -dens.terms(theta.at[w].set(v), x[:1], y[:1])[1]
        return jax.grad(negative)(values)

    at = theta[w]
    return jnp.maximum(jax.jvp(slope, (at,), (jnp.ones_like(at),))[1], FLAT)


def factors(
    dens: Density,
    form: Form,
    theta: jax.Array,
    w: jax.Array,
    x: jax.Array,
    y: jax.Array,
    temper: Any,
) -> Any:
    """What a form consists of, at θ, over the weights at the places `w`.

    Returns
    -------
    ``dense``: (weight, weight); ``diagonal``: (weight,); ``kronecker``: `LayerFactors` by layer.
    """
    prior = prior_precision(dens, theta, w, x, y)
    if form.name == "kronecker":
        return _kronecker(dens, form.layers, theta, theta.at[w].set(prior), x, temper)

    def derivatives(row: jax.Array) -> jax.Array:
        at = dens.observation(theta, row[None])
        outputs = lambda v: in_noise_units(dens.observation(theta.at[w].set(v), row[None]), at)
        return jax.jacrev(outputs)(theta[w])

    def squares(rows: jax.Array) -> jax.Array:
        return jnp.square(jax.vmap(derivatives)(rows)).sum(axis=(0, 1))

    def products(rows: jax.Array) -> jax.Array:
        r = jax.vmap(derivatives)(rows).reshape(-1, len(w))
        return r.T @ r

    numbers = _outputs(dens, theta, x) * dens.size
    if form.name == "diagonal":
        return temper * sum_blocks(squares, x, numbers) + prior
    return temper * sum_blocks(products, x, numbers) + jnp.diag(prior)


def _outputs(dens: Density, theta: jax.Array, x: jax.Array) -> int:
    of_row = lambda row: in_noise_units(dens.observation(theta, row))
    return jax.eval_shape(of_row, x[:1]).size


def _kronecker(
    dens: Density,
    layers: tuple[DenseLayer, ...],
    theta: jax.Array,
    prior: jax.Array,
    x: jax.Array,
    temper: Any,
) -> tuple[LayerFactors, ...]:
    """A and B of each layer; `prior` are precisions at their places in θ."""
    units = dens.units(theta)

    def moments(rows: jax.Array) -> Any:
        each = jax.vmap(lambda row: factors_of_row(dens, layers, theta, units, row))(rows)
        return (
            tuple(a.T @ a for a in each.a),
            tuple(jnp.einsum("noi,noj->ij", g, g) for g in each.g),
        )

    shapes = [grid(dens, layer).shape for layer in layers]
    numbers = _outputs(dens, theta, x) * (
        sum(n for n, _ in shapes) if all(layer.bias for layer in layers) else dens.size
    )
    sums = sum_blocks(moments, x, numbers + sum(k for _, k in shapes))
    done = []
    for layer, a, b in zip(layers, *sums, strict=True):
        places = grid(dens, layer)
        sd = units[places] / jnp.sqrt(prior[places])  # products of a scale by row and by column
        rows, columns = sd[:, 0] / sd[0, 0], sd[0]
        a, b = a * jnp.outer(columns, columns), b * jnp.outer(rows, rows) * temper / len(x)
        done.append(LayerFactors(a, b, prior[places]))
    return tuple(done)


def check_prior(
    dens: Density, layers: tuple[DenseLayer, ...], theta: jax.Array, x: jax.Array, y: jax.Array
) -> None:
    """Raise ValueError unless prior scales of each layer are products of one by row and column."""
    w = jnp.asarray(np.concatenate([grid(dens, layer).ravel() for layer in layers]))
    sd = np.asarray(_prior_sd(dens, theta, w, x, y))
    for layer in layers:
        own = sd[grid(dens, layer)]
        rows, columns = own[:, 0] / own[0, 0], own[0]
        if not np.allclose(np.outer(rows, columns), own, rtol=EQUAL):
            raise ValueError(
                f"structure: expected prior scales of {layer.name!r} of {dens.model.name} that "
                "are products of one by neuron and one by input for 'kronecker', got others: use "
                "structure='diagonal' or 'last_layer'"
            )


@partial(jax.jit, static_argnums=0)
def _prior_sd(
    dens: Density, theta: jax.Array, w: jax.Array, x: jax.Array, y: jax.Array
) -> jax.Array:
    precision = theta.at[w].set(prior_precision(dens, theta, w, x, y))
    return dens.units(theta) / jnp.sqrt(precision)


def half_log_det(
    dens: Density,
    form: Form,
    theta: jax.Array,
    w: jax.Array,
    x: jax.Array,
    y: jax.Array,
    temper: Any,
) -> jax.Array:
    """½ log det G, whose derivative is that of ½ tr(H G), H = G⁻¹ held."""
    parts = factors(dens, form, theta, w, x, y, temper)
    if form.name == "dense":
        return jnp.log(jnp.diag(jnp.linalg.cholesky(parts))).sum()
    if form.name == "diagonal":
        return jnp.log(parts).sum() / 2
    return sum(_half_log_det_of(part) for part in parts)  # pyright: ignore[reportReturnType]


def _half_log_det_of(part: LayerFactors) -> jax.Array:
    hold = jax.lax.stop_gradient
    a, u = jnp.linalg.eigh(hold(part.a))
    b, v = jnp.linalg.eigh(hold(part.b))
    a, b = jnp.maximum(a, 0.0), jnp.maximum(b, 0.0)
    inverse = 1 / (1 + b[:, None] * a)
    of_a = u * (b @ inverse) @ u.T
    of_b = v * (inverse @ a) @ v.T
    slope = jnp.vdot(of_a, part.a) + jnp.vdot(of_b, part.b)  # log det varies as this does
    value = jnp.log1p(b[:, None] * a).sum()
    return (value + slope - hold(slope) + jnp.log(part.prior).sum()) / 2


factors_at = jax.jit(factors, static_argnums=(0, 1))  # `factors`, compiled
