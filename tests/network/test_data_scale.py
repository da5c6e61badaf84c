"""Data far from unit scale are told when a network is trained, and by the diagnosis."""

import numpy as np
import pytest

import bayesneuron as bn
from bayesneuron.network.data_scale import off_scale
from bayesneuron.numerics.warn import StatisticalWarning

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3))
Y = X[:, :1] + 0.1 * RNG.normal(size=(40, 1))
ADAM = bn.Adam(epochs=2)
MODEL = bn.load("mlp", inputs=3, hidden=(2,), outputs=1)


def fit(x, y):
    return bn.bootstrap(MODEL, x, y, replicates=8, optimizer=ADAM, seed=0)


def test_columns_are_named_with_their_size():
    x = X * [1.0, 300.0, 1.0]
    with pytest.warns(StatisticalWarning, match=r"x: root mean square 2\d\d in column 1\. .*stand"):
        draws = fit(x, Y)
    (finding,) = [f for f in bn.diagnose(draws).findings if f.cause == "scale of the data"]
    assert "column 1" in finding.evidence
    assert not finding.serious


def test_an_offset_counts_as_scale_and_targets_are_judged():
    with pytest.warns(StatisticalWarning, match="y: root mean square 1e"):
        fit(X, Y + 1000)


@pytest.mark.slow
def test_standardised_data_and_class_numbers_pass():
    fit(X, Y)
    assert off_scale("x", np.zeros((5, 2))) is None
    classes = bn.load("mlp", inputs=3, hidden=(2,), outputs=12, likelihood="categorical")
    bn.bootstrap(classes, X, RNG.integers(0, 12, 40), replicates=2, optimizer=ADAM, seed=0)


def test_tiny_data_are_told_only_where_every_column_is_tiny():
    assert "columns 0, 1, 2" in (off_scale("x", X * 0.001) or "")
    assert off_scale("x", X * [1.0, 0.001, 0.001]) is None


def test_many_columns_are_counted():
    assert "0, 1, 2, 3, 4 and 15 more" in (off_scale("x", np.full((4, 20), 99.0)) or "")
