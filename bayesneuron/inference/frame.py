"""Where a variational family starts, and the coordinates it is fitted in.

θ = centre + R z. Where the prior learns a scale for each neuron, the centre matters: a joint mode
of weights and scales switches no neuron off, and neither does a family that starts there. With the
weights integrated out, scales of neurons that are not needed fall to where their prior has them.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from threadpoolctl import threadpool_limits

from bayesneuron.inference.curvature import FLOOR, hessian, inverse_root
from bayesneuron.inference.evidence import precision_at
from bayesneuron.inference.families import blocks_of_family
from bayesneuron.inference.scales import highest_evidence, starts_at_evidence
from bayesneuron.inference.starts import find_optima
from bayesneuron.network.density import Density
from bayesneuron.numerics.progress import progress


class Frame(NamedTuple):
    """θ = centre + R z: R by block name, (block, k, k), and log |det R|."""

    centre: jax.Array
    roots: dict[str, jax.Array]
    log_det: jax.Array


def centre_of(
    dens: Density, x: jax.Array, y: jax.Array, *, starts: int, seed: int, temper: float | np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Where the family starts, and the precision there.

    At the best optimum, or at the scales of highest evidence where `starts_at_evidence` says so.
    """
    if starts_at_evidence(dens, x, method="svi"):
        top = highest_evidence(dens, x, y, starts=starts, seed=seed, temper=temper, label="SVI")
        with threadpool_limits(1, user_api="blas"):
            return top.theta, precision_at(dens, top.theta, x, y, temper)
    with progress("optima", starts + 1) as advance:
        optimum = find_optima(
            dens, x, y, starts=starts, keep=1, seed=seed, temper=temper, advance=advance
        )
    theta = np.asarray(optimum.theta[0])
    return theta, np.asarray(hessian(dens, jnp.asarray(theta), x, y, temper))


def frame_at(dens: Density, centre: np.ndarray, h: np.ndarray, family: str) -> Frame:
    """The frame of a family at `centre`, of precision `h`."""
    roots, log_det = {}, 0.0
    for name, index in blocks_of_family(dens, family).items():
        parts = []
        for places in index:
            block = inverse_root(h[np.ix_(places, places)], FLOOR)
            parts.append(block.root)
            log_det -= 0.5 * block.log_det
        roots[name] = jnp.asarray(np.stack(parts))
    return Frame(jnp.asarray(centre), roots, jnp.asarray(log_det))


def place(dens: Density, family: str, frame: Frame, z: dict[str, jax.Array]) -> jax.Array:
    """θ of z, (block, k) by block name."""
    theta = frame.centre
    for name, index in blocks_of_family(dens, family).items():
        theta = theta.at[index].add(jnp.einsum("bij,bj->bi", frame.roots[name], z[name]))
    return theta
