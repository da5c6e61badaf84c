"""Gaussian series with the memory of a given one."""

import numpy as np

from bayesneuron.data.surrogates import LARGEST, GaussianProcess, gaussian_process


def process(*coefficients, noise=1.0):
    shaped = np.reshape(coefficients, (-1, 1, 1)).astype(float)
    return GaussianProcess(np.zeros(1), shaped, np.full((1, 1), noise))


def radius(fitted):
    return abs(np.roots(np.r_[1.0, -fitted.coefficients[:, 0, 0]])).max()


def test_draws_have_the_autocovariance_of_the_process_from_the_first_sample_on():
    drawn = process(0.9).draw([30], 20000, np.random.default_rng(0))[..., 0]
    exact = 1 / (1 - 0.9**2)  # of AR(1)
    np.testing.assert_allclose(drawn[:, [0, 15, 29]].var(axis=0), exact, rtol=0.05)
    np.testing.assert_allclose((drawn[:, 0] * drawn[:, 3]).mean(), 0.9**3 * exact, rtol=0.06)


def test_recordings_are_independent():
    drawn = process(0.9).draw([5, 5], 20000, np.random.default_rng(0))[..., 0]
    assert drawn.shape == (20000, 10)
    assert abs(np.corrcoef(drawn[:, 4], drawn[:, 5])[0, 1]) < 0.03


def test_the_order_and_the_coefficients_are_found():
    known = process(1.6, -0.8)
    pieces = list(known.draw([1500], 2, np.random.default_rng(1)))
    found = gaussian_process(pieces)
    np.testing.assert_allclose(found.coefficients[:2, 0, 0], [1.6, -0.8], atol=0.1)
    drawn = found.draw([3000], 1, np.random.default_rng(2))[0, :, 0]
    own = np.concatenate(pieces)[:, 0]
    for lag in (1, 5, 10):
        of = [np.corrcoef(v[:-lag], v[lag:])[0, 1] for v in (own, drawn)]
        assert abs(of[0] - of[1]) < 0.15


def test_channels_keep_their_correlation():
    rng = np.random.default_rng(0)
    first = rng.normal(size=1000)
    values = np.c_[first[1:], first[:-1] + 0.1 * rng.normal(size=999)]  # the second follows
    drawn = gaussian_process([values]).draw([2000], 1, rng)[0]
    assert np.corrcoef(drawn[:-1, 0], drawn[1:, 1])[0, 1] > 0.95
    assert abs(np.corrcoef(drawn[:, 0], drawn[:, 1])[0, 1]) < 0.1


def test_an_undamped_wave_and_a_trend_have_stable_surrogates():
    wave = np.sin(0.16 * np.arange(500))[:, None]
    trend = np.cumsum(np.random.default_rng(0).normal(1.0, 0.1, 500))[:, None]
    for series in (wave, trend):
        fitted = gaussian_process([series])
        assert radius(fitted) <= LARGEST + 1e-9
        drawn = fitted.draw([500], 5, np.random.default_rng(0))
        assert np.isfinite(drawn).all()


def test_white_noise_has_no_memory_and_seeds_repeat():
    noise = np.random.default_rng(3).normal(size=(400, 1))
    fitted = gaussian_process([noise])
    assert len(fitted.coefficients) == 0
    first, second = (fitted.draw([7], 2, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
