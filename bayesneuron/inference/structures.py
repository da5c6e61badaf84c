"""Structures of the Laplace approximation: what varies, and the form of its precision.

Daxberger et al., "Laplace redux: effortless Bayesian deep learning", NeurIPS 2021; Kristiadi, Hein
and Hennig, "Being Bayesian, even just a bit, fixes overconfidence in ReLU networks", ICML 2020.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from bayesneuron.inference.curvature_forms import Form, check_prior
from bayesneuron.inference.dense_layers import dense_layers
from bayesneuron.inference.evidence import hyperparameters
from bayesneuron.network.density import Density
from bayesneuron.numerics.checks import check_square

STRUCTURES = ("full", "kronecker", "last_layer", "diagonal")


class Structure(NamedTuple):
    """The form of the precision, and the places in θ of the weights and scales that vary."""

    name: str
    form: Form
    w: np.ndarray
    phi: np.ndarray


def structure_of(dens: Density, name: str, x: jax.Array, y: jax.Array) -> Structure:
    """The structure called `name` of this network.

    Raises
    ------
    ValueError
        If the network has none such, or its matrix does not fit into the memory.
    """
    phi = hyperparameters(dens)
    w = np.setdiff1d(np.arange(dens.size), phi)
    if name == "full":
        remedy = "use structure='kronecker' or 'last_layer'"
        check_square("laplace", "a full Hessian", dens.size, remedy)
        return Structure(name, Form("dense"), w, phi)
    if name == "diagonal":
        return Structure(name, Form("diagonal"), w, phi)
    if name == "kronecker":
        form = Form("kronecker", dense_layers(dens, x))
        check_prior(dens, form.layers, jnp.zeros(dens.size, x.dtype), x, y)
        return Structure(name, form, w, phi)
    w = output_weights(dens)
    check_square("laplace", "the last layer", len(w), "use structure='kronecker'")
    return Structure(name, Form("dense"), w, _free_of(dens, w, phi))


def output_weights(dens: Density) -> np.ndarray:
    """Places in θ of the weights into layers that are not hidden.

    Raises
    ------
    ValueError
        If there are none: such weights derive from others.
    """
    layout = dens.model.layout
    sites = [
        site
        for site in layout.sites
        if site in dens.places
        and site not in layout.auxiliary
        and layout.receiver(site) not in layout.hidden
    ]
    if not sites:
        raise ValueError(
            f"structure: expected latent output weights for 'last_layer', got none in "
            f"{dens.model.name}: use structure='diagonal'"
        )
    return np.sort(np.concatenate([dens.places[site].ravel() for site in sites]))


def _free_of(dens: Density, w: np.ndarray, phi: np.ndarray) -> np.ndarray:
    """The scales that move no held weight: a prior scale moves all weights in units of it."""
    held = np.setdiff1d(np.arange(dens.size), np.append(w, phi))
    at = np.ones(dens.size)
    at[phi] = 0.0
    one = jax.jit(lambda theta: dens.units(theta)[held])
    before = np.asarray(one(jnp.asarray(at)))
    free = []
    for place in phi:
        moved = at.copy()
        moved[place] = 0.5
        if np.array_equal(np.asarray(one(jnp.asarray(moved))), before):
            free.append(place)
    return np.array(free, int)
