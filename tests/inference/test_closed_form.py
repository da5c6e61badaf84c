"""A network whose posterior is known: linear, Gaussian prior, Gaussian noise of known size."""

import numpy as np
import pytest

import bayesneuron as bn

ROWS, NOISE = 200, 0.5


@pytest.fixture(scope="module")
def problem():
    """Data, model, and the exact posterior of (bias, three weights)."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(ROWS, 3))
    y = x @ [1.0, -2.0, 0.5] + 0.3 + NOISE * rng.normal(size=ROWS)
    model = bn.load("mlp", inputs=3, hidden=(), outputs=1, noise=NOISE)
    a = np.c_[np.ones(ROWS), x]
    precision = a.T @ a / NOISE**2 + np.diag([1.0, 3.0, 3.0, 3.0])  # weights N(0, 1 / fan-in)
    cov = np.linalg.inv(precision)
    return model, x, y, a, cov @ a.T @ y / NOISE**2, cov


def weights(draws):
    post = bn.neurons(draws, shrink=False)["output"]
    order = [post.weights.index(w) for w in ("bias", "input[0]", "input[1]", "input[2]")]
    return post.by_draw[:, 0, order]


def check(draws, mean, cov, effective):
    """Mean and covariance agree within five standard errors of that many draws."""
    w = weights(draws)
    z = (w.mean(axis=0) - mean) / np.sqrt(np.diag(cov) / effective)
    assert np.abs(z).max() < 5
    root = np.linalg.inv(np.linalg.cholesky(cov))
    whitened = root @ np.cov(w.T) @ root.T
    assert np.abs(whitened - np.eye(4)).max() < 5 * np.sqrt(2 / effective)


def test_laplace_is_exact(problem):
    model, x, y, _, mean, cov = problem
    draws = bn.laplace(model, x, y, samples=4000, starts=2)
    check(draws, mean, cov, 4000)


def test_nuts_is_exact(problem):
    model, x, y, _, mean, cov = problem
    draws = bn.nuts(model, x, y, chains=4, samples=1000, starts=4)
    check(draws, mean, cov, 2000)  # a lower bound on its effective sample size
    assert draws.attrs["divergences"] == 0


@pytest.mark.parametrize("family", ["full", "neuron"])
def test_svi_is_exact_where_its_family_holds_the_posterior(problem, family):
    """One output neuron: a full covariance of the neuron is a full covariance."""
    model, x, y, _, mean, cov = problem
    draws = bn.svi(model, x, y, family=family, samples=4000, starts=2)
    check(draws, mean, cov, 1000)  # room for the optimiser's own noise
    assert draws.attrs["pareto_k"] < 0.7


def test_mean_field_is_too_narrow(problem):
    """Its known failure: variances are those of the conditional, not of the marginal."""
    model, x, y, _, _, cov = problem
    w = weights(bn.svi(model, x, y, family="mean_field", samples=4000, starts=2))
    conditional = 1 / np.diag(np.linalg.inv(cov))
    np.testing.assert_allclose(w.var(axis=0), conditional, rtol=0.15)


def test_sandwich_is_its_formula(problem):
    model, x, y, a, mean, cov = problem
    w = weights(bn.laplace(model, x, y, covariance="sandwich", samples=20000, starts=2))
    scores = a * ((y - a @ mean) / NOISE**2)[:, None]
    scores = scores - scores.mean(axis=0)
    expected = cov @ (scores.T @ scores) @ cov
    np.testing.assert_allclose(np.cov(w.T), expected, atol=0.05 * np.diag(expected).max())


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["pairs", "bayesian"])
def test_bootstrap_agrees_with_the_sandwich(problem, scheme):
    model, x, y, a, mean, cov = problem
    count = 2000
    draws = bn.bootstrap(model, x, y, replicates=count, optimizer="newton", scheme=scheme)
    residual = (y - a @ mean) / NOISE**2
    scores = a * residual[:, None]
    sandwich = cov @ (scores - scores.mean(0)).T @ (scores - scores.mean(0)) @ cov
    w = weights(draws)
    assert draws.sample_stats["converged"].all()
    # the formula is the first order in 1 / n of what is resampled
    ratio = np.diag(np.cov(w.T)) / np.diag(sandwich)
    assert np.abs(ratio - 1).max() < 5 * np.sqrt(2 / count) + 10 / ROWS
    assert np.abs(w.mean(axis=0) - mean).max() < 5 * np.sqrt(np.diag(sandwich).max() / count) + 2e-3
