"""Fits to growing data share programs: rows of power zero fill them up."""

import logging

import jax
import numpy as np
import pytest

import bayesneuron as bn
from bayesneuron.draws.tree import theta_of
from bayesneuron.forecasting.padding import padded_lengths
from bayesneuron.network.density import density, log_joints

pytestmark = pytest.mark.filterwarnings("ignore::bayesneuron.StatisticalWarning")  # of 20 draws
LARGE = ("_climb_lanes", "_newton_lanes", "hessian")


@pytest.fixture(scope="module")
def data():
    model = bn.load("two_layer", inputs=4, hidden=2, outputs=1)
    return model, *bn.windows(bn.datasets.noisy_sine(length=90), history=4)


def test_rows_that_fill_up_change_the_draws_by_rounding_alone(data):
    model, x, y = data
    plain = bn.laplace(model, x, y, samples=20, starts=4)
    padded = bn.laplace(model, x, y, samples=20, starts=4, pad_to=120)
    assert padded["constant_data"]["x"].equals(plain["constant_data"]["x"])
    for name, values in plain["posterior"].data_vars.items():
        np.testing.assert_allclose(padded["posterior"][name], values, rtol=1e-6, atol=1e-8)
    again = bn.laplace(model, x, y, samples=20, starts=4, pad_to=120)
    assert again["posterior"].equals(padded["posterior"])


SHORT = {
    "svi": {"samples": 20, "steps": 40, "starts": 4},
    "nuts": {"chains": 2, "samples": 20, "warmup": 20, "starts": 4},
}


@pytest.mark.slow
@pytest.mark.parametrize("method", SHORT)
def test_padded_fits_are_of_the_density_of_the_rows_alone(data, method):
    model, x, y = data
    fit, options = getattr(bn, method), SHORT[method]
    plain = fit(model, x, y, **options)
    padded = fit(model, x, y, **options, pad_to=120)
    assert padded["constant_data"]["x"].equals(plain["constant_data"]["x"])
    assert padded.attrs["temper"] == plain.attrs["temper"]
    with jax.enable_x64(True):
        inputs, targets = (jax.numpy.asarray(v.values) for v in (x, y))
        dens = density(model, inputs, targets)  # of the rows that there are
        lp = log_joints(dens, jax.numpy.asarray(theta_of(dens, padded)), inputs, targets, 1.0)
    np.testing.assert_allclose(padded["sample_stats"]["lp"].values.ravel(), lp, rtol=1e-9)
    again = fit(model, x, y, **options, pad_to=120)
    assert again["posterior"].equals(padded["posterior"])


def test_padded_chains_are_extended(data):
    model, x, y = data
    whole = bn.nuts(model, x, y, **SHORT["nuts"], pad_to=120)
    part = bn.nuts(model, x, y, **SHORT["nuts"] | {"samples": 12}, pad_to=120)
    longer = bn.extend(part, 8)
    assert longer["posterior"].equals(whole["posterior"])
    assert longer.attrs["temper"] == 1.0


ONCE = {  # the programs over the data, by method
    "nuts": (SHORT["nuts"], (*LARGE, "batched")),
    "bootstrap": (
        {"replicates": 10, "optimizer": bn.Adam(epochs=2)}, ("train_lanes", "measure_lanes"),
    ),
    "ensemble": (
        {"members": 2, "samples": 10, "warmup": 20, "optimizer": bn.Adam(epochs=2)},
        ("train_members", "batched"),
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("method", ONCE)
def test_growing_windows_are_compiled_once(data, caplog, method):
    series, (options, programs) = bn.datasets.noisy_sine(length=90), ONCE[method]
    asked = {"horizon": 2, "windows": {"history": 4}, "options": options, "refit": True}
    counts = []
    with jax.log_compiles(), caplog.at_level(logging.WARNING):
        for origins in ([70], [70, 80]):
            jax.clear_caches()
            caplog.clear()
            bn.backtest(data[0], series, method=method, origins=origins, references=(), **asked)
            names = [r.message for r in caplog.records]
            counts.append([sum(f"jit({n})" in name for name in names) for n in programs])
    assert counts[0] == counts[1]
    assert all(counts[0])


@pytest.mark.slow
def test_origins_of_a_backtest_are_compiled_once(data, caplog):
    series, options = bn.datasets.noisy_sine(length=90), {"samples": 20, "starts": 4}
    asked = {"horizon": 2, "windows": {"history": 4}, "options": options, "refit": True}
    counts = []
    with jax.log_compiles(), caplog.at_level(logging.WARNING):
        for origins in ([70], [70, 75, 80]):
            jax.clear_caches()
            caplog.clear()
            bn.backtest(data[0], series, origins=origins, references=(), **asked)
            counts.append([sum(f"jit({n})" in r.message for r in caplog.records) for n in LARGE])
    assert counts[0] == counts[1]
    assert all(counts[0])


def test_lengths_are_few_and_never_twice_what_is_needed():
    lengths = list(range(10, 200, 7))
    padded = padded_lengths(lengths)
    assert all(n <= p <= 2 * n for n, p in zip(lengths, padded, strict=True))
    assert len(set(padded)) <= 6


@pytest.mark.parametrize("options", [{"pad_to": 5}, {"pad_to": 100, "covariance": "sandwich"}])
def test_what_cannot_be_filled_up_is_refused(data, options):
    with pytest.raises(ValueError, match="pad_to: expected at least the 86 rows"):
        bn.laplace(*data, samples=5, starts=1, **options)
