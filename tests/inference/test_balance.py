"""Weights in units of a learnt scale are moved to the size of draws; the network stays."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import normal

import bayesneuron as bn
from bayesneuron.inference.balance import balanced
from bayesneuron.network.density import density

X = jnp.asarray(normal(10, 4))


def dens_of(**options):
    y = jnp.zeros(10, int) if options.get("likelihood") == "categorical" else jnp.zeros((10, 3))
    return density(bn.load("mlp", inputs=4, hidden=(5, 6), outputs=3, **options), X, y)


@pytest.mark.parametrize("likelihood", ["categorical", "gaussian", "student_t"])
def test_the_network_stays_and_weights_have_size_one(likelihood):
    with jax.enable_x64(True):
        dens = dens_of(likelihood=likelihood, prior="hierarchical")
        theta = 0.1 * normal(2, dens.size, seed=1)
        moved = balanced(dens, theta, X.shape)
        for before, after in zip(theta, moved, strict=True):
            old, new = (dens.constrain(jnp.asarray(v)) for v in (before, after))
            for site in (*dens.model.layout.sites, *(k for k in ("noise", "dof") if k in old)):
                np.testing.assert_allclose(new[site], old[site], rtol=1e-9)
        layer = np.r_[dens.places["hidden2_weight"].ravel(), dens.places["hidden2_bias"].ravel()]
        np.testing.assert_allclose((moved[:, layer] ** 2).mean(axis=1), 1)


@pytest.mark.parametrize("prior", ["normal", "horseshoe"])
def test_other_priors_are_left_alone(prior):
    dens = dens_of(prior=prior)
    theta = normal(2, dens.size)
    np.testing.assert_array_equal(balanced(dens, theta, X.shape), theta)
