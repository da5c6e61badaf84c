"""Scores against quadrature and brute force; tests of differences against known processes."""

import numpy as np
import pytest
from scipy import integrate, stats

from bayesneuron.forecasting.differences import diebold_mariano, standard_error
from bayesneuron.forecasting.judged import judge_samples
from bayesneuron.forecasting.scores import crps_of_normal, crps_of_samples, log_score_of_normal

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(("mean", "sd", "seen"), [(0.0, 1.0, 0.3), (2.0, 0.5, -1.0), (5, 3, 5)])
def test_the_crps_of_a_normal_is_the_integral_over_its_distribution(mean, sd, seen):
    def squared(x):
        return (stats.norm.cdf(x, mean, sd) - (x >= seen)) ** 2

    pieces = [integrate.quad(squared, a, b)[0] for a, b in ((-30, seen), (seen, 40))]
    score = crps_of_normal(np.array(mean), np.array(sd), np.array(seen))
    assert score == pytest.approx(sum(pieces), rel=1e-6)


def test_the_crps_of_a_point_is_its_absolute_error():
    assert crps_of_normal(np.array(1.0), np.array(0.0), np.array(3.5)) == 2.5
    assert np.isnan(crps_of_normal(np.array(1.0), np.array(np.nan), np.array(3.5)))


def test_the_fair_crps_is_the_double_sum_and_leaves_missing_samples_out():
    samples, seen = RNG.normal(size=(9, 3)), RNG.normal(size=3)
    holed = np.concatenate([samples, np.full((2, 3), np.nan)])[RNG.permutation(11)]
    pairs = np.abs(samples[:, None] - samples[None]).sum(axis=(0, 1)) / (2 * 9 * 8)
    wanted = np.abs(samples - seen).mean(axis=0) - pairs
    np.testing.assert_allclose(crps_of_samples(samples, seen), wanted)
    np.testing.assert_allclose(crps_of_samples(holed, seen), wanted)
    assert np.isnan(crps_of_samples(samples[:1], seen)).all()


def test_the_fair_crps_of_few_samples_is_that_of_their_distribution_on_average():
    many = crps_of_samples(RNG.normal(1.0, 2.0, (3, 200_000)), np.array(0.5))
    exact = crps_of_normal(np.array(1.0), np.array(2.0), np.array(0.5))
    assert many.mean() == pytest.approx(float(exact), abs=5 * many.std() / np.sqrt(many.size))


def test_the_log_score_is_that_of_scipy():
    assert log_score_of_normal(np.array(1.0), np.array(2.0), np.array(4.0)) == pytest.approx(
        -stats.norm.logpdf(4.0, 1.0, 2.0)
    )


def test_samples_that_diverged_count_in_nothing_but_their_share():
    samples = RNG.normal(size=(200, 2, 3, 1))
    diverged = np.zeros((200, 2, 3), bool)
    diverged[:50, 0, 2] = True
    wild = np.where(diverged[..., None], np.inf, samples)
    judged = judge_samples(wild, diverged, np.zeros((2, 3, 1)))
    plain = judge_samples(samples[50:], diverged[50:], np.zeros((2, 3, 1)))
    for name in ("mean", "sd", "quantiles", "crps", "log_score"):
        np.testing.assert_allclose(
            getattr(judged, name)[..., 0, 2, 0], getattr(plain, name)[..., 0, 2, 0]
        )
    assert judged.diverged[0].tolist() == [0, 0, 0.25]


def test_apart_origins_give_the_t_test():
    difference = RNG.normal(0.3, 1.0, 25)
    ours = diebold_mariano(difference, 4 * np.arange(25), 4)
    theirs = stats.ttest_1samp(difference, 0.0)
    assert (ours.statistic, ours.p) == pytest.approx((theirs.statistic, theirs.pvalue))


def moving_average(count, length, reach):
    """Sums of `reach` neighbours: correlated up to reach - 1, as errors `reach` steps ahead."""
    noise = RNG.normal(size=(count, length + reach - 1))
    return np.lib.stride_tricks.sliding_window_view(noise, reach, axis=1).sum(axis=-1)


def test_the_standard_error_allows_for_forecasts_that_overlap():
    rows = moving_average(400, 100, 4)
    known = rows.mean(axis=1).std()
    ours = np.median([standard_error(row, np.arange(100), 4) for row in rows])
    naive = np.median([standard_error(row, np.arange(100), 1) for row in rows])
    assert ours == pytest.approx(known, rel=0.15)
    assert naive < 0.6 * known


def test_the_test_keeps_its_level_where_forecasts_overlap():
    rows = moving_average(600, 40, 3)
    ours = np.mean([diebold_mariano(row, np.arange(40), 3).p < 0.05 for row in rows])
    naive = np.mean([diebold_mariano(row, np.arange(40), 1).p < 0.05 for row in rows])
    assert ours < 0.12
    assert naive > 0.15


def test_too_few_origins_give_no_verdict():
    assert np.isnan(diebold_mariano(np.ones(1), np.zeros(1, int), 1).p)
    assert np.isnan(diebold_mariano(np.zeros(9), np.arange(9), 1).p), "no difference at all"
    assert np.isnan(diebold_mariano(RNG.normal(size=3), np.arange(3), 10).p)
