"""Data are taken as they are, or refused: nothing is read as something else."""

import warnings

import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import pandas as pd
import pytest

import bayesneuron as bn
from bayesneuron.network.arrays import as_arrays, as_training
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
    (X.astype(str), "expected numbers, got .*dtype"),
    (X.astype(object), "expected numbers, got .*dtype object"),
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


TIME = np.arange(60.0)
CHANNELS = np.stack([np.sin(TIME / 5), np.cos(TIME / 7)], axis=1)


def test_a_bounded_output_is_not_trained_on_what_it_cannot_reach():
    x, y = bn.windows(3 * CHANNELS[:, 0], 4)
    for name, options in (
        ("rnn", {}),
        ("two_layer", {"inputs": 4, "outputs": 1, "output": "tanh"}),
    ):
        model = bn.load(name, hidden=2, **options)
        for estimate in (bn.laplace, bn.nuts, bn.svi, bn.bootstrap):
            with pytest.raises(
                ValueError, match="expected values from -1 to 1, the range of output"
            ):
                estimate(model, x, y)
    assert as_training(bn.load("rnn", hidden=2, output="identity"), x, y)[1].shape == y.shape


def test_a_recurrent_network_reads_all_channels_of_a_sample_together():
    x, y = bn.windows(CHANNELS, 4, standardize="maxabs")
    one = bn.load("rnn", hidden=2, outputs=2)
    with pytest.raises(ValueError, match="expected windows of 1 channel, got 2: load it with"):
        bn.laplace(one, x, y)
    both = bn.load("rnn", hidden=2, outputs=2, channels=2)
    draws = bn.prior(both, x, samples=3)
    w = {name: values.values[0] for name, values in draws.posterior.items()}
    h = np.zeros((3, len(x), 2))
    for t in range(4):
        step = x.values[:, 2 * t : 2 * t + 2]
        h = np.tanh(h @ w["hidden_weight"].mT + step @ w["input_weight"].mT)
    mean = bn.predict(draws, x)["predictions"]["mean"][0]
    np.testing.assert_allclose(mean, np.tanh(h @ w["output_weight"].mT), atol=1e-6)


def test_names_that_results_cannot_hold_are_refused_before_the_fit():
    def slashed(x, y=None):
        w = numpyro.sample("a/W", dist.Normal().expand([2, x.shape[1]]).to_event(2))
        v = numpyro.sample("V", dist.Normal().expand([1, 2]).to_event(2))
        mean = numpyro.deterministic("mean", jnp.tanh(x @ w.T) @ v.T)
        with numpyro.plate("observation", x.shape[0]):
            numpyro.sample("y", dist.Normal(mean).to_event(1), obs=y)

    layout = bn.Layout({"a/W": ("hidden", "input"), "V": ("output", "hidden")}, {"hidden": "tanh"})
    with pytest.raises(ValueError, match=r"expected names of sites without '/', got \['a/W'\]"):
        as_arrays(bn.load(slashed, layout=layout), np.ones((3, 2)), np.ones(3))
    with pytest.raises(ValueError, match="expected names without '/'"):
        bn.from_arrays({"a/W": np.ones((3, 2, 2)), "V": np.ones((3, 1, 2))}, layout=layout)
