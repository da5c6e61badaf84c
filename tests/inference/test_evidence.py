"""Scales by the evidence: closed forms, differences, and a wide network."""

import contextlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import normal
from scipy import stats

import bayesneuron as bn
from bayesneuron.inference.evidence import (
    LEAST,
    _measure,
    climb_evidence,
    follow,
    hyperparameters,
    precision_at,
)
from bayesneuron.inference.starts import prior_starts
from bayesneuron.network.density import density

X = normal(30, 3, seed=1)


def problem(model, y, seed=0):
    """Density, a start and arrays."""
    x, y = jnp.asarray(X), jnp.asarray(y)
    dens = density(model, x, y)
    return dens, prior_starts(dens, x, jax.random.key(seed), 1)[0], x, y


def exact_log_evidence(y, s, sd):
    """Of a linear model whose weights are N(0, s² / 3) and bias N(0, s²), with the priors of both.

    s ~ HalfNormal(3) and sd ~ HalfNormal(1) in log units.
    """
    cov = s**2 * (X @ X.T / 3 + 1.0) + sd**2 * np.eye(len(X))
    prior = stats.halfnorm(scale=3.0).logpdf(s) + np.log(s)
    noise = stats.halfnorm(scale=1.0).logpdf(sd) + np.log(sd)
    return stats.multivariate_normal(cov=cov).logpdf(y) + prior + noise


@pytest.mark.slow
def test_the_evidence_of_a_linear_model_is_exact():
    y = X @ [1.0, -2.0, 0.5] + 0.3 + 0.4 * normal(30, seed=2)
    model = bn.load("mlp", inputs=3, hidden=(), outputs=1, prior="hierarchical")
    with jax.enable_x64(True):
        dens, theta, *data = problem(model, y[:, None])
        for s, sd in [(1.0, 1.0), (3.0, 0.4), (0.2, 2.0)]:
            theta[hyperparameters(dens)] = np.log([sd, s])
            at = _measure(dens, follow(dens, theta, *data, 1.0), *data, 1.0)
            assert float(at.log_evidence) == pytest.approx(exact_log_evidence(y, s, sd), abs=1e-6)
        top = climb_evidence(dens, theta, *data)
        best = top.theta[hyperparameters(dens)]
        steps = np.array([[0.05, 0], [-0.05, 0], [0, 0.05], [0, -0.05]])
        around = [exact_log_evidence(y, *np.exp(best + step)[::-1]) for step in steps]
        assert top.converged
        assert max(around) < exact_log_evidence(y, *np.exp(best)[::-1]) + 1e-3
        # the precision of both scales, with the weights integrated out, is that of log Z
        inverse = np.linalg.inv(precision_at(dens, top.theta, *data))
        at = hyperparameters(dens)
        step = 1e-3 * np.eye(2)
        value = lambda phi: exact_log_evidence(y, *np.exp(phi)[::-1])
        bend = [
            [
                sum(a * b * value(best + a * u + b * v) for a in (1, -1) for b in (1, -1)) / -4e-6
                for u in step
            ]
            for v in step
        ]
        assert np.linalg.eigvalsh(bend).min() > LEAST
        np.testing.assert_allclose(
            np.linalg.inv(inverse[np.ix_(at, at)]), bend, rtol=0.05, atol=0.3
        )


@pytest.mark.slow
@pytest.mark.parametrize("likelihood", ["gaussian", "categorical", "bernoulli", "poisson"])
def test_the_slope_is_that_of_the_evidence_with_the_weights_following(likelihood):
    signal = np.tanh(X[:, 0]) + X[:, 1] ** 2
    y = {
        "gaussian": signal[:, None],
        "categorical": np.digitize(signal, [0.5, 1.5]),
        "bernoulli": (signal > 1).astype(int)[:, None],
        "poisson": np.round(np.exp(signal / 2)).astype(int)[:, None],
    }[likelihood]
    outputs = 3 if likelihood == "categorical" else 1
    model = bn.load(
        "mlp", inputs=3, hidden=(4,), outputs=outputs, likelihood=likelihood, prior="hierarchical"
    )
    with jax.enable_x64(True):
        dens, theta, *data = problem(model, y)
        theta = follow(dens, theta, *data, 0.7)
        for _ in range(20):  # differences need an optimum in w to more digits
            theta = follow(dens, theta, *data, 0.7)
        slope = np.asarray(_measure(dens, theta, *data, 0.7).slope)
        for k, place in enumerate(hyperparameters(dens)):
            values = []
            for change in (1e-3, -1e-3):
                moved = theta.copy()
                moved[place] += change
                for _ in range(20):
                    moved = follow(dens, moved, *data, 0.7)
                values.append(float(_measure(dens, moved, *data, 0.7).log_evidence))
            assert slope[k] == pytest.approx((values[0] - values[1]) / 2e-3, rel=1e-2, abs=1e-2)


@pytest.mark.slow
def test_the_joint_mode_of_a_wide_network_fits_the_noise_and_the_evidence_does_not():
    x, noise = normal(120, 3, seed=3), 0.5 * normal(120, 1, seed=4)
    signal = np.sin(2 * x[:, :1]) + x[:, 1:2]
    model = bn.load("mlp", inputs=3, hidden=(40,), outputs=1, prior="hierarchical")
    y, later = (signal + noise)[:60], signal[60:]
    errors, sds = {}, {}
    for scales in ("joint", "evidence"):
        with pytest.warns() if scales == "joint" else contextlib.nullcontext():
            draws = bn.laplace(model, x[:60], y, samples=200, starts=1, scales=scales)
        mean = bn.predict(draws, x[60:])["predictions"]["mean"].mean(("chain", "draw"))
        errors[scales] = float(np.sqrt(np.square(mean.values - later).mean()))
        sds[scales] = float(draws["posterior"]["noise"].median())
    assert sds["joint"] < 0.2
    assert 0.35 < sds["evidence"] < 0.65
    assert errors["evidence"] < 0.5 < errors["joint"]


@pytest.mark.slow
def test_what_is_done_is_in_the_result():
    y = np.tanh(X[:, :1]) + 0.1 * normal(30, 1, seed=5)
    options = {"inputs": 3, "hidden": 2, "outputs": 1}
    learnt, fixed = (bn.load("two_layer", **options, prior=p) for p in ("horseshoe", "normal"))
    draws = bn.laplace(learnt, X, y, samples=100, starts=2)
    assert draws.attrs["scales"] == "evidence"
    assert np.isfinite(draws.attrs["log_evidence"])
    assert np.isfinite(draws["sample_stats"]["lp"]).all()
    draws = bn.laplace(fixed, X, y, samples=100, starts=2)
    assert draws.attrs["scales"] == "joint"
    assert "log_evidence" not in draws.attrs
    with pytest.raises(ValueError, match=r"scales: expected .*'evidence'.* got 'mode'"):
        bn.laplace(fixed, X, y, samples=100, starts=2, scales="mode")
