"""Dask as the executor: the bits of this process, whatever the number of workers and their fate."""

import os

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from conftest import stand_in
from test_elsewhere import DRAWS, ESTIMATES, MODEL, Killing, X, assert_same, thousand

import bayesneuron as bn

distributed = pytest.importorskip("distributed")

SERIES = bn.datasets.noisy_sine(length=120)
pytestmark = pytest.mark.filterwarnings(DRAWS)


def simulated(model, x, y, *, seed, samples):
    """Draws that depend on the data, and cost nothing."""
    return bn.prior(model, x, samples=samples, seed=seed + int(1000 * abs(y[0, 0])))


def fitted(x, y):
    return stand_in(MODEL, x, y, scale=float(np.abs(y).mean()))


WORK = {
    "bootstrap": lambda **where: ESTIMATES["bootstrap"](MODEL, **where),
    "nuts": lambda **where: ESTIMATES["nuts"](MODEL, **where),
    "calibrate": lambda **where: bn.calibrate(
        simulated, MODEL, np.asarray(X), sets=4, samples=60, **where
    ),
    "backtest": lambda **where: (
        bn.backtest(
            fitted, SERIES, horizon=4, origins=6, refit=2, windows={"history": 3}, **where
        ).forecasts
    ),
    "extended bootstrap": lambda **where: bn.extend(ESTIMATES["bootstrap"](MODEL), 40, **where),
    "extended nuts": lambda **where: bn.extend(ESTIMATES["nuts"](MODEL), 10, **where),
}


@pytest.fixture(scope="module")
def here():
    """Each piece of work, done in this process once."""
    done = {}

    def result(name):
        if name not in done:
            done[name] = WORK[name]()
        return done[name]

    return result


@pytest.fixture(scope="module")
def client():
    options = {"threads_per_worker": 1, "dashboard_address": None, "host": "127.0.0.1"}
    with (
        distributed.LocalCluster(n_workers=3, **options) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def check_same(one, other):
    if isinstance(one, xr.DataTree):
        assert_same(one, other)
    elif isinstance(one, xr.Dataset):
        xr.testing.assert_identical(one, other)
    else:
        pd.testing.assert_frame_equal(one, other, check_exact=True)


@pytest.mark.parametrize("workers", [1, 2, 3])
@pytest.mark.parametrize("name", WORK)
def test_any_number_of_workers_gives_the_same_bits(client, here, name, workers):
    some = sorted(client.run(os.getpid))[:workers]
    check_same(here(name), WORK[name](executor=client.get_executor(workers=some)))


def test_a_worker_killed_in_mid_run_changes_nothing(client):
    worker = client.run(os.getpid).popitem()[1]
    pool = Killing(client.get_executor(), lambda: worker)
    assert_same(thousand(), thousand(executor=pool))
    assert pool.left, "killed when all was done"
    assert worker not in client.run(os.getpid).values()
