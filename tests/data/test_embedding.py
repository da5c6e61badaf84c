"""Delay and width of windows: known systems, closed forms, and what does not fold."""

import numpy as np
import pytest
import xarray as xr
from scipy.integrate import solve_ivp
from scipy.signal import lfilter

import bayesneuron as bn
from bayesneuron.data.mutual_information import autocorrelation, first_minimum, mutual_information
from bayesneuron.data.neighbours import follow_neighbours


def lorenz(length=2500, step=0.02):
    def flow(_, s):
        return [10 * (s[1] - s[0]), s[0] * (28 - s[2]) - s[1], s[0] * s[1] - 8 / 3 * s[2]]

    times = np.arange(length + 500) * step
    return solve_ivp(flow, (0, times[-1]), [1.0, 1.0, 1.0], t_eval=times, rtol=1e-7).y[0, 500:]


def henon(length=1500):
    x = [0.0, 0.0]
    for _ in range(length + 100):
        x.append(1 - 1.4 * x[-1] ** 2 + 0.3 * x[-2])
    return np.array(x[-length:])


def ar1(rho, length=2000, seed=0):
    noise = np.random.default_rng(seed).normal(size=length + 500)
    return lfilter([1.0], [1.0, -rho], noise)[500:]


QUICK = {"surrogates": 0, "most": 800, "max_width": 6}
NOISE = np.random.default_rng(0).normal(size=800)


def test_mutual_information_of_ar1_is_the_closed_form():
    delays = np.array([1, 2, 5, 10])
    exact = -0.5 * np.log1p(-(0.9 ** (2.0 * delays)))
    of_series = [
        mutual_information([ar1(0.9, seed=seed)], delays, most=2000, seed=0)[0] for seed in range(5)
    ]
    np.testing.assert_allclose(np.mean(of_series, axis=0), exact, atol=0.05)


def test_no_pair_crosses_from_one_recording_to_the_next():
    halves = [NOISE[:400] - NOISE.mean(), NOISE[400:] - NOISE.mean()]
    products = np.concatenate([half[:-3] * half[3:] for half in halves])
    found = autocorrelation(halves, np.array([3]))
    np.testing.assert_allclose(found, products.mean() / NOISE.var())


def test_the_lorenz_system_unfolds_in_three_dimensions():
    found = bn.embedding(lorenz(), max_delay=20, **QUICK)
    assert 6 <= found.delay <= 10  # Fraser and Swinney's minimum, about 0.16 time units
    assert found.width == found.width_by_cao == found.width_by_false_neighbours == 3
    assert "first minimum of the mutual information" in found.recommendation
    assert found.e2[0] < 0.3


def test_the_henon_map_unfolds_in_two_at_delay_one():
    found = bn.embedding(henon(), max_delay=10, **QUICK)
    assert (found.delay, found.width) == (1, 2)
    assert found.by_information is None


def test_a_sine_unfolds_in_two_dimensions():
    found = bn.embedding(np.sin(0.16 * np.arange(900)), max_delay=15, **QUICK)
    assert found.width == found.width_by_cao == found.width_by_false_neighbours == 2
    assert found.false_neighbours[0] > 0.3  # it goes up and down through every value


@pytest.mark.parametrize("series", [NOISE, ar1(0.9, 800)], ids=["white", "ar1"])
def test_noise_never_unfolds_and_its_e2_is_that_of_noise(series):
    found = bn.embedding(series, max_delay=15, **QUICK | {"surrogates": 19})
    assert found.width_by_false_neighbours is None
    assert found.false_neighbours.min() > 0.05
    assert abs(found.e2 - 1).max() < 0.15
    assert found.e2_p > 0.05
    assert "no further from 1 than in Gaussian noise" in found.recommendation


def test_a_chaotic_map_is_told_from_gaussian_noise():
    found = bn.embedding(henon(600), delay=1, **QUICK | {"surrogates": 19})
    assert found.e2_p == 0.05
    assert abs(found.null_e2 - 1).max() < 0.3 < abs(found.e2 - 1).max()


def test_false_neighbours_and_cao_are_those_of_a_loop():
    series, delay, theiler, width = lorenz(200), 3, 5, 2
    count = len(series) - width * delay
    points = np.array([series[i : i + width * delay : delay] for i in range(count)])
    new = series[width * delay :]
    false, growth, step = 0, [], []
    for i in range(count):
        others = np.flatnonzero(abs(np.arange(count) - i) > theiler)
        far = np.linalg.norm(points[others] - points[i], axis=1)
        j = others[far.argmin()]
        longer = np.hypot(far.min(), new[i] - new[j])
        false += abs(new[i] - new[j]) / far.min() > 15 or longer / series.std() > 2
        far = abs(points[others] - points[i]).max(axis=1)
        j = others[far.argmin()]
        growth.append(max(far.min(), abs(new[i] - new[j])) / far.min())
        step.append(abs(new[i] - new[j]))
    rng = np.random.default_rng(0)
    found = follow_neighbours(
        [series], np.array([width]), delay, theiler=theiler, most=10**6, rng=rng
    )
    np.testing.assert_allclose(
        np.ravel(found), [false / count, np.mean(growth), np.mean(step)], rtol=1e-9
    )


def test_recordings_are_pieces_of_one_trajectory():
    series = lorenz(2400)
    labels = np.repeat(["a", "b", "c"], 800)
    whole = xr.DataArray(series, dims="time", coords={"recording": ("time", labels)})
    found = bn.embedding(whole, max_delay=20, **QUICK)
    assert found.recordings == 3
    assert found.width == 3
    assert "in 3 recordings" in repr(found)


def test_units_and_shifts_change_nothing_and_seeds_repeat():
    first = bn.embedding(henon(600), delay=1, **QUICK)
    second = bn.embedding(5 + 1e3 * henon(600), delay=1, **QUICK)
    np.testing.assert_allclose(first.false_neighbours, second.false_neighbours)
    np.testing.assert_allclose(first.e1, second.e1, rtol=1e-6)
    again = bn.embedding(henon(600), delay=1, **QUICK)
    assert first.table().equals(again.table())
    assert first.delay_table().equals(again.delay_table())


def test_a_series_of_two_values_has_an_answer():
    coin = np.random.default_rng(0).integers(0, 2, 300).astype(float)
    found = bn.embedding(coin, max_delay=5, **QUICK | {"surrogates": 2})
    assert found.width_by_false_neighbours is None
    assert np.isfinite(found.table().drop(columns="e2_noise")).all(axis=None)


def test_small_ripples_are_no_minimum():
    falling = np.exp(-np.arange(20) / 5)
    ripple = falling + 0.01 * (-1) ** np.arange(20)
    assert first_minimum(ripple, 0.05) is None


@pytest.mark.parametrize(
    ("series", "options", "message"),
    [
        (np.ones(300), {}, "expected samples that vary, got a constant"),
        (NOISE[:60], {}, "expected a recording of at least 100 samples, got at most 60"),
        (np.r_[NOISE, np.nan], {}, "missing"),
        (np.c_[NOISE, NOISE], {}, r"expected one channel, got shape \(800, 2\)"),
        (NOISE, {"max_delay": 790}, "max_delay: expected a whole number from 1 to 750"),
        (NOISE, {"delay": 0}, "delay: expected a positive whole number"),
        (NOISE[:300], {"delay": 40}, "expected at least 50 points of width 11 at delay 40, got 0"),
        (NOISE, {"max_width": 0}, "max_width: expected a positive whole number"),
        (NOISE, {"theiler": -1}, "theiler: expected a whole number, 0 or more"),
        (NOISE[:300], {"theiler": 200, "delay": 2}, "theiler: expected at most 138 for so many"),
        (NOISE, {"seed": -1}, "seed: expected a whole number"),
    ],
)
def test_bad_input_is_named(series, options, message):
    with pytest.raises(ValueError, match=message):
        bn.embedding(series, **options)
