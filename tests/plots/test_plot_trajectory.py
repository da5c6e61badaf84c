"""Phase portraits, and the curves of an embedding."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr

import bayesneuron as bn

WAVE = np.sin(0.16 * np.arange(200))


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


def points(ax):
    return np.asarray(ax.collections[0].get_offsets())


def test_lags_are_the_samples_themselves():
    ax = bn.plot.phase(WAVE, delay=10)
    np.testing.assert_allclose(points(ax), np.c_[WAVE[:-10], WAVE[10:]])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("s(t)", "s(t + 10)")


def test_windows_are_drawn_in_their_units_and_at_their_delay():
    series = xr.DataArray(5 + WAVE, dims="time", attrs={"units": "m"})
    ax = bn.plot.phase(bn.windows(series, 3, delay=4)[0])
    np.testing.assert_allclose(points(ax)[0], 5 + WAVE[[0, 4]])
    assert ax.get_ylabel() == "s(t + 4) (m)"


def test_only_the_window_is_drawn_of_rows_with_more():
    x = bn.windows(WAVE, 10)[0]
    beside = bn.windows(WAVE, 10, exogenous=np.cos(np.arange(200.0)))[0]
    shown = [points(bn.plot.phase(v, kind="components")) for v in (x, beside)]
    np.testing.assert_allclose(*shown, atol=1e-12)


def test_components_of_a_sine_are_a_circle_with_all_the_variance():
    ax = bn.plot.phase(WAVE, kind="components", width=39)
    radius = np.linalg.norm(points(ax), axis=1)
    assert radius.std() < 0.05 * radius.mean()
    share = [int(label.split("(")[1][:2]) for label in (ax.get_xlabel(), ax.get_ylabel())]
    assert sum(share) in (99, 100)


def test_three_dimensions_and_recordings():
    ax = plt.figure().add_subplot(projection="3d")
    assert bn.plot.phase(WAVE, delay=5, ax=ax) is ax
    assert ax.get_zlabel() == "s(t + 10)"
    labels = np.repeat([0, 1], 100)
    two = xr.DataArray(WAVE, dims="time", coords={"recording": ("time", labels)})
    flat = bn.plot.phase(two, recordings=True)
    assert [len(line.get_xdata()) for line in flat.lines] == [99, 99]
    assert flat.lines[0].get_color() != flat.lines[1].get_color()


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        (np.c_[WAVE, WAVE], {}, "expected a series of one channel"),
        (WAVE, {"kind": "time"}, "kind: expected one of"),
        (WAVE, {"width": 1}, "expected windows of at least 2 entries, got 1"),
        (WAVE, {"delay": 0}, "delay: expected a positive"),
        (WAVE[:5], {"delay": 9}, "expected a recording of at least 10 samples"),
    ],
)
def test_what_cannot_be_drawn_is_named(source, options, message):
    with pytest.raises(ValueError, match=message):
        bn.plot.phase(source, **options)


def test_the_curves_mark_what_was_chosen():
    found = bn.embedding(WAVE, max_delay=12, max_width=4, surrogates=3, most=150)
    at = {"delay": found.delay, "false": found.width_by_false_neighbours, "cao": found.width_by_cao}
    for curve, chosen in at.items():
        ax = bn.plot.embedding(found, curve)
        assert [line.get_xdata()[0] for line in ax.lines].count(chosen) >= 1
        assert ax.get_xlabel() in ("delay (samples)", "width (entries)")
    with pytest.raises(ValueError, match="curve: expected one of"):
        bn.plot.embedding(found, "width")
    with pytest.raises(ValueError, match="source: expected a Embedding"):
        bn.plot.embedding(WAVE)
