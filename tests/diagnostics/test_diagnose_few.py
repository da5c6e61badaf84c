"""Draws that cannot be reported are not called fit: too few, all alike, or of the prior."""

import numpy as np
import pytest
from test_modes import chains

import bayesneuron as bn


@pytest.fixture
def draws(quick):
    return quick["laplace"]


def test_one_draw_and_copies_of_it(draws):
    for few in (draws.isel(draw=[0]), draws.isel(draw=[0] * 20), draws.isel(draw=[3, 7] * 30)):
        report = bn.diagnose(few)
        assert not report.converged, report
        assert any("differ from each other" in f.evidence for f in report.findings)
    assert not any("differ from each" in f.evidence for f in bn.diagnose(draws).findings)


def test_chains_that_repeat_a_draw():
    tree = chains([(0,), (0,)], copies=False, draws=400)
    report = bn.diagnose(tree.isel(draw=[0] * 400))
    assert not report.converged, report


def test_prior_draws(two_layer, sine):
    report = bn.diagnose(bn.prior(two_layer, sine[0], samples=500))
    assert not report.converged
    assert "not fit to report" in report.verdict
    assert "have seen no data" in repr(report)


def test_shares_of_what_has_no_rank():
    draws = np.random.default_rng(0).normal(size=(20, 3))
    for bad in (np.full(3, np.nan), np.full(3, np.inf), np.zeros(2), None):
        with pytest.raises(ValueError, match="truth: expected"):
            bn.calibration.rank_shares(draws, bad)
        with pytest.raises(ValueError, match="truth: expected"):
            bn.calibration.tarp_share(draws, bad)
    with pytest.raises(ValueError, match="draws: expected"):
        bn.calibration.rank_shares(draws * np.nan, np.zeros(3))
    with pytest.raises(ValueError, match="values: expected finite"):
        bn.mixtures.separation(np.full((2, 5, 3), np.nan))
    with pytest.raises(ValueError, match="hits: expected 0 or 1"):
        bn.calibration.clustered_interval(np.array([2, 5]), np.array([0, 1]))


def test_estimators_are_called_as_they_must_be(two_layer, sine):
    for call in (
        lambda e: bn.bag(e, two_layer, *sine, bags=2),
        lambda e: bn.calibrate(e, two_layer, sine[0], sets=1),
    ):
        for estimate in (None, "laplace", bn.prior, lambda model: None):
            with pytest.raises(ValueError, match="estimate: expected a function"):
                call(estimate)
