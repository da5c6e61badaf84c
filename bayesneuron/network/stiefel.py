"""Matrices with orthonormal rows (or columns), uniformly distributed: the Stiefel manifold.

An orthonormal matrix W is written as the polar factor of a free matrix Z, so that samplers
and optimisers work on plain numbers. Any distribution of Z that is invariant to rotations
on both sides makes W uniform. The usual Gaussian has its mode at Z = 0, where W is
undefined, which breaks MAP and Laplace; here Z has density

    p(Z) ∝ |Z Zᵀ|^a exp(-a tr(Z Zᵀ)),

whose mode is the manifold Z Zᵀ = I itself. Its Gram matrix is Wishart(n + 2a, I / 2a), so it
can be sampled and normalised exactly.

References
----------
Y. Chikuse, Statistics on Special Manifolds, Springer 2003, theorem 2.4.3 (polar
decomposition of an invariant random matrix); Jauch, Hoff, Dunson, "Monte Carlo simulation on
the Stiefel manifold via polar expansion", JCGS 2021.
"""

import jax
import jax.numpy as jnp
import numpyro.distributions as dist
from jax.scipy.special import multigammaln
from numpyro.distributions import constraints


@jax.custom_jvp
def inverse_sqrt(a: jax.Array) -> jax.Array:
    """A^(-1/2) of a symmetric positive definite matrix, differentiable at equal eigenvalues."""
    values, vectors = jnp.linalg.eigh(a)
    return (vectors / jnp.sqrt(values)) @ vectors.T


@inverse_sqrt.defjvp
def _inverse_sqrt_jvp(
    primals: tuple[jax.Array], tangents: tuple[jax.Array]
) -> tuple[jax.Array, jax.Array]:
    # The derivative of eigh is singular at equal eigenvalues, and at the mode all are 1.
    # d(A^(1/2)) = X solves the Sylvester equation S X + X S = dA, which is not.
    (a,), (da,) = primals, tangents
    r = inverse_sqrt(a)
    s, eye = a @ r, jnp.eye(a.shape[0], dtype=a.dtype)
    x = jnp.linalg.solve(jnp.kron(s, eye) + jnp.kron(eye, s), da.reshape(-1)).reshape(a.shape)
    return r, -r @ x @ r


def polar(z: jax.Array) -> jax.Array:
    """The orthonormal matrix closest to `z`, (Z Zᵀ)^(-1/2) Z; rows orthonormal if it is wide.

    The map commutes with permutations and sign flips of rows and columns, so a symmetry of
    the neurons acts on Z exactly as it acts on W.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> polar(jnp.array([[3.0, 0.0, 0.0], [0.0, 0.5, 0.0]])).round(3).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    """
    if z.shape[0] > z.shape[1]:
        return polar(z.T).T
    return inverse_sqrt(z @ z.T) @ z


class StiefelAmbient(dist.Distribution):
    """The free matrix Z of shape (rows, columns) whose polar factor is uniform.

    Parameters
    ----------
    rows, columns : int
        Shape of Z.
    concentration : float
        a above: the singular values of Z have standard deviation near 1 / sqrt(4a) about 1.

    Examples
    --------
    >>> import jax
    >>> z = StiefelAmbient(2, 5).sample(jax.random.key(0), (3,))
    >>> z.shape
    (3, 2, 5)
    """

    support = constraints.real_matrix  # pyright: ignore
    arg_constraints = {}  # noqa: RUF012 (numpyro reads it as a class attribute)

    def __init__(
        self,
        rows: int,
        columns: int,
        concentration: float = 25.0,
        *,
        validate_args: bool | None = None,
    ) -> None:
        self.rows, self.columns, self.concentration = rows, columns, concentration
        super().__init__((), (rows, columns), validate_args=validate_args)

    def sample(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, key: jax.Array, sample_shape: tuple[int, ...] = ()
    ) -> jax.Array:
        """Draw Z = L Q with L Lᵀ Wishart and Q uniform."""
        m, n = sorted((self.rows, self.columns))
        key_q, key_g = jax.random.split(key)
        gauss = jax.random.normal(key_q, (*sample_shape, m, n))
        q = jax.vmap(polar)(gauss.reshape(-1, m, n)).reshape(gauss.shape)
        gram = dist.WishartCholesky(
            n + 2 * self.concentration, scale_tril=jnp.eye(m) / (2 * self.concentration) ** 0.5
        )
        z = gram.sample(key_g, sample_shape) @ q
        return z if self.rows <= self.columns else jnp.swapaxes(z, -1, -2)

    def log_prob(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, value: jax.Array
    ) -> jax.Array:
        """Log density of Z, normalised."""
        z = value if self.rows <= self.columns else jnp.swapaxes(value, -1, -2)
        (m, n), a = z.shape[-2:], self.concentration
        gram = z @ jnp.swapaxes(z, -1, -2)
        freedom = n + 2 * a
        constant = (
            0.5 * m * freedom * jnp.log(a)
            - multigammaln(freedom / 2, m)
            + multigammaln(n / 2, m)
            - 0.5 * m * n * jnp.log(jnp.pi)
        )
        trace = jnp.trace(gram, axis1=-2, axis2=-1)
        return a * jnp.linalg.slogdet(gram)[1] - a * trace + constant
