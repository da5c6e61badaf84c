"""Reference forecasts on series whose best forecast is known."""

import numpy as np
import pytest

import bayesneuron as bn
from bayesneuron.forecasting.references import autoregression, persistence, rmse

PHI = (1.6, -0.8)  # a stable, oscillating AR(2)


def ar2(length, seed):
    noise = np.random.default_rng(seed).normal(size=length)
    values = np.zeros(length)
    for t in range(2, length):
        values[t] = PHI[0] * values[t - 1] + PHI[1] * values[t - 2] + noise[t]
    return values


def windows(series, history, horizon=1):
    x, y = bn.windows(series, history, horizon, standardize=False)
    return x.values, y.values


def test_the_autoregression_finds_a_planted_one():
    train, test = windows(ar2(3000, 0), 2), windows(ar2(3000, 1), 2)
    forecast = autoregression(*train, test[0])
    # a forecast is linear in its window: unit windows give back the coefficients
    probe = autoregression(*train, np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))[:, 0]
    assert probe[1] - probe[0] == pytest.approx(PHI[1], abs=0.03)
    assert probe[2] - probe[0] == pytest.approx(PHI[0], abs=0.03)
    assert rmse(forecast, test[1]) == pytest.approx(1.0, abs=0.04), "the noise and no more"
    assert rmse(persistence(test[0], 1), test[1]) > 1.3


def test_each_step_ahead_has_its_own_equation():
    """The error two steps ahead is that of φ₁ε_{t+1} + ε_{t+2}."""
    train, test = windows(ar2(4000, 2), 3, 2), windows(ar2(4000, 3), 3, 2)
    forecast = autoregression(*train, test[0])
    assert forecast.shape == test[1].shape
    errors = np.sqrt(((forecast - test[1]) ** 2).mean(axis=0))
    np.testing.assert_allclose(errors, [1.0, np.hypot(1.0, PHI[0])], rtol=0.05)


def test_nothing_beats_persistence_on_a_random_walk():
    walk = np.random.default_rng(4).normal(size=6000).cumsum()
    train, test = windows(walk[:3000], 5, 4), windows(walk[3000:], 5, 4)
    last = persistence(test[0], 4)
    errors = np.sqrt(((last - test[1]) ** 2).mean(axis=0))
    np.testing.assert_allclose(errors, np.sqrt([1, 2, 3, 4]), rtol=0.1)
    assert rmse(last, test[1]) < 1.02 * rmse(autoregression(*train, test[0]), test[1])


def test_persistence_repeats_every_channel():
    series = np.stack([np.arange(12.0), 100 + np.arange(12.0)], axis=1)
    x, y = bn.windows(series, 3, 2, standardize=False)
    last = persistence(x.values, y.shape[1], channels=2)
    np.testing.assert_array_equal(y.values - last, np.tile([1.0, 1.0, 2.0, 2.0], (len(x), 1)))


def test_errors_are_in_the_units_of_every_channel():
    y = np.zeros((5, 2))
    forecast = np.ones((5, 2))
    assert rmse(forecast, y, np.array([3.0, 4.0])) == pytest.approx(np.sqrt(12.5))
