"""A network whose posterior is known: linear, Gaussian prior, Gaussian noise of known size."""

import numpy as np
import pytest

import bayesneuron as bn
from bayesneuron.inference.curvature import inverse_root

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


@pytest.mark.parametrize("units", [(1e-4, 1.0, 1e4), (1e-6, 1.0, 1e6)])
def test_laplace_is_exact_whatever_the_units_of_the_inputs(units):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(ROWS, 3)) * units
    y = x @ (np.array([1.0, -2.0, 0.5]) / units) + 0.3 + NOISE * rng.normal(size=ROWS)
    model = bn.load("mlp", inputs=3, hidden=(), outputs=1, noise=NOISE, prior_scale=1e8)
    unscaled = np.c_[np.ones(ROWS), x / units]
    cov = np.linalg.inv(unscaled.T @ unscaled / NOISE**2)  # the prior is flat beside the data
    with pytest.warns(bn.StatisticalWarning, match="x: root mean square .* in column 2"):
        draws = bn.laplace(model, x, y, samples=4000, starts=2)
    assert draws.attrs["singular"] == 0
    assert draws.attrs["converged"]
    w = weights(draws) * [1.0, *units]
    mean = cov @ unscaled.T @ y / NOISE**2
    assert np.abs((w.mean(axis=0) - mean) / np.sqrt(np.diag(cov) / 4000)).max() < 5
    np.testing.assert_allclose(w.std(axis=0), np.sqrt(np.diag(cov)), rtol=5 / np.sqrt(8000))


def test_directions_that_are_not_positive_get_the_width_of_a_wide_prior():
    h = np.diag([4.0, -1.0, 0.0])
    root, log_det, raised = inverse_root(h)
    np.testing.assert_allclose(root @ root.T, np.diag([0.25, 100.0, 100.0]))
    assert log_det == pytest.approx(np.log(4e-4))
    assert raised == 2


@pytest.mark.filterwarnings("ignore:.*subsamples:bayesneuron.StatisticalWarning")
@pytest.mark.parametrize("fraction", [0.5, 0.8])
def test_subsamples_spread_as_said(problem, fraction):
    """√((1 - f)/f) times the standard error of least squares: as wide at one half."""
    model, x, y, a, mean, cov = problem
    count = 400
    draws = bn.bootstrap(
        model, x, y, replicates=count, optimizer="newton", scheme="subsample", fraction=fraction
    )
    scores = a * ((y - a @ mean) / NOISE**2)[:, None]
    sandwich = cov @ (scores.T @ scores) @ cov
    assert draws.attrs["spread"] == pytest.approx(np.sqrt((1 - fraction) / fraction))
    ratio = weights(draws).std(axis=0) / np.sqrt(np.diag(sandwich))
    np.testing.assert_allclose(ratio, draws.attrs["spread"], rtol=5 / np.sqrt(2 * count))


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
