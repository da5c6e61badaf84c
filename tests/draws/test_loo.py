"""One PSIS-LOO: closed form where there is one, the same value whoever asks."""

import warnings

import arviz as az
import numpy as np
import pytest
from scipy.stats import norm

import bayesneuron as bn
from bayesneuron.draws import complete
from bayesneuron.draws.loo import psis_loo
from bayesneuron.inference.importance import pareto_shape


def log_likelihood(draws=2000, observations=60, chains=4):
    """Of a normal mean with known variance, from exact posterior draws; and the exact LOO."""
    rng = np.random.default_rng(0)
    y = rng.normal(size=observations)
    mean = y.mean() + rng.normal(size=(chains, draws // chains, 1)) / np.sqrt(observations)
    others = (y.sum() - y) / (observations - 1)
    exact = norm.logpdf(y, others, np.sqrt(1 + 1 / (observations - 1)))
    return norm.logpdf(y, mean, 1), exact


def test_leave_one_out_is_that_of_the_other_observations():
    values, exact = log_likelihood()
    loo = psis_loo(values)
    np.testing.assert_allclose(loo.pointwise, exact, atol=0.02)
    assert loo.elpd == pytest.approx(loo.pointwise.sum())
    assert loo.se == pytest.approx(np.sqrt(len(exact) * loo.pointwise.var()))
    assert loo.bad_k == 0
    assert loo.good_k == pytest.approx(1 - 1 / np.log10(2000))


def test_independent_draws_agree_with_arviz(quick):
    draws = complete(quick["laplace"], "log_likelihood")
    loo = psis_loo(draws.log_likelihood["y"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = az.loo(draws, pointwise=True)
    assert loo.elpd == pytest.approx(theirs.elpd, abs=0.05)
    np.testing.assert_allclose(loo.pareto_k, theirs.pareto_k, atol=0.25)


def test_the_symmetric_copy_does_not_matter(quick):
    raw = complete(quick["nuts"], "log_likelihood")
    aligned = complete(bn.align(quick["nuts"]), "log_likelihood")
    one, other = (psis_loo(tree.log_likelihood["y"]) for tree in (raw, aligned))
    assert one.elpd == pytest.approx(other.elpd, abs=1e-6)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::bayesneuron.StatisticalWarning")
def test_one_value_for_comparison_modes_and_reduction(two_layer, sine):
    draws = bn.nuts(two_layer, *sine, chains=2, samples=100, warmup=200, starts=4)
    expected = psis_loo(complete(draws, "log_likelihood").log_likelihood["y"]).elpd
    compared = bn.compare({"nuts": draws}).methods["elpd_loo"].iloc[0]
    assert compared == pytest.approx(expected, abs=1e-6)
    curve = bn.reduce(draws, sizes=[2], most=200, score="merged").curve
    assert curve["elpd"].iloc[-1] == pytest.approx(expected, abs=1e-6)
    modes = bn.modes(draws)
    if len(modes.trees) == 1:
        assert modes.table()["elpd"].iloc[0] == pytest.approx(expected, abs=1e-6)


def test_too_few_draws_have_no_tail():
    values, _ = log_likelihood()
    assert psis_loo(values[:, :6]) is None
    assert psis_loo(values[:, :7]) is not None


def test_a_likelihood_that_does_not_vary_is_left_as_it_is():
    values, _ = log_likelihood()
    values[:, :, 0] = -1.5
    loo = psis_loo(values)
    assert loo.pointwise[0] == pytest.approx(-1.5)
    assert loo.pareto_k[0] == 0


def test_a_tail_that_cannot_be_fitted_is_bad():
    values, _ = log_likelihood()
    values[0, 0, 3] = -np.inf
    loo = psis_loo(values)
    assert loo.pareto_k[3] == np.inf
    assert loo.pointwise[3] == loo.elpd == -np.inf
    assert loo.bad_k == 1
    values[0, 0, 3] = np.nan
    assert psis_loo(values).bad_k == 1


def test_one_draw_that_carries_all_weight_is_no_estimate():
    """A tail of draws that do not count can have a small k."""
    values, _ = log_likelihood()
    flat = values.reshape(-1, values.shape[2])
    flat[:, 0] = np.linspace(-1, 0, len(flat)) * 1e-3
    flat[:3, 0] = [-60.0, -50.0, -49.0]
    loo = psis_loo(flat.reshape(values.shape))
    assert loo.bad_k >= 1
    low, _ = log_likelihood(draws=40, observations=20, chains=1)
    low[0, :, 2] = np.linspace(0, -400, 40)
    loo = psis_loo(low)
    assert loo.ess[2] < 1.5
    assert loo.bad_k >= 1
    assert np.isinf(pareto_shape(np.linspace(0, 4000, 60), np.zeros(60)))
