"""What of a neuron's weights the data determine: the linear algebra, for one draw.

Weights are in units of their prior standard deviation, and R (row, weight) is the Jacobian of the
outputs in units of their noise (`bayesneuron.draws.information`). A = RᵀR is then the information
of the data, I that of the prior, and C = (I + A)⁻¹ the covariance of the weights in the network
linearised at the draw. Of the prior variance of neuron i's weights the data remove

    Γ = I - (I + A_ii)⁻¹   if all other weights stay as they are,
    Γ' = I - C_ii          if the others move along as the data and the prior suggest.

The eigenvalues of Γ are λ / (1 + λ), λ those of A_ii: the share of each direction that the data
determine, and its trace is MacKay's effective number of parameters. Γ' ≤ Γ, since moving others
can only undo what moving the neuron does. Hence I = Γ' + (Γ - Γ') + (I - Γ) has three positive
parts: identified, compensable and free.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

FLAT = 1e-10  # of the largest eigenvalue of A_ii: at or below it, the outputs do not move at all


class Group(NamedTuple):
    """Where the weights of one layer's neurons are among all weights.

    places : (neuron, k)
    whole : (weight of the layer,)
    rest : (weight of no neuron of the layer,)
    owner : (weight,)
        The neuron of the layer that each weight belongs to, the one it enters first; the number
        of neurons where none.
    """

    places: jax.Array
    whole: jax.Array
    rest: jax.Array
    owner: jax.Array


class Shares(NamedTuple):
    """What the data determine of one layer's neurons at one draw.

    conditional, marginal : (neuron, k, k)
        Γ and Γ'.
    roots : (3, neuron, k, k)
        P^½ for P = Γ', Γ - Γ', I - Γ.
    null : (neuron, k, k)
        Projector on the null space of R_i.
    trade : (neuron, neuron + 1)
        tr(Γ - Γ') of each neuron by the neuron that undoes it; in the last column what weights
        of no neuron of the layer undo.
    together_marginal, together_conditional : (weight of the layer, weight of the layer)
        Γ' and Γ of the whole layer as one vector.
    """

    conditional: jax.Array
    marginal: jax.Array
    roots: jax.Array
    null: jax.Array
    trade: jax.Array
    together_marginal: jax.Array
    together_conditional: jax.Array


class Split(NamedTuple):
    """Shares of one draw, or summed over draws, and the draw's deviation δ split by them.

    conditional, marginal, trade
        As in `Shares`.
    moments : (3, neuron, k, k)
        P^½ δ δᵀ P^½ for P = Γ', Γ - Γ', I - Γ: their traces sum to the squared length of δ.
    flat : (neuron,)
        Squared length of δ in the null space of R_i.
    together : (5,)
        Of the whole layer at once: tr Γ', tr Γ, δᵀΓ'δ, δᵀΓδ, δᵀδ.
    """

    conditional: jax.Array
    marginal: jax.Array
    trade: jax.Array
    moments: jax.Array
    flat: jax.Array
    together: jax.Array


def posterior_cov(rows: jax.Array) -> jax.Array:
    """C = (I + RᵀR)⁻¹, through the smaller of both sides."""
    count, size = rows.shape
    if count < size:
        inner = jnp.eye(count) + rows @ rows.T
        return jnp.eye(size) - rows.T @ _solve(inner, rows)
    return _solve(jnp.eye(size) + rows.T @ rows, jnp.eye(size))


def shares(rows: jax.Array, cov: jax.Array, group: Group) -> Shares:
    """What the data determine of one layer's neurons.

    Parameters
    ----------
    rows : array, shape (row, weight)
        R.
    cov : array, shape (weight, weight)
        C of these rows.
    group : Group

    Examples
    --------
    >>> index = jnp.array([[0], [1]])
    >>> group = Group(index, index.ravel(), jnp.zeros(0, int), jnp.array([0, 1]))
    >>> copies = jnp.array([[3.0, 3.0]])                   # two weights that do the same
    >>> result = shares(copies, posterior_cov(copies), group)
    >>> [round(float(values[0, 0, 0]), 2) for values in (result.conditional, result.marginal)]
    [0.9, 0.47]
    """
    k = group.places.shape[1]
    mine = rows[:, group.places]  # (row, neuron, k)
    information = jnp.einsum("rni,rnj->nij", mine, mine)
    alone = jnp.linalg.inv(jnp.eye(k) + information)
    own = cov[group.places[:, :, None], group.places[:, None, :]]
    values, vectors = jnp.linalg.eigh(information)
    still = values <= FLAT * jnp.maximum(values[:, -1:], 1.0)
    whole = cov[jnp.ix_(group.whole, group.whole)]
    fixed = _given(whole, rows, cov, group)
    return Shares(
        conditional=jnp.eye(k) - alone,
        marginal=jnp.eye(k) - own,
        roots=_root(jnp.stack([jnp.eye(k) - own, own - alone, alone])),
        null=jnp.einsum("nij,nj,nlj->nil", vectors, still.astype(float), vectors),
        trade=_trade(rows, mine, cov, alone, group),
        together_marginal=jnp.eye(len(whole)) - whole,
        together_conditional=jnp.eye(len(whole)) - fixed,
    )


def split(measured: Shares, deviation: jax.Array, group: Group) -> Split:
    """Split one draw's deviation from the mean, shape (weight,), in prior units."""
    delta = deviation[group.places]
    parts = jnp.einsum("pnij,nj->pni", measured.roots, delta)
    layer = deviation[group.whole]
    operators = measured.together_marginal, measured.together_conditional
    together = [jnp.trace(m) for m in operators] + [layer @ m @ layer for m in operators]
    return Split(
        conditional=measured.conditional,
        marginal=measured.marginal,
        trade=measured.trade,
        moments=parts[..., :, None] * parts[..., None, :],
        flat=jnp.einsum("ni,nij,nj->n", delta, measured.null, delta),
        together=jnp.stack([*together, layer @ layer]),
    )


def _solve(matrix: jax.Array, right: jax.Array) -> jax.Array:
    return jax.scipy.linalg.cho_solve(jax.scipy.linalg.cho_factor(matrix), right)


def _root(matrix: jax.Array) -> jax.Array:
    """Symmetric square root; eigenvalues below zero are rounding."""
    values, vectors = jnp.linalg.eigh(matrix)
    scaled = vectors * jnp.sqrt(jnp.maximum(values, 0.0))[..., None, :]
    return scaled @ jnp.swapaxes(vectors, -1, -2)


def _given(whole: jax.Array, rows: jax.Array, cov: jax.Array, group: Group) -> jax.Array:
    """Covariance of the layer's weights given all others, through the smaller of both sides."""
    if len(group.rest) >= len(whole):
        return posterior_cov(rows[:, group.whole])
    if not len(group.rest):
        return whole
    across = cov[jnp.ix_(group.rest, group.whole)]
    return whole - across.T @ _solve(cov[jnp.ix_(group.rest, group.rest)], across)


def _trade(
    rows: jax.Array, mine: jax.Array, cov: jax.Array, alone: jax.Array, group: Group
) -> jax.Array:
    """Who undoes what: Γ - Γ' = C_ii - (I + A_ii)⁻¹ = -(I + A_ii)⁻¹ Σ_p A_ip C_pi, p not in i."""
    n = len(group.places)
    response = jnp.einsum("nij,rnj->nir", alone, mine) @ rows
    each = -(response * cov[group.places]).sum(axis=1)  # (neuron, weight)
    each = each.at[jnp.arange(n)[:, None], group.places].set(0.0)
    return jax.ops.segment_sum(each.T, group.owner, n + 1).T
