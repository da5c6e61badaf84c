"""Whether a linear model predicts better, from the rows that draws were made with."""

import numpy as np
import pytest
from conftest import normal
from scipy import stats

import bayesneuron as bn
from bayesneuron.diagnostics.findings.predictions import against_linear
from bayesneuron.diagnostics.linear_model import (
    LOGISTIC,
    POISSON,
    RIDGE,
    LinearGap,
    linear_gap,
    log_density,
)


def test_ridge_leaves_out_one_row_after_another():
    x, noise = normal(30, 2), normal(30, 1, seed=1)
    y = x @ np.array([[1.0], [-2.0]]) + 0.1 * noise
    z = np.column_stack([np.ones(30), x])
    hat = np.diag(z @ np.linalg.pinv(z))
    residual = (y - z @ np.linalg.lstsq(z, y)[0]).ravel() / (1 - hat)
    exact = stats.norm.logpdf(residual, scale=np.sqrt(np.mean(residual**2)))
    np.testing.assert_allclose(log_density(RIDGE, x, y), exact, atol=0.1)  # the penalty is not zero


def test_classes_and_counts_are_predicted_better_than_by_their_frequencies():
    x = normal(200, 2)
    classes = np.digitize(x[:, 0] + 0.3 * normal(200, seed=1), [-0.5, 0.5])
    share = np.bincount(classes) / 200
    assert log_density(LOGISTIC, x, classes).mean() > np.log(share) @ share + 0.3
    counts = np.random.default_rng(0).poisson(np.exp(x[:, :1]))
    plain = stats.poisson.logpmf(counts, counts.mean()).mean()
    assert log_density(POISSON, x, counts).mean() > plain + 0.2


def test_a_class_of_fewer_rows_than_folds_gives_no_comparison():
    assert log_density(LOGISTIC, normal(20, 2), np.array([1] * 2 + [0] * 18)) is None


def test_a_network_shrunk_by_its_prior_is_worse_than_a_line():
    x = normal(80, 4)
    y = x @ normal(4, 1, seed=1) + 0.05 * normal(80, 1, seed=2)
    shrunk = bn.load("two_layer", inputs=4, hidden=2, outputs=1, prior_scale=0.1)
    fits = [bn.laplace(m, x, y, samples=100, starts=2, seed=0) for m in (shrunk,)]
    (finding,) = [f for f in bn.diagnose(fits[0]).findings if f.cause == "worse than linear"]
    assert "ridge regression predicts a row better" in finding.evidence
    assert not finding.serious


def test_a_curve_is_no_line():
    x = np.linspace(-3, 3, 80)[:, None]
    y = np.sin(x) + 0.1 * normal(80, 1)
    model = bn.load("two_layer", inputs=1, hidden=3, outputs=1)
    gap = linear_gap(bn.laplace(model, x, y, samples=100, starts=4, seed=0))
    assert gap is not None
    assert gap.difference < -20
    assert against_linear(gap) is None


BETTER, EQUAL = "worse than linear", "no better than linear"
CASES = [
    (9.0, 4.0, BETTER), (9.0, 5.0, EQUAL), (0.9, 0.1, EQUAL), (-0.9, 0.1, EQUAL),
    (-9.0, 5.0, EQUAL), (-9.0, 4.0, None),
]  # fmt: skip


@pytest.mark.parametrize(("difference", "se", "cause"), CASES)
def test_a_difference_counts_if_it_is_clear_and_not_tiny(difference, se, cause):
    gap = LinearGap(RIDGE, 100, -1.0, -1.1, difference, se)
    finding = against_linear(gap)
    assert (finding and finding.cause) == cause
