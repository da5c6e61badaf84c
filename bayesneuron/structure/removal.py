"""What the network loses when one neuron is taken out of it.

Neuron i is removed by its outgoing weights alone: with rows v_j of what the layer's neurons send,

    v_j ← v_j + β_ij v_i,   next bias ← bias + κ_i v_i,   β_ii = -1,

so that it sends nothing, and the others what they take over of it (β_ij, zero if plainly removed).
Shapes stay, and one compiled program removes every neuron in turn from every draw. Sites that the
model derives from free ones (orthonormal weights) are set directly: the network without the
neuron is evaluated as it is, not mapped back to orthonormality.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from bayesneuron.network.layout import Layout
from bayesneuron.network.model import Model
from bayesneuron.network.rows import neurons_back, neurons_first
from bayesneuron.network.tracing import run
from bayesneuron.network.width import at_once
from bayesneuron.numerics.display import html, show

_BATCH = 32  # networks evaluated at once: bounds memory


@dataclass(frozen=True)
class Removal:
    """Change of the log density of the observations when one neuron is removed.

    Attributes
    ----------
    layer : str
    expected : ndarray, shape (neuron, observation)
        Mean over draws of log p(y_t | w without i) - log p(y_t | w).
    pointwise : ndarray, shape (neuron, observation)
        Change of log E p(y_t | w), the log predictive density: the terms of an elpd difference.

    Notes
    -----
    Negative where the network predicts less well without the neuron.

    Examples
    --------
    >>> removal = Removal("hidden", np.full((2, 5), -0.1), np.full((2, 5), -0.2))
    >>> removal.change.round(6).tolist(), removal.elpd.tolist()
    ([-0.5, -0.5], [-1.0, -1.0])
    """

    layer: str
    expected: np.ndarray
    pointwise: np.ndarray

    @property
    def change(self) -> np.ndarray:
        """Expected change of the log density of all observations, (neuron,)."""
        return self.expected.sum(axis=1)

    @property
    def elpd(self) -> np.ndarray:
        """Change of the log predictive density, summed over observations, (neuron,)."""
        return self.pointwise.sum(axis=1)

    @property
    def se(self) -> np.ndarray:
        """Standard error of `elpd` over N independent observations, (N var)^½, (neuron,)."""
        return np.sqrt(self.pointwise.shape[1] * self.pointwise.var(axis=1))

    def table(self) -> pd.DataFrame:
        """One row per neuron: `elpd` with its standard error, and `change`."""
        names = [f"{self.layer}[{i}]" for i in range(len(self.expected))]
        columns = {"elpd": self.elpd, "se": self.se, "change": self.change}
        return pd.DataFrame(columns, index=pd.Index(names, name="neuron"))

    def __repr__(self) -> str:
        return show(self._head(), self.table())

    def _repr_html_(self) -> str:
        return html(self._head(), self.table())

    def _head(self) -> str:
        n, observations = self.expected.shape
        return (
            f"Change of the log density of {observations} observations without each of {n} "
            f"neurons of {self.layer!r}"
        )


def remove_each(
    model: Model,
    sites: Mapping[str, np.ndarray],
    layer: str,
    x: np.ndarray,
    y: np.ndarray,
    *,
    coefficients: np.ndarray,
    remainder: np.ndarray,
) -> Removal:
    """Score the network without each neuron of `layer`, on average over draws.

    Parameters
    ----------
    model : Model
    sites : mapping of str to ndarray, shape (draw, ...)
        Every latent site and every site of the layout.
    layer : str
    x, y : ndarray
        Checked data.
    coefficients : ndarray, shape (draw, n, n)
        β without its diagonal: what neuron j (third axis) takes over of i; zeros to remove plainly.
    remainder : ndarray, shape (draw, n)
        κ, what remains of i as a constant; zeros where no bias can absorb it.

    Returns
    -------
    Removal
    """
    count, n = remainder.shape
    beta = np.zeros((count, n + 1, n))  # the last network is the full one
    beta[:, :n] = coefficients
    beta[:, np.arange(n), np.arange(n)] = -1.0
    kappa = np.pad(remainder, ((0, 0), (0, 1)))
    weights = {k: jnp.asarray(v) for k, v in sites.items()}
    data = (jnp.asarray(beta), jnp.asarray(kappa), jnp.asarray(x), jnp.asarray(y))
    total, log_sum = (
        np.asarray(v) for v in _score(model, at_once(model, x, _BATCH), layer, weights, *data)
    )
    return Removal(layer, (total[:n] - total[n]) / count, log_sum[:n] - log_sum[n])


@partial(jax.jit, static_argnums=(0, 1, 2))
def _score(
    model: Model,
    together: int,
    layer: str,
    sites: dict[str, jax.Array],
    beta: jax.Array,
    kappa: jax.Array,
    x: jax.Array,
    y: jax.Array,
) -> tuple[jax.Array, jax.Array]:
    """Sum over draws of log p, and log of the sum of p, both (n + 1, observation)."""
    who = jnp.append(jnp.arange(beta.shape[2]), 0)

    def log_density(values: dict[str, jax.Array]) -> jax.Array:
        return run(model, values, x)["y"]["fn"].log_prob(y).reshape(len(x), -1).sum(-1)

    def step(carry: tuple[jax.Array, jax.Array], draw: tuple) -> tuple[tuple, None]:
        values, *changes = draw
        total, log_sum = carry
        one = lambda change: log_density(_without(model.layout, values, layer, *change))
        densities = jax.lax.map(one, (who, *changes), batch_size=together)
        return (total + densities, jnp.logaddexp(log_sum, densities)), None

    zero = jnp.zeros((len(who), len(x)))
    return jax.lax.scan(step, (zero, zero - jnp.inf), (sites, beta, kappa))[0]


def _without(
    layout: Layout,
    sites: dict[str, jax.Array],
    layer: str,
    who: jax.Array,
    beta: jax.Array,
    kappa: jax.Array,
) -> dict[str, jax.Array]:
    """One network without neuron `who`, what it sent spread by `beta`, (n,), and `kappa`."""
    changed = dict(sites)
    for axis in layout.weight_axes(layer, "outgoing"):
        rows = neurons_first(sites[axis.site], axis.axis, lead=0)
        sent = rows[who]
        moved = rows + beta.reshape(-1, *(1,) * sent.ndim) * sent
        changed[axis.site] = neurons_back(moved, axis.axis, lead=0)
        bias = layout.bias(layout.receiver(axis.site))
        if bias is not None and layout.receiver(axis.site) != layer:
            changed[bias] = changed[bias] + kappa * sent
    return changed
