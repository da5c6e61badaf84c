"""Weights in units of a learnt scale, moved to where draws have them; the network stays as it is.

Where weights are z times a scale s, a wide network trained to a joint mode has large scales and
tiny z. Draws have z of size one, which would be far too large for such scales: dynamics that start
there run into a scale of zero, where nothing moves. The scale that goes with given weights is their
own size: s grows by the root mean square of z, and z is divided by it.
"""

import jax
import jax.numpy as jnp
import numpy as np

from bayesneuron.network.density import Density
from bayesneuron.network.tracing import needed_of, sites_of
from bayesneuron.numerics.precision import double


@double
def balanced(dens: Density, theta: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Free vectors θ, (member, size), of the same networks, with weights of size one.

    Scales of layers only. Under a scale for each neuron a neuron may well be switched off.

    Parameters
    ----------
    dens : Density
    theta : ndarray, shape (member, size)
    shape : tuple of int
        Of the inputs.
    """
    layout = dens.model.layout
    scales = set(dens.places) - needed_of(sites_of(dens.model, shape)) - set(layout.sites)
    if layout.scales or not dens.scaled:
        return theta
    theta = np.array(theta, float)
    scales_at = jax.jit(lambda at: dens.scales(dens.constrain(at)))
    for place in np.concatenate([dens.places[name].ravel() for name in sorted(scales)]):
        raised = theta[0] + np.eye(dens.size)[place]
        before, after = (scales_at(jnp.asarray(at)) for at in (theta[0], raised))
        own = [name for name in dens.scaled if not np.allclose(before[name], after[name])]
        if not own:
            continue
        gain = np.log(np.ravel(after[own[0]])[0] / np.ravel(before[own[0]])[0])
        weights = np.concatenate([dens.places[name].ravel() for name in own])
        size = np.sqrt(np.mean(theta[:, weights] ** 2, axis=1))
        size = np.where(np.isfinite(size) & (size > 0), size, 1.0)
        theta[:, weights] /= size[:, None]
        theta[:, place] += np.log(size) / gain
    return theta
