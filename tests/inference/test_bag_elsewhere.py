"""Bags on the workers of an executor, and bags that go on from a checkpoint."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
import xarray as xr

import bayesneuron as bn

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 2))
Y = np.sin(X[:, :1]) + 0.1 * RNG.normal(size=(40, 1))
MODEL = bn.load("two_layer", inputs=2, hidden=2, outputs=1)
CALLS = []


def prior_of(model, x, y, *, seed, samples):
    """Draws that depend on the rows, and cost nothing."""
    CALLS.append(seed)
    return bn.prior(model, x, samples=samples, seed=seed + int(1000 * abs(y[0, 0])))


def bagged(estimate=prior_of, **options):
    return bn.bag(estimate, MODEL, X, Y, **{"bags": 4, "samples": 5} | options)


def assert_same(one, other):
    for group in ("posterior", "sample_stats"):
        xr.testing.assert_equal(one[group].to_dataset(), other[group].to_dataset())


def test_threads_give_the_same_bags():
    with ThreadPoolExecutor(2) as pool:
        assert_same(bagged(executor=pool), bagged())


def test_another_process_gives_the_same_bags():
    shift = 3  # a function that no worker can import
    own = lambda model, x, y, *, seed, samples: bn.prior(model, x, samples=samples, seed=shift)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert_same(bagged(own, executor=pool), bagged(own))


def test_bags_go_on_and_may_be_more(tmp_path):
    expected, folder = bagged(), tmp_path / "bags"
    CALLS.clear()
    bagged(bags=3, checkpoint=folder)
    assert_same(bagged(checkpoint=folder), expected)
    assert len(CALLS) == 4
    with pytest.raises(ValueError, match="checkpoint: expected"):
        bagged(checkpoint=folder, seed=1)
    with pytest.raises(ValueError, match="checkpoint: expected"):
        bagged(checkpoint=folder, samples=6)


def test_a_stopped_bag_says_what_is_kept(tmp_path):
    def stopped(model, x, y, *, seed, samples):
        if len(CALLS) == 2:
            raise KeyboardInterrupt
        return prior_of(model, x, y, seed=seed, samples=samples)

    CALLS.clear()
    with pytest.raises(KeyboardInterrupt, match="2 blocks are kept in"):
        bagged(stopped, checkpoint=tmp_path / "bags")
