"""Calibration is found where it is, against closed forms and scikit-learn."""

import numpy as np
import pytest
import xarray as xr
from scipy.stats import norm
from sklearn.calibration import calibration_curve

import bayesneuron as bn
from bayesneuron.plots.calibrated import bins_of, coverage_of, pit_of, range_of_counts

RNG = np.random.default_rng(0)


def tree(mean, new):
    dims = ("chain", "draw", "observation", "output")
    new_dims = dims[: np.ndim(new)]
    data = xr.Dataset({"mean": (dims[: mean.ndim], mean), "y": (new_dims, new)})
    return xr.DataTree.from_dict({"predictions": data})


def test_coverage_of_a_normal_that_is_too_narrow_has_its_closed_form():
    observed = RNG.normal(size=20_000)
    pit = norm.cdf(observed / 0.5)  # predicted half as wide
    levels = np.array([0.5, 0.9])
    expected = 2 * norm.cdf(0.5 * norm.ppf((1 + levels) / 2)) - 1
    np.testing.assert_allclose(coverage_of(pit, levels), expected, atol=0.01)


@pytest.mark.parametrize("draw", [RNG.standard_normal, lambda n: RNG.poisson(1.5, n).astype(float)])
def test_pit_is_uniform_with_few_draws_and_with_counts(draw):
    new, observed = draw((7, 4000)), draw(4000)
    pit = pit_of(new, observed, seed=0)
    counts, _ = np.histogram(pit, 10, (0, 1))
    assert ((counts - 400) ** 2 / 400).sum() < 28  # chi-squared with 9 degrees: p = 0.001
    np.testing.assert_array_equal(pit, pit_of(new, observed, seed=0))


def test_bins_are_those_of_scikit_learn():
    told = RNG.random(2000)
    right = RNG.random(2000) < told**2  # too sure of itself
    found = bins_of(told[None, :, None], right[:, None].astype(float), 10)
    observed, predicted = calibration_curve(right, told, n_bins=10, strategy="quantile")
    np.testing.assert_allclose(found.observed, observed, atol=0.006)
    np.testing.assert_allclose(found.predicted, predicted, atol=0.006)
    assert found.count.sum() == 2000
    assert found.error == pytest.approx(1 / 2 - 1 / 3, abs=0.02)  # the mean of p - p²


def test_equal_probabilities_stay_in_one_bin():
    found = bins_of(np.full((1, 50, 1), 0.3), np.zeros((50, 1)), 10)
    assert found.count.tolist() == [50]
    assert found.error == pytest.approx(0.3)


def test_the_interval_of_counts_holds_calibrated_ones():
    low, high = range_of_counts(np.array([50]), np.array([0.3]), 0.9)
    share = RNG.binomial(50, 0.3, 20_000) / 50
    inside = ((share >= low) & (share <= high)).mean()
    assert 0.9 <= inside < 0.95


def test_the_kind_follows_from_predictions():
    mean = RNG.normal(size=(1, 200, 30, 1))
    y = RNG.normal(size=(30, 1))
    ax = bn.plot.reliability(tree(mean, mean + RNG.normal(size=mean.shape)), y)
    assert ax.get_xlabel() == "probability of central predictive interval"
    probability = RNG.dirichlet([1, 1, 1], size=(1, 20, 40))
    classes = RNG.integers(0, 3, 40)
    drawn = tree(probability, RNG.integers(0, 3, (1, 20, 40)).astype(float))
    ax = bn.plot.reliability(drawn, classes)
    assert ax.get_title().startswith("Expected calibration error")
    for kind in ("coverage", "pit"):
        with pytest.raises(ValueError, match=f"kind '{kind}': expected a regression"):
            bn.plot.reliability(drawn, classes, kind=kind)
    with pytest.raises(ValueError, match="y: expected shape"):
        bn.plot.reliability(drawn, classes[:-1])
    with pytest.raises(ValueError, match="what was observed"):
        bn.plot.reliability(drawn)


def test_draws_are_judged_on_the_data_they_carry():
    x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    model = bn.load("two_layer", inputs=3, hidden=1, outputs=1)
    draws = bn.laplace(model, x, y, samples=50)
    ax = bn.plot.reliability(draws, kind="pit")
    assert ax.get_title() == "PIT of 57 observations"
    area = ax.patches[-1].get_data().values.mean()
    assert area == pytest.approx(1.0)
