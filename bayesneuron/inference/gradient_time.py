"""How long work over many rows will take, from the time of one gradient."""

import time

import jax
import jax.numpy as jnp
import numpy as np

from bayesneuron.network.density import density
from bayesneuron.network.model import Model
from bayesneuron.numerics.precision import double

LONG = 20_000  # rows from which the time is judged
TREE = 15  # gradients of a draw by NUTS, of usual trees


@double
def seconds_of_gradient(model: Model, x: np.ndarray, y: np.ndarray) -> float:
    """Seconds that one gradient of the log density takes, once compiled."""
    data = jnp.asarray(x), jnp.asarray(y)
    dens = density(model, *data)
    gradient, theta = jax.jit(jax.grad(dens.log_joint)), jnp.zeros(dens.size)
    jax.block_until_ready(gradient(theta, *data))  # compiles
    began = time.perf_counter()
    jax.block_until_ready(gradient(theta, *data))
    return time.perf_counter() - began


def duration(seconds: float) -> str:
    """A duration in the unit that suits it.

    Examples
    --------
    >>> duration(40.0), duration(300.0), duration(9000.0)
    ('40 s', '5 min', '2.5 h')
    """
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.2g} {unit}"
    return f"{seconds:.0f} s"
