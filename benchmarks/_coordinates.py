"""Other coordinates for NUTS on a two-layer network of one gaussian output.

Both classes stand in for a `Density` in `sample_chains`: they have a size and a log density.
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from bayesneuron.network.density import Density

OUTER = ("output_weight", "output_bias")


@dataclass(frozen=True)
class Centred:
    """The output bias b replaced by b + Σ_j v_j mean_t h_j(x_t), the mean output over the data.

    A shear: its Jacobian is one, and a saturated neuron no longer trades with the bias.
    """

    base: Density

    @property
    def size(self) -> int:
        return self.base.size

    def log_joint(
        self, u: jax.Array, x: jax.Array, y: jax.Array, weights: float = 1.0
    ) -> jax.Array:
        return self.base.log_joint(self.theta(u, x), x, y, weights)

    def theta(self, u: jax.Array, x: jax.Array, sign: float = -1.0) -> jax.Array:
        """θ of the coordinates u; with `sign` 1, the coordinates of θ."""
        free = self.base.unravel(u)
        h = jnp.tanh(x @ free["hidden_weight"].T + free["hidden_bias"])
        shift = free["output_weight"] @ h.mean(axis=0)
        return u.at[self.base.places["output_bias"]].add(sign * shift)


@dataclass(frozen=True)
class Collapsed:
    """Output weights and bias integrated out: hidden weights, hidden biases and noise are left."""

    base: Density

    @property
    def kept(self) -> np.ndarray:
        outer = np.concatenate([self.base.places[name].ravel() for name in OUTER])
        return np.setdiff1d(np.arange(self.base.size), outer)

    @property
    def size(self) -> int:
        return len(self.kept)

    def log_joint(
        self, u: jax.Array, x: jax.Array, y: jax.Array, weights: float = 1.0
    ) -> jax.Array:
        del weights
        design, sd, precision, root, mean = self._regression(u, x, y)
        rest = y[:, 0] - design @ mean
        quadratic = rest @ rest / sd**2 + mean @ (precision * mean)
        log_det = 2 * len(y) * jnp.log(sd) + 2 * jnp.log(jnp.diag(root)).sum()
        return self.base.terms(self._place(u), x[:1], y[:1])[1] - 0.5 * (quadratic + log_det)

    def theta(self, u: jax.Array, x: jax.Array, y: jax.Array, key: jax.Array) -> jax.Array:
        """θ with the output weights and bias drawn from their distribution given u."""
        *_, root, mean = self._regression(u, x, y)
        noise = jax.random.normal(key, mean.shape, mean.dtype)
        outer = mean + jax.scipy.linalg.solve_triangular(root.T, noise, lower=False)
        places = np.concatenate([self.base.places[name].ravel() for name in OUTER])
        return self._place(u).at[places].set(outer)

    def _place(self, u: jax.Array) -> jax.Array:
        return jnp.zeros(self.base.size, u.dtype).at[self.kept].set(u)

    def _regression(self, u: jax.Array, x: jax.Array, y: jax.Array) -> tuple[jax.Array, ...]:
        """Design, noise, prior precision, Cholesky factor of the precision, and mean."""
        free = self.base.constrain(self._place(u))
        h = jnp.tanh(x @ free["hidden_weight"].T + free["hidden_bias"])
        design = jnp.concatenate([h, jnp.ones((len(x), 1), h.dtype)], axis=1)
        precision = jnp.append(jnp.full(h.shape[1], float(h.shape[1]), h.dtype), 1.0)
        sd = free["noise"]
        root = jnp.linalg.cholesky(design.T @ design / sd**2 + jnp.diag(precision))
        mean = jax.scipy.linalg.cho_solve((root, True), design.T @ y[:, 0] / sd**2)
        return design, sd, precision, root, mean


@partial(jax.jit, static_argnums=0)
def loss(dens: Centred | Collapsed, u: jax.Array, x: jax.Array, y: jax.Array) -> tuple:
    """Negative log density and its gradient."""
    return jax.value_and_grad(lambda v: -dens.log_joint(v, x, y))(u)
