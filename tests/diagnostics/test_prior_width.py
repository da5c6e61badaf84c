"""A prior that is too narrow is seen in the draws alone."""

import numpy as np
import pytest
import xarray as xr
from conftest import normal
from scipy import stats

import bayesneuron as bn
from bayesneuron.diagnostics.facts import Facts
from bayesneuron.diagnostics.findings import findings_of
from bayesneuron.diagnostics.findings.priors import narrow_prior
from bayesneuron.diagnostics.prior_width import PriorWidth, prior_widths, width_of

X, SD = normal(60, 8, seed=1), 2.0


def log_evidence(y, log_scale):
    """Of y = X w + noise with w ~ N(0, s² I)."""
    cov = np.exp(2 * log_scale) * X @ X.T + SD**2 * np.eye(len(X))
    return stats.multivariate_normal(cov=cov).logpdf(y)


def squares_of(y, count=20_000):
    """S of exact draws of w at s = 1."""
    precision = X.T @ X / SD**2 + np.eye(8)
    cov = np.linalg.inv(precision)
    mean = cov @ X.T @ y / SD**2
    w = np.random.default_rng(0).multivariate_normal(mean, cov, size=(4, count // 4))
    return np.square(w).sum(axis=2)


def test_slope_and_curvature_are_those_of_the_evidence():
    for truth in (1.0, 2.5):
        y = X @ normal(8, seed=2) * truth + SD * normal(60, seed=3)
        width = width_of("output", squares_of(y), 8)
        low, at, high = (log_evidence(y, v) for v in (-1e-3, 0.0, 1e-3))
        assert width.slope == pytest.approx((high - low) / 2e-3, rel=0.02, abs=0.1)
        assert width.curvature == pytest.approx((2 * at - high - low) / 1e-6, rel=0.1)
        assert width.gain == pytest.approx(log_evidence(y, width.change) - at, rel=0.6)
        assert (narrow_prior(width) is None) == (truth == 1.0)


def test_a_wide_prior_and_few_draws_give_no_finding():
    assert narrow_prior(PriorWidth("output", -50.0, 10.0)) is None
    few = 30 + np.sqrt(80) * normal(2, 4, seed=4)  # of a slope of 10, from 8 draws
    assert narrow_prior(width_of("output", few, 20)) is None
    assert narrow_prior(width_of("output", np.full((2, 10), 9.0), 9)) is None


def test_the_finding_is_a_line_that_names_the_layer():
    facts = Facts("nuts", None, None, None, (), {}, prior_widths=(PriorWidth("output", 25.0, 0.0),))
    (finding,) = findings_of(facts)
    assert (finding.cause, finding.serious) == ("narrow prior", False)
    assert "2.7 times as wide of the weights into output has about 25 nats" in finding.evidence


def test_draws_of_a_fixed_prior_are_as_wide_as_it_and_a_learnt_one_is_left_alone():
    x = normal(5, 4)
    data = xr.DataTree(xr.Dataset({"x": (("observation", "input"), x)}))
    options = {"inputs": 4, "hidden": (6,), "outputs": 2, "prior_scale": 3.0}
    draws = bn.prior(bn.load("mlp", **options), x, samples=4000)
    draws["constant_data"] = data
    widths = prior_widths(draws)
    assert [w.layer for w in widths] == ["hidden1", "output"]
    assert [w.slope for w in widths] == pytest.approx([0, 0], abs=0.5)
    learnt = bn.prior(bn.load("mlp", **options, prior="horseshoe"), x, samples=20)
    learnt["constant_data"] = data
    assert prior_widths(learnt) == ()
