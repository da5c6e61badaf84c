"""Which optima are copies of each other, and which are different networks.

Copies under a symmetry have one log joint and one function, so no alignment is needed to tell:
two optima are copies where their log joints agree, and their outputs too, on the data and on
inputs outside of them. Outputs on the data alone would not do: two networks that fit the same few
rows may differ everywhere else.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from bayesneuron.network.density import Density
from bayesneuron.network.tracing import run
from bayesneuron.numerics.lanes import map_lanes

ROWS = 60  # most rows of the data that outputs are compared on
DRAWN = 20  # inputs drawn around the data
STRETCH = 2.0  # how far outside the data probes lie


class Tolerance(NamedTuple):
    """How much copies may differ."""

    log_joint: float  # nats
    output: float  # root mean square, in standard deviations of the outputs


SETTLED = Tolerance(0.01, 0.01)
COARSE = Tolerance(0.5, 0.05)  # where Newton steps have not been taken, or did not end


def probes(x: np.ndarray) -> np.ndarray:
    """Inputs at which functions are compared: rows of `x`, stretched, and normal draws around them.

    Examples
    --------
    >>> probes(np.arange(3.0)[:, None]).shape, probes(np.arange(3.0)[:, None])[3:6].ravel().tolist()
    ((26, 1), [-1.0, 1.0, 3.0])
    """
    x = np.asarray(x, float)
    rows = x[np.linspace(0, len(x) - 1, min(len(x), ROWS)).round().astype(int)]
    centre, spread = x.mean(axis=0), x.std(axis=0)
    noise = np.random.default_rng(0).normal(size=(DRAWN, x.shape[1]))
    return np.concatenate(
        [rows, centre + STRETCH * (rows - centre), centre + STRETCH * spread * noise]
    )


def outputs(dens: Density, theta: Any, x: Any) -> np.ndarray:
    """The networks' outputs at the probes of data `x`, (network, number)."""
    shared = (jnp.asarray(probes(np.asarray(x))),)
    mean = map_lanes(partial(_outputs, dens), np.asarray(theta), shared=shared, lanes=16)
    return np.asarray(mean).reshape(len(theta), -1)


@partial(jax.jit, static_argnums=0)
def _outputs(dens: Density, theta: jax.Array, x: jax.Array) -> jax.Array:
    return jax.vmap(lambda one: run(dens.model, dens.constrain(one), x)["mean"]["value"])(theta)


def copies(
    log_joint: np.ndarray,
    functions: np.ndarray,
    converged: np.ndarray,
    *,
    settled: Tolerance = SETTLED,
    coarse: Tolerance = COARSE,
) -> list[np.ndarray]:
    """Group optima into copies of one another, the highest group and member first.

    Parameters
    ----------
    log_joint : ndarray, shape (optimum,)
        In nats.
    functions : ndarray, shape (optimum, number)
        Outputs at probes, see `outputs`.
    converged : ndarray of bool, shape (optimum,)
        Two that converged are compared to `settled`, others to `coarse`.

    Returns
    -------
    list of ndarray of int
        Places of the members of each group.

    Examples
    --------
    >>> heights = np.array([-1.0, -5.0, -1.0, -1.0])
    >>> functions = np.array([[0.0, 1.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    >>> [group.tolist() for group in copies(heights, functions, np.ones(4, bool))]
    [[0, 3], [2], [1]]
    """
    spread = functions.std(axis=1).mean() + 1e-6 * (1 + np.abs(functions).mean())
    groups: list[list[int]] = []
    for i in np.argsort(-np.asarray(log_joint), kind="stable"):
        for group in groups:
            first = group[0]
            limit = settled if converged[i] and converged[first] else coarse
            apart = np.sqrt(np.mean((functions[i] - functions[first]) ** 2)) / spread
            if log_joint[first] - log_joint[i] <= limit.log_joint and apart <= limit.output:
                group.append(int(i))
                break
        else:
            groups.append([int(i)])
    return [np.array(group) for group in groups]
