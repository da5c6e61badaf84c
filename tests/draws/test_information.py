"""The Fisher information of every likelihood, by closed form or by quadrature."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import pytest
from numpyro import handlers
from scipy import integrate, stats

from bayesneuron.draws.information import in_noise_units
from bayesneuron.network.likelihoods import observe, output_width

H = np.array([[0.3, -0.8], [-1.2, 0.5], [0.1, 2.0]])


def information(likelihood, h, scale=None, **options):
    """RᵀR of all observations in their sums h, (size of h, size of h)."""

    def outputs(h):
        seeded = handlers.seed(observe, jax.random.key(0))
        scaled = handlers.scale(seeded, scale=scale) if scale is not None else seeded
        trace = handlers.trace(scaled).get_trace(h, None, likelihood=likelihood, **options)
        return in_noise_units(trace["y"])

    with jax.enable_x64(True):
        rows = np.asarray(jax.jacobian(outputs)(jnp.asarray(h))).reshape(-1, h.size)
    return rows.T @ rows


def blocks(each):
    """Block diagonal, one block per observation."""
    n, k, _ = each.shape
    whole = np.zeros((n, k, n, k))
    whole[np.arange(n), :, np.arange(n)] = each
    return whole.reshape(n * k, n * k)


def test_normal():
    np.testing.assert_allclose(information("gaussian", H, noise=0.5), np.eye(6) / 0.25)
    h = np.concatenate([H, H / 3], axis=1)
    each = [np.diag([*np.exp(-2 * g), 2.0, 2.0]) for g in H / 3]
    np.testing.assert_allclose(information("heteroscedastic", h), blocks(np.array(each)))
    assert output_width(2, "heteroscedastic") == h.shape[1]


def test_classes_and_counts():
    p = np.exp(H) / np.exp(H).sum(axis=1, keepdims=True)
    each = np.array([np.diag(q) - np.outer(q, q) for q in p])
    np.testing.assert_allclose(information("categorical", H), blocks(each), atol=1e-12)
    q = 1 / (1 + np.exp(-H.ravel()))
    np.testing.assert_allclose(information("bernoulli", H), np.diag(q * (1 - q)), atol=1e-12)
    np.testing.assert_allclose(information("poisson", H), np.diag(np.exp(H.ravel())), atol=1e-12)
    # certain classes say nothing, and nothing is not a number
    assert np.isfinite(information("bernoulli", 60 * H)).all()


def test_student_t():
    dof, sd = 4.0, 0.5

    def outputs(at):
        with handlers.seed(rng_seed=0), handlers.trace() as trace:
            numpyro.sample("y", dist.StudentT(dof, at[:1], jnp.exp(at[1:])))
        return in_noise_units(trace["y"])

    with jax.enable_x64(True):
        rows = np.asarray(jax.jacobian(outputs)(jnp.array([0.0, np.log(sd)])))

    def scores(y):
        u = y / sd
        weight = (dof + 1) / (dof + u**2)
        return np.array([weight * u / sd, weight * u**2 - 1])

    for i in range(2):
        square = lambda y, i=i: scores(y)[i] ** 2 * stats.t.pdf(y / sd, dof) / sd
        expected = integrate.quad(square, -np.inf, np.inf)[0]
        assert (rows.T @ rows)[i, i] == pytest.approx(expected, rel=1e-6)


def test_a_scale_of_the_likelihood_counts():
    plain = information("gaussian", H, noise=0.5)
    np.testing.assert_allclose(information("gaussian", H, 0.25, noise=0.5), plain / 4)
    power = np.array([1.0, 2.0, 3.0])
    each = information("gaussian", H, jnp.asarray(power), noise=0.5)
    np.testing.assert_allclose(np.diag(each), np.diag(plain) * np.repeat(power, 2))


def test_vectors_are_refused():
    with handlers.seed(rng_seed=0), handlers.trace() as trace:
        numpyro.sample("y", dist.MultivariateNormal(jnp.zeros(2), jnp.eye(2)))
    with pytest.raises(ValueError, match="y: expected observations of one number"):
        in_noise_units(trace["y"])
