"""Rows of a series are predicted by the rows before them."""

import numpy as np
import pytest
from scipy import stats

import bayesneuron as bn
from bayesneuron.data.past import earlier_rows
from bayesneuron.draws.evaluate import evaluate
from bayesneuron.draws.tree import sites_of_draws
from bayesneuron.reduction.future import Forecasts, leave_future_out
from bayesneuron.reduction.own import own_posterior

pytestmark = pytest.mark.filterwarnings("ignore:.*:bayesneuron.StatisticalWarning")


def normal_mean(y, sd=1.0, draws=4000):
    """The posterior of a mean under a flat prior, given the first rows; independent draws."""

    def fit(rows):
        rng = np.random.default_rng(rows)
        mean = rng.normal(y[:rows].mean(), sd / rows**0.5, size=(4, draws // 4, 1))
        mean = mean + np.zeros(len(y))
        return Forecasts(stats.norm.logpdf(y, mean, sd), mean.reshape(draws, -1))

    return fit


@pytest.mark.parametrize("gap", [0, 4])
def test_against_the_exact_predictive_distribution(gap):
    y = np.random.default_rng(3).normal(0.5, 1.0, size=200)
    earlier = np.maximum(np.arange(200) - gap, 0)
    future = leave_future_out(normal_mean(y), earlier, np.arange(50, 200))
    exact = [stats.norm.logpdf(y[i], y[: i - gap].mean(), np.sqrt(1 + 1 / (i - gap)))
             for i in range(50, 200)]  # fmt: skip
    np.testing.assert_allclose(future.pointwise, exact, atol=0.05)
    assert abs(future.pointwise.sum() - np.sum(exact)) < 0.5
    assert future.bad_k == 0
    assert len(future.sampled) <= 15
    means = [y[: i - gap].mean() for i in range(50, 200)]
    np.testing.assert_allclose(future.mean, means, atol=0.05)


def test_a_change_of_level_calls_for_a_new_posterior():
    y = np.random.default_rng(3).normal(size=200) + np.where(np.arange(200) < 100, 0, 8.0)
    kept = leave_future_out(normal_mean(y), np.arange(200), np.arange(50, 200), share=0)
    assert len(kept.sampled) == 1
    assert kept.bad_k > 50
    sampled = leave_future_out(normal_mean(y), np.arange(200), np.arange(50, 200))
    assert max(sampled.sampled) > 100
    assert sampled.bad_k < kept.bad_k


@pytest.fixture(scope="module")
def wave():
    x, y = bn.windows(bn.datasets.noisy_sine(length=80, seed=1), history=4, horizon=2)
    model = bn.load("two_layer", inputs=4, hidden=2, outputs=2)
    return model, x, y, bn.laplace(model, x, y, samples=200, starts=8)


@pytest.mark.slow
def test_the_posterior_of_the_first_rows(wave):
    model, x, y, draws = wave
    early = own_posterior(model, draws, x, y, samples=300, seed=0, rows=40)
    alone = bn.nuts(model, x[:40], y[:40], samples=300, warmup=300, seed=2)
    means = [np.asarray(bn.predict(d, x, model=model).predictions["mean"]) for d in (early, alone)]
    first, second = (m.reshape(-1, *m.shape[2:]) for m in means)
    gap = np.abs(first.mean(axis=0) - second.mean(axis=0)) / second.std(axis=0)
    assert np.median(gap) < 0.1
    assert gap.max() < 0.4


@pytest.mark.slow
def test_agreement_with_a_posterior_at_every_origin(wave):
    model, x, y, draws = wave
    arrays = np.asarray(x), np.asarray(y)

    def fit(rows):
        tree = own_posterior(model, draws, x, y, samples=200, seed=0, rows=rows)
        values = evaluate(model, sites_of_draws(tree), *arrays, keep=("mean",))
        return Forecasts(values["log_likelihood"].reshape(4, -1, len(x)), values["mean"])

    earlier = earlier_rows(x, y)
    origins = np.arange(50, len(x))
    future = leave_future_out(fit, earlier, origins)
    exact = np.array([leave_future_out(fit, earlier, origins[[k]]).pointwise[0]
                      for k in range(len(origins))])  # fmt: skip
    difference = future.pointwise - exact
    assert len(future.sampled) <= 4
    assert abs(difference.sum()) < exact.std() * np.sqrt(len(exact))
    assert abs(difference.sum()) < 2


@pytest.mark.slow
def test_windows_that_overlap_are_judged_by_forecasts(wave):
    _, _, y, draws = wave
    reduction = bn.reduce(draws, samples=40, sizes=[1])
    assert (reduction.scored, reduction.basis) == ("lfo", "own")
    assert "by lfo" in repr(reduction)
    curve = reduction.curve
    assert curve["own"].all()
    by_loo = bn.reduce(draws, samples=40, sizes=[1], cv="loo")
    assert by_loo.scored == "loo"
    # every other row of the later half is predicted
    rows = len(y) // 2 // 2
    ratio = (curve["elpd"] / rows) / (by_loo.curve["elpd"] / len(y))
    assert ratio.between(0.5, 2).all()


@pytest.mark.slow
def test_rows_in_order_are_judged_by_forecasts_when_asked(wave):
    model, x, y, _ = wave
    draws = bn.laplace(model, np.asarray(x), np.asarray(y), samples=200, starts=8)
    assert bn.reduce(draws, samples=40, sizes=[1]).scored == "loo"
    assert bn.reduce(draws, samples=40, sizes=[1], cv="lfo").scored == "lfo"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cv": "kfold"}, "cv: expected"),
        ({"cv": "lfo", "score": "merged"}, "cv: expected score='own'"),
    ],
)
def test_what_cannot_be_is_refused(wave, options, message):
    with pytest.raises(ValueError, match=message):
        bn.reduce(wave[3], **options)


def test_no_network_that_may_be_sampled_is_refused(wave):
    with pytest.raises(ValueError, match="largest: expected at least 9 with cv='lfo', got 3"):
        bn.reduce(wave[3], cv="lfo", largest=3)


def test_test_data_and_cross_validation_exclude_each_other(wave):
    _, x, y, draws = wave
    with pytest.raises(ValueError, match="test data decide"):
        bn.reduce(draws, cv="lfo", test=(x, y))
