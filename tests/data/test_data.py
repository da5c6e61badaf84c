"""Windows, scaling, splitting and reading of series."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

import bayesneuron as bn
from bayesneuron.data.trajectory import average_windows


@given(
    lengths=st.lists(st.integers(1, 12), min_size=1, max_size=4),
    history=st.integers(1, 4),
    horizon=st.integers(1, 3),
    stride=st.integers(1, 4),
)
def test_windows_are_the_trajectory_matrix_of_each_recording(lengths, history, horizon, stride):
    recording = np.repeat(np.arange(len(lengths)), lengths)
    values = np.arange(len(recording), dtype=float)
    series = xr.DataArray(values, dims="time", coords={"recording": ("time", recording)})
    rows = [
        (values[s : s + history], values[s + history : s + history + horizon])
        for r in range(len(lengths))
        for s in range(sum(lengths[:r]), sum(lengths[: r + 1]) - history - horizon + 1, stride)
    ]
    if not rows:
        with pytest.raises(ValueError, match="expected a recording of at least"):
            bn.windows(series, history, horizon, stride, standardize=False)
        return
    x, y = bn.windows(series, history, horizon, stride, standardize=False)
    np.testing.assert_array_equal(x, [a for a, _ in rows])
    np.testing.assert_array_equal(y, [b for _, b in rows])


@pytest.mark.parametrize("kind", [True, "zscore", "maxabs"])
def test_scaling_is_undone(kind):
    series = 100 + 5 * bn.datasets.noisy_sine(length=60)
    x, y = bn.windows(series, 4, 3, standardize=kind)
    np.testing.assert_allclose(bn.unscale(x.values, x)[:, 0], series[: len(x)], rtol=1e-12)
    np.testing.assert_allclose(bn.unscale(y.values, y)[:, 0], series[4 : 4 + len(y)], rtol=1e-12)
    if kind == "maxabs":
        assert abs(x).max() <= 0.95 + 1e-12


def test_a_scaling_prints_on_one_screen():
    many = bn.results.Scaling.of(np.random.default_rng(0).normal(size=(9, 300)), "zscore")
    assert len(repr(many).splitlines()) < 30
    assert many._repr_html_().startswith("<p>Scaling: ")
    assert many.table()["scale"].tolist() == list(many.scale)


def test_test_windows_take_the_training_scale():
    train, late = bn.split(bn.datasets.noisy_sine(length=100))
    x, _ = bn.windows(train, 4)
    x_test, _ = bn.windows(late + 50, 4, standardize=x)
    assert x_test.attrs["center"] == x.attrs["center"] == pytest.approx(float(train.mean()))
    np.testing.assert_allclose(bn.unscale(x_test.values, x_test)[:, 0], (late + 50)[: len(x_test)])


def test_several_channels_keep_their_own_scale():
    values = np.stack([np.arange(20.0), 1000 * np.sin(np.arange(20.0))], axis=1)
    x, y = bn.windows(xr.DataArray(values, dims=("time", "channel")), 3)
    assert x.shape == (17, 6)
    np.testing.assert_allclose(bn.unscale(y.values, y), values[3:], atol=1e-9)
    again = bn.windows(xr.DataArray(values, dims=("time", "channel")), 3, standardize=x)[0]
    np.testing.assert_array_equal(again, x)


def test_reconstruction_target_is_the_window():
    x, y = bn.windows(np.arange(10.0), 4, target="reconstruct")
    np.testing.assert_array_equal(x, y)
    samples, means = average_windows(bn.unscale(y.values, y), y)
    np.testing.assert_allclose(means, samples)


def test_split_of_windows_shares_no_sample():
    x, y = bn.windows(bn.datasets.noisy_sine(length=100), 5, 2)
    x_train, x_test, y_train, y_test = bn.split(x, y)
    assert x_train["last_sample"].max() < x_test["first_sample"].min()
    assert len(x_train) == len(y_train)
    assert len(x_test) == len(y_test) == 19


def test_split_of_a_series_takes_the_end_of_every_recording():
    train, late = bn.split(bn.datasets.walking(), test_size=0.3)
    assert (np.bincount(late["recording"]) == 30).all()
    assert late["time"].min() >= 7.0 > train["time"].max()


def test_split_of_rows_needs_a_seed():
    x, y = bn.datasets.iris()
    with pytest.raises(ValueError, match="expected a seed"):
        bn.split(x, y)
    parts = bn.split(x, y, seed=0)
    assert [len(p) for p in parts] == [120, 30, 120, 30]
    np.testing.assert_array_equal(parts[1], bn.split(x, y, seed=0)[1])


@pytest.mark.parametrize(
    "series",
    [
        [1.0, 2.0, 4.0, 8.0],
        np.array([1, 2, 4, 8]),
        pd.Series([1.0, 2.0, 4.0, 8.0], index=pd.date_range("2020", periods=4)),
        pd.DataFrame({"a": [1.0, 2.0, 4.0, 8.0]}),
        xr.DataArray([1.0, 2.0, 4.0, 8.0], dims="when"),
    ],
)
def test_any_series(series):
    x, y = bn.windows(series, 2, standardize=False)
    assert x.values.tolist() == [[1, 2], [2, 4]]
    assert y.values.tolist() == [[4], [8]]


@pytest.mark.parametrize(
    ("series", "arguments", "message"),
    [
        ([1.0, np.nan, 2.0, 3.0], {"history": 2}, "got 1 missing, first at sample 1"),
        ([1.0, 1.0, 1.0, 1.0], {"history": 2}, "got a constant"),
        ([0.1, 0.1, 0.1, 0.1], {"history": 2}, "got a constant"),
        ([1.0, 2.0], {"history": 5}, "at least 6 samples"),
        (["a", "b"], {"history": 1}, "expected numbers"),
        ([], {"history": 1}, "got shape"),
        (np.zeros((2, 2, 2)), {"history": 1}, "got shape"),
        ([1.0, 2.0, 3.0], {"history": 0}, "history: expected a positive"),
        ([1.0, 2.0, 3.0], {"history": 1, "target": "both"}, "target: expected one of"),
        ([1.0, 2.0, 3.0], {"history": 1, "standardize": "minmax"}, "standardize: expected"),
    ],
)
def test_bad_series(series, arguments, message):
    with pytest.raises(ValueError, match=message):
        bn.windows(series, **arguments)


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        (None, {}, "expected a file"),
        ("", {}, "CSV file with a header"),
        ("a\n", {"column": "a"}, "at least one row under the header, got none"),
        ("a,b\n1,2\n", {}, "expected a column name"),
        ("a,b\nx,y\n", {}, r"expected a column of numbers or .*, got no numbers in \['a', 'b'\]"),
        ("a,b\n1,2\n", {"column": "c"}, r"expected column 'c', got \['a', 'b'\]"),
        ("a\n1\nx\n", {"column": "a"}, "got 'x' in row 3"),
        ("a\n1\n\n2\n", {"column": "a"}, "got 1 missing, first in row 3"),
        ("a,b\n1,2\n", {"column": "a", "recording": "r"}, "expected column 'r'"),
        ("a,b\n1,2\n", {"column": "a", "recording": "a"}, "expected two columns, got 'a' for both"),
        ("0.5\n1.5\n2\n", {}, r"expected a header, got numbers: \['0.5'\]"),
        ("0\n1\n2\n", {"column": "a"}, r"expected a header, got numbers: \['0'\]"),
    ],
)
def test_bad_files(tmp_path, text, options, message):
    path = tmp_path / "series.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ValueError, match=message):
        bn.read_series(path, **options)


def test_files_are_read_whole(tmp_path):
    path = tmp_path / "series.csv"
    path.write_text("who,v\na,1\na,2\nb,3\n\n")
    series = bn.read_series(path, column="v", recording="who", units="m")
    assert series.values.tolist() == [1, 2, 3]
    assert series["recording"].values.tolist() == ["a", "a", "b"]
    path.write_text("0,1\n5,6\n7,8\n")  # names that are numbers are asked for
    assert bn.read_series(path, column="1").values.tolist() == [6, 8]
    np.save(tmp_path / "series.npy", np.arange(4))
    assert bn.read_series(tmp_path / "series.npy").values.tolist() == [0, 1, 2, 3]


def test_pickled_arrays_are_refused(tmp_path):
    np.save(tmp_path / "evil.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="expected an array of numbers"):
        bn.read_series(tmp_path / "evil.npy")
