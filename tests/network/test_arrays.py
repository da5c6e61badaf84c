"""Data are taken as they are, or refused: nothing is read as something else."""

import warnings

import numpy as np
import pandas as pd
import pytest

import bayesneuron as bn
from bayesneuron.network.arrays import as_arrays
from bayesneuron.numerics.arrays import as_numbers

CLASSES = bn.load("mlp", inputs=2, hidden=(2,), outputs=3, likelihood="categorical")
X = np.random.default_rng(0).normal(size=(6, 2))
Y = np.array([0, 1, 2, 0, 1, 2])

MISREAD = [
    (np.ma.masked_greater(X, 1.0), "no masked values, got"),
    ([np.ma.masked_greater(row, 1.0) for row in X], "no masked values, got"),
    (X + 1j, "expected numbers, got complex numbers"),
    (X.astype("timedelta64[s]"), "expected numbers, got time differences"),
    (X.astype("datetime64[s]"), "expected numbers, got dates"),
    (X.astype(str), "expected numbers, got dtype"),
    (X.astype(object), "expected numbers, got dtype object"),
    ([[1.0, 2.0], [3.0]], "expected an array of numbers"),
    (np.where(X > 1, np.nan, X), "expected finite"),
]


@pytest.mark.parametrize(("values", "message"), MISREAD)
def test_no_value_is_altered(values, message):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ValueError, match=f"x: .*{message}"):
            bn.laplace(CLASSES, values, Y)
        with pytest.raises(ValueError, match=f"series: .*{message}"):
            bn.windows(values, 2)
        with pytest.raises(ValueError, match=f"x: .*{message}"):
            bn.inputs.pca(values, 1)


def test_a_masked_array_without_masked_values_is_plain():
    np.testing.assert_array_equal(as_numbers("x", np.ma.masked_greater(X, 100.0)), X)


def test_class_numbers():
    _, numbers = as_arrays(CLASSES, X, Y.astype(float))
    np.testing.assert_array_equal(numbers, Y)


@pytest.mark.parametrize(
    ("y", "got"),
    [
        (Y + 1, "3"),
        (np.array([0, 1, 2, 3, 4, 1]), "3, 4"),
        (Y - 1, "-1"),
        (Y + 0.5, "0.5, 1.5, 2.5"),
    ],
)
def test_other_numbers_are_no_classes(y, got):
    for call in (bn.laplace, bn.nuts, bn.bootstrap, bn.svi):
        with pytest.raises(ValueError, match=f"y: expected class numbers 0 to 2, got {got}"):
            call(CLASSES, X, y)
    draws = bn.prior(CLASSES, X, samples=4)
    with pytest.raises(ValueError, match=f"y: expected class numbers 0 to 2, got {got}"):
        bn.predict(draws, X, y)


@pytest.mark.parametrize(
    "names",
    [np.array(["a", "b", "c"])[Y], pd.Series(["a", "b", "c"])[Y], ["a", "b", "c", "a", "b", "c"]],
)
def test_names_of_classes_are_numbered_by_numpy(names):
    with pytest.raises(
        ValueError, match=r"got labels such as \['a'\].*numpy\.unique\(y, return_in"
    ):
        bn.laplace(CLASSES, X, names)
    np.testing.assert_array_equal(np.unique(names, return_inverse=True)[1], Y)
