"""Tests of points and neurons: against other packages, on planted truths, and by their size."""

import numpy as np
import pingouin
import pytest
import xarray as xr
from scipy.signal import lfilter

import bayesneuron as bn
from bayesneuron.geometry.trajectory_points import joint_p_value
from bayesneuron.numerics.normality_statistics import normality_statistics

RNG = np.random.default_rng(0)


def memory(innovations, *coefficients):
    return lfilter([1.0], np.r_[1.0, -np.array(coefficients)], innovations)[100:]


def test_statistics_are_those_of_pingouin_and_of_mardias_sums():
    points = np.random.default_rng(1).normal(size=(250, 3)) @ RNG.normal(size=(3, 3)) + 4
    found = normality_statistics(points)
    assert found.hz == pytest.approx(pingouin.multivariate_normality(points).hz, rel=1e-9)
    centred = points - points.mean(axis=0)
    gram = centred @ np.linalg.inv(np.cov(points.T, ddof=0)) @ centred.T
    assert found.skewness == pytest.approx((gram**3).mean())
    assert found.kurtosis == pytest.approx((np.diag(gram) ** 2).mean())


def test_statistics_do_not_change_under_affine_maps():
    points = RNG.exponential(size=(150, 3))
    moved = points @ RNG.normal(size=(3, 3)) * 1e4 + 7
    np.testing.assert_allclose(normality_statistics(moved), normality_statistics(points), rtol=1e-6)


def test_singular_and_few_points_have_no_statistics():
    line = np.arange(10.0)[:, None] * np.ones(2)
    assert np.isnan(normality_statistics(line)).all()
    assert np.isnan(normality_statistics(RNG.normal(size=(3, 2)))).all()


@pytest.mark.parametrize("coefficients", [[0.8], [1.7, -0.81]], ids=["AR(1)", "AR(2)"])
def test_normal_points_are_rejected_as_often_as_the_level_says(coefficients):
    """Of 40 series at 10%: 4 expected, binomial 99.9% within 0 to 11; as independent, far more."""
    rejected = 0
    for seed in range(40):
        noise = np.random.default_rng(seed).normal(size=300)
        found = bn.point_normality(memory(noise, *coefficients), 3, surrogates=19, seed=seed)
        rejected += found.p_value <= 0.1
    assert rejected <= 11


def test_what_is_not_normal_is_found():
    noise = np.random.default_rng(2).normal(size=700)
    skewed = np.exp(0.6 * memory(noise, 0.7))
    phase = 0.3 * np.arange(600) + np.cumsum(0.15 * noise[:600])
    for series in (skewed, np.sin(phase) + 0.1 * RNG.normal(size=600)):
        found = bn.point_normality(series, 4, surrogates=39)
        assert found.p_value == pytest.approx(1 / 40)
        assert found.verdict.startswith("points: not normal")


def test_about_their_cycle_points_of_a_noisy_sine_are_normal():
    series = bn.datasets.noisy_sine(length=1000)
    about = bn.point_normality(series, 5, period=50, surrogates=39)
    assert about.p_value > 0.05
    assert about.points.sum() == 996
    assert len(about.table()) == 8
    burst = series + 3 * (np.arange(1000) % 50 < 10) * RNG.standard_t(1.5, 1000)
    bad = bn.point_normality(burst, 5, period=50, surrogates=39)
    assert bad.p_value <= 0.05
    assert 0 < bad.rejected < 1  # far from the burst points are normal
    assert "of 50 samples: not normal" in bad.verdict


def test_recordings_are_not_joined():
    labels = np.repeat([0, 1], 150)
    series = xr.DataArray(RNG.normal(size=300), dims="time", coords={"recording": ("time", labels)})
    assert bn.point_normality(series, 4, delay=3, surrogates=3).points.tolist() == [2 * 141]
    with pytest.raises(ValueError, match="expected a recording of at least 151 samples"):
        bn.point_normality(series, 4, delay=50)


def test_directions_without_spread_are_left_out():
    wave = bn.point_normality(np.sin(0.16 * np.arange(300)), 6, surrogates=9)
    assert (wave.components, round(wave.share, 9)) == (2, 1.0)
    assert np.isfinite(wave.statistics).all()


def test_points_and_neurons_in_one_table():
    model = bn.load("two_layer", inputs=2, hidden=2, outputs=1)
    neurons = bn.neurons(bn.prior(model, RNG.normal(size=(20, 2)), samples=100))
    points = bn.point_normality(RNG.normal(size=200), 3, surrogates=19)
    both = points.beside(neurons)
    own = neurons["hidden"].table()
    assert both.index[:2].tolist() == ["points", "hidden[0]"]
    rows = both.loc[own.index]
    np.testing.assert_allclose(rows["hz"], own["hz"], rtol=1e-6)  # the statistic of the neurons
    assert ((rows["hz_p"] <= 0.05) == (own["hz_p"] <= 0.05)).mean() > 0.5
    assert points.beside(neurons["hidden"]).equals(both.loc[["points", *own.index]])


def test_tests_that_depend_on_each_other_keep_their_joint_level():
    rng = np.random.default_rng(0)
    small = 0
    for _ in range(200):
        every = np.exp(rng.normal(size=(100, 6)) + 2 * rng.normal(size=(100, 1)))
        small += joint_p_value(every[0], every[1:]) <= 0.1
    assert 8 <= small <= 34  # 20 expected


def test_points_that_cannot_be_tested_are_said_so():
    steps = np.zeros(400)
    steps[np.arange(400) % 20 >= 10] = RNG.normal(size=200)  # flat in half of every cycle
    with pytest.warns(bn.StatisticalWarning, match="singular covariance"):
        found = bn.point_normality(steps, 2, period=20, phases=4, surrogates=9)
    assert np.isnan(found.p_value)
    assert np.isnan(found.table()["hz"]).any()
    assert "not to be tested" in found.verdict


def test_seeds_repeat():
    series = RNG.normal(size=200)
    first, second = (bn.point_normality(series, 2, surrogates=9, seed=4) for _ in range(2))
    assert first.table().equals(second.table())
    assert "autoregression of order" in repr(first)


@pytest.mark.parametrize(
    ("series", "width", "options", "message"),
    [
        (np.ones(100), 2, {}, "series: expected samples that vary, got a constant channel"),
        (np.r_[1.0, np.nan, 2.0], 2, {}, "missing"),
        (RNG.normal(size=8), 4, {}, "expected more than 5 points for 4 directions, got 5"),
        (RNG.normal(size=60), 3, {"period": 20}, "at every phase for 3 directions, got"),
        (RNG.normal(size=60), 3, {"period": 0}, "period: expected a positive whole number"),
        (RNG.normal(size=60), 0, {}, "width: expected a positive whole number"),
        (RNG.normal(size=60), 2, {"surrogates": 0}, "surrogates: expected a positive"),
        (np.tile([1.0, 2.0, 4.0], 20), 2, {"period": 3}, "vary around their cycle of 3"),
    ],
)
def test_bad_input_is_named(series, width, options, message):
    with pytest.raises(ValueError, match=message):
        bn.point_normality(series, width, **options)
