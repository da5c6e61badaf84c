"""`numpyro.handlers.scale` in a user's model: as NumPyro takes it."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import pytest
from numpyro import handlers
from numpyro.infer.util import log_density
from scipy.stats import norm

import bayesneuron as bn
from bayesneuron.draws import complete
from bayesneuron.draws.loo import loo_of, psis_loo
from bayesneuron.network.density import density

ROWS, SD = 40, 0.7
WEIGHTS = np.linspace(0.5, 2, ROWS)
LAYOUT = bn.Layout({"w": ("output", "input")})


def scaled(x, y=None, *, each=False):
    with handlers.scale(scale=3.0):
        w = numpyro.sample("w", dist.Normal(0, 1).expand([1, 2]).to_event(2))
    mean = numpyro.deterministic("mean", x @ w.T)
    scale = jnp.asarray(WEIGHTS)[: len(x)] if each else 0.25
    with handlers.scale(scale=scale), numpyro.plate("observation", x.shape[0]):
        numpyro.sample("y", dist.Normal(mean, SD).to_event(1), obs=y)


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(ROWS, 2))
    return x, x @ [[1.0], [-0.5]] + SD * rng.normal(size=(ROWS, 1))


@pytest.mark.parametrize("each", [False, True])
def test_the_density_is_that_of_numpyro(data, each):
    model = bn.load(scaled, layout=LAYOUT, each=each)
    with jax.enable_x64(True):
        x, y = (jnp.asarray(v) for v in data)
        dens, theta = density(model, x, y), jnp.array([0.3, -0.2])
        expected = log_density(scaled, (x, y), {"each": each}, {"w": theta.reshape(1, 2)})[0]
        assert float(dens.log_joint(theta, x, y)) == pytest.approx(float(expected))


@pytest.mark.parametrize("each", [False, True])
def test_the_posterior_is_that_of_weighted_data(data, each):
    """Prior N(0, 1)³ has precision 3; observation t counts as often as its scale says."""
    x, y = data
    model = bn.load(scaled, layout=LAYOUT, each=each)
    draws = bn.laplace(model, x, y, samples=4000, starts=2)
    weight = WEIGHTS if each else np.full(ROWS, 0.25)
    cov = np.linalg.inv((x.T * weight) @ x / SD**2 + 3 * np.eye(2))
    mean = cov @ (x.T * weight) @ y[:, 0] / SD**2
    w = np.asarray(draws.posterior["w"])[0, :, 0]
    assert np.abs((w.mean(axis=0) - mean) / np.sqrt(np.diag(cov) / 4000)).max() < 5
    np.testing.assert_allclose(np.cov(w.T), cov, atol=0.1 * np.diag(cov).max())
    # what is left out is the likelihood with its scale, what is scored is the density itself
    whole = complete(draws, "log_likelihood", model=model)
    values = whole.log_likelihood["y"]
    np.testing.assert_allclose(values[0, 0], norm.logpdf(y[:, 0], x @ w[0], SD), rtol=1e-6)
    np.testing.assert_allclose(values.attrs["power"], weight)
    others = np.linalg.inv(cov)[None] - weight[:, None, None] * x[:, :, None] * x[:, None] / SD**2
    spread = np.linalg.inv(others)
    centre = spread @ ((x.T * weight) @ y[:, 0] - (x.T * weight * y[:, 0]).T)[:, :, None] / SD**2
    predicted = np.einsum("ti,ti->t", x, centre[:, :, 0])
    variance = SD**2 + np.einsum("ti,tij,tj->t", x, spread, x)
    exact = norm.logpdf(y[:, 0], predicted, np.sqrt(variance))
    np.testing.assert_allclose(loo_of(whole).pointwise, exact, atol=0.03)


def test_a_tempered_posterior_leaves_out_its_power():
    """Normal mean, known variance, likelihood to the power 0.3."""
    rng, power, count = np.random.default_rng(0), 0.3, 30
    y = rng.normal(size=count)
    mean = y.mean() + rng.normal(size=(1, 20_000, 1)) / np.sqrt(power * count)
    others = (y.sum() - y) / (count - 1)
    exact = norm.logpdf(y, others, np.sqrt(1 + 1 / (power * (count - 1))))
    loo = psis_loo(norm.logpdf(y, mean, 1), power=power)
    np.testing.assert_allclose(loo.pointwise, exact, atol=0.01)
