"""Singular spectrum analysis: what the algebra promises."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

import bayesneuron as bn
from bayesneuron.data._ssa import ssa
from bayesneuron.plots._components import components


def sine(length=100, period=10.0, phase=0.0):
    return np.sin(2 * np.pi * np.arange(length) / period + phase)


def by_hand(x, length):
    """Diagonal averages of a matrix (window, column), entry by entry."""
    sums, counts = np.zeros(length), np.zeros(length)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            sums[i + j] += x[i, j]
            counts[i + j] += 1
    return sums / counts


@given(st.integers(0, 10**6), st.integers(1, 30), st.integers(30, 50))
def test_all_components_are_the_series(seed, window, length):
    series = 10 * np.random.default_rng(seed).normal(size=length) + 5
    analysis = ssa(series, window)
    assert len(analysis.singular_values) == min(window, length - window + 1)
    assert np.allclose(analysis.reconstruct(), series, atol=1e-11)
    assert np.isclose(analysis.share.sum(), 1)
    assert np.isclose((analysis.singular_values**2).sum(), (analysis.scores**2).sum())


@pytest.mark.parametrize("phase", [0.0, 0.7])
def test_a_sine_has_two_components_of_equal_weight(phase):
    analysis = ssa(sine(99, phase=phase), 50)
    assert (analysis.singular_values[:2] > 1).all()
    assert (analysis.singular_values[2:] < 1e-12 * analysis.singular_values[0]).all()
    assert np.allclose(analysis.share[:2], 0.5, atol=1e-12)
    assert np.allclose(analysis.reconstruct(2), sine(99, phase=phase), atol=1e-12)


def test_rank_of_known_series():
    t = np.arange(80)
    for series, rank in [(np.ones(80), 1), (1.01**t, 1), (3.0 * t - 2, 2), (t**2.0, 3)]:
        values = ssa(series, 30).singular_values
        assert (values > 1e-11 * values[0]).sum() == rank


def test_a_component_is_its_diagonal_average():
    series = np.random.default_rng(0).normal(size=23)
    analysis = ssa(series, 7)
    for i in range(7):
        x = np.outer(analysis.left[:, i], analysis.scores[:, i])
        assert np.allclose(analysis.reconstruct([i]), by_hand(x, 23), atol=1e-13)


def test_groups_add_up_and_separate():
    """A constant and a sine of whole periods are exactly separable, weakly."""
    series = 3 + sine(59, 10.0)
    analysis = ssa(series, 30, components=3, groups=[[0], [1, 2]])
    parts = analysis.parts()
    assert parts.dims == ("group", "time")
    assert np.allclose(parts[0], 3, atol=1e-9)
    assert np.allclose(parts[1], sine(59, 10.0), atol=1e-9)
    assert np.allclose(analysis.w_correlation(), np.eye(2), atol=1e-9)


def test_w_correlation_is_a_correlation():
    analysis = ssa(np.random.default_rng(1).normal(size=60), 12)
    rho = analysis.w_correlation()
    assert rho.shape == (12, 12)
    assert np.allclose(rho, rho.T)
    assert (np.abs(rho) <= 1 + 1e-12).all()
    assert np.linalg.eigvalsh(rho).min() > -1e-10


def test_recordings_are_kept_apart():
    rng = np.random.default_rng(2)
    pieces = [rng.normal(size=n) for n in (20, 31, 25)]
    recording = np.repeat([0, 1, 2], [20, 31, 25])
    coords = {"recording": ("time", recording), "time": np.arange(76) / 10}
    series = xr.DataArray(np.concatenate(pieces), dims="time", coords=coords, attrs={"units": "g"})
    analysis = ssa(series, 8)
    assert len(analysis.scores) == 13 + 24 + 18
    back = analysis.reconstruct()
    assert np.allclose(back, series, atol=1e-12)
    assert back.attrs == series.attrs
    assert np.array_equal(back["recording"], recording)
    # what one recording is does not reach into another, but by the common patterns
    few = analysis.reconstruct(3).values
    patterns = analysis.left[:, :3]
    projected = [by_hand(patterns @ (patterns.T @ hankel(p, 8)), len(p)) for p in pieces]
    assert np.allclose(few, np.concatenate(projected), atol=1e-12)


def hankel(series, window):
    return np.lib.stride_tricks.sliding_window_view(series, window).T


def test_equal_recordings_have_the_components_of_one():
    one = bn.datasets.noisy_sine(length=50, period=12)
    coords = {"recording": ("time", np.repeat([0, 1], 50))}
    two = xr.DataArray(np.tile(one.values, 2), dims="time", coords=coords)
    alone, both = ssa(one, 12), ssa(two, 12)
    assert np.allclose(both.singular_values, np.sqrt(2) * alone.singular_values)
    assert np.allclose(both.share, alone.share)
    assert np.allclose(both.reconstruct(4)[50:], alone.reconstruct(4))


def test_errors_fall_to_nothing_in_the_units_of_the_series():
    series = bn.datasets.walking()
    test = series[series["recording"] > 14]
    analysis = ssa(series[series["recording"] < 15], 20)
    table = analysis.errors(test)
    assert list(table.columns) == ["components", "rmse", "test_rmse"]
    assert table.attrs["units"] == "sensor units"
    own = analysis.series - analysis.reconstruct(5)
    assert np.isclose(table["rmse"][4], np.sqrt((own**2).mean()))
    assert table["rmse"].iloc[-1] < 1e-11
    assert table["test_rmse"].iloc[-1] < 1e-11
    assert np.allclose(ssa(series * 7, 20).errors()["rmse"], 7 * ssa(series, 20).errors()["rmse"])
    same = analysis.errors(analysis.series)
    assert np.allclose(same["rmse"], same["test_rmse"], atol=1e-12)


def test_noise_around_a_sine_is_left_to_the_later_components():
    noisy = bn.datasets.noisy_sine(length=300, noise=0.2, period=20)
    table = ssa(noisy, 40).errors()
    assert 0.1 < table["rmse"][1] < 0.25
    clean = ssa(noisy, 40).reconstruct(2) - sine(300, 20)
    assert np.sqrt((clean**2).mean()) < 0.08


def test_repeated_analysis_gives_the_same_bits():
    series = bn.datasets.noisy_sine(length=90)
    a, b = ssa(series, 20), ssa(series, 20)
    assert np.array_equal(a.scores, b.scores)
    assert np.array_equal(a.reconstruct(3), b.reconstruct(3))


def test_an_analysis_prints_on_one_screen():
    analysis = ssa(bn.datasets.walking(), 60)
    text = repr(analysis)
    head = "SSA of 2000 samples in 20 recordings: window 60, 60 components in 60 groups"
    assert text.startswith(head + "\n")
    assert len(text.splitlines()) < 30
    assert analysis._repr_html_().startswith(f"<p>{head}</p>")
    table = analysis.table()
    assert list(table.columns) == ["singular_value", "share", "cumulative"]
    assert np.isclose(table["cumulative"].iloc[-1], 1)
    assert repr(ssa(np.arange(9.0), 3)).startswith("SSA of 9 samples: window 3, 3 components")


def test_arguments_are_checked():
    series = np.arange(20.0)
    with pytest.raises(ValueError, match="at most 20 samples"):
        ssa(series, 21)
    with pytest.raises(ValueError, match="positive whole number"):
        ssa(series, 0)
    with pytest.raises(ValueError, match="one channel"):
        ssa(np.ones((20, 2)), 5)
    with pytest.raises(ValueError, match="finite"):
        ssa([1.0, np.nan, 2.0], 2)
    with pytest.raises(ValueError, match="from 1 to 5, got 6"):
        ssa(series, 5, components=6)
    with pytest.raises(ValueError, match="groups"):
        ssa(series, 5, groups=[[0, 5]])
    with pytest.raises(ValueError, match="components"):
        ssa(series, 5).reconstruct([0, 0])
    with pytest.raises(ValueError, match="at most 3 samples"):
        ssa(series, 5).errors([1.0, 2.0, 3.0])


def test_figure_of_components(tmp_path):
    series = bn.datasets.walking()
    analysis = ssa(series, 20)
    ax = plt.figure().add_subplot()
    assert components(analysis, ax=ax) is ax
    components(analysis.errors(series), label="again", ax=ax)
    assert len(ax.lines) == 3
    assert len({(str(drawn.get_color()), str(drawn.get_linestyle())) for drawn in ax.lines}) == 3
    assert ax.get_ylabel() == "RMSE (sensor units)"
    bn.plot.save_figure(ax, tmp_path / "components")
    with pytest.raises(ValueError, match="'components'"):
        components(pd.DataFrame({"rmse": [1.0]}))
    plt.close("all")
