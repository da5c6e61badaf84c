"""A prior that is too narrow is seen in the draws alone."""

import numpy as np
import pytest
import xarray as xr
from conftest import normal
from scipy import stats

import bayesneuron as bn
from bayesneuron.diagnostics.findings.priors import narrow_prior
from bayesneuron.diagnostics.prior_width import prior_widths, width_of

X = normal(60, 4, seed=1)


def linear(scale, **options):
    return bn.load("mlp", inputs=4, hidden=(), outputs=1, prior_scale=scale, noise=0.5, **options)


def log_evidence(y, scale):
    cov = scale**2 * (X @ X.T / 4 + 1) + 0.25 * np.eye(60)
    return stats.multivariate_normal(cov=cov).logpdf(y)


def test_the_gain_is_at_most_that_of_the_evidence():
    y = X @ [3.0, -2.0, 4.0, 1.0] + 0.5 * normal(60, seed=2)
    draws = bn.laplace(linear(0.5), X, y[:, None], samples=2000, starts=2)
    (width,) = prior_widths(draws)
    exact = log_evidence(y, 0.5 * width.scale) - log_evidence(y, 0.5)
    assert width.layer == "output"
    assert width.scale > 3
    assert 0.8 * exact < width.gain < exact
    finding = narrow_prior(width)
    assert finding is not None
    assert not finding.serious
    assert "narrow prior" in [f.cause for f in bn.diagnose(draws).findings]


def test_a_prior_that_fits_learns_its_scale_or_has_seen_no_data_gives_no_finding():
    assert narrow_prior(width_of("output", 9.0, 10)) is None
    assert narrow_prior(width_of("output", 100.0, 90)) is None
    assert narrow_prior(width_of("output", 1.0, 90)) is None  # too wide shrinks nothing
    y = X @ [3.0, -2.0, 4.0, 1.0] + 0.5 * normal(60, seed=2)
    learnt = linear(0.1, prior="hierarchical")
    draws = bn.laplace(learnt, X, y[:, None], samples=100, starts=2)
    assert prior_widths(draws) == ()
    sandwich = bn.laplace(linear(0.5), X, y[:, None], starts=2, covariance="sandwich")
    for other in (sandwich, bn.prior(linear(0.5), X, samples=50)):
        assert "narrow prior" not in [f.cause for f in bn.diagnose(other).findings]


def test_draws_of_the_prior_are_as_wide_as_it():
    model = bn.load("mlp", inputs=4, hidden=(6,), outputs=2, prior_scale=3.0)
    draws = bn.prior(model, X, samples=4000)
    draws["constant_data"] = xr.DataTree(xr.Dataset({"x": (("observation", "input"), X)}))
    widths = prior_widths(draws)
    assert [w.layer for w in widths] == ["hidden1", "output"]
    assert [w.scale for w in widths] == pytest.approx([1, 1], abs=0.02)
