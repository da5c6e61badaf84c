"""The fits of a backtest on the workers of an executor, and from a checkpoint."""

import warnings
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import pytest
import xarray as xr
from conftest import network
from test_backtest import SERIES, fit

import bayesneuron as bn

MODEL = network("two_layer")
OPTIONS = {"horizon": 4, "origins": 4, "refit": 2, "windows": {"history": 4}}
pytestmark = pytest.mark.filterwarnings("ignore::bayesneuron.StatisticalWarning")


def same(one, other):
    xr.testing.assert_identical(one.forecasts, other.forecasts)
    assert one.fits == other.fits == 2


def test_threads_give_the_same_forecasts():
    with ThreadPoolExecutor(2) as pool:
        same(
            bn.backtest(fit, SERIES, **OPTIONS), bn.backtest(fit, SERIES, executor=pool, **OPTIONS)
        )


@pytest.mark.slow
def test_another_process_gives_the_same_forecasts_and_warnings():
    short = {"chains": 2, "samples": 10, "warmup": 2, "starts": 2}  # draws diverge
    few = {**OPTIONS, "options": short, "method": "nuts"}
    said = []
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        for where in ({}, {"executor": pool}):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                said.append((bn.backtest(MODEL, SERIES, **few, **where), caught))
    same(said[0][0], said[1][0])
    messages = [[str(w.message) for w in caught] for _, caught in said]
    assert messages[0] == messages[1]
    assert "draws diverged" in messages[0][0]


CALLS = []


def counted(x, y):
    CALLS.append(len(x))
    return fit(x, y)


def test_a_backtest_goes_on_from_the_fits_that_are_kept(tmp_path):
    first = bn.backtest(counted, SERIES, checkpoint=tmp_path / "run", **OPTIONS)
    kept = sorted((tmp_path / "run").glob("*.npz"))
    assert len(kept) == len(CALLS) == 2
    kept[0].unlink()
    same(first, bn.backtest(counted, SERIES, checkpoint=tmp_path / "run", **OPTIONS))
    assert len(CALLS) == 3
    with pytest.raises(ValueError, match="got other data in"):
        bn.backtest(counted, SERIES + 1, checkpoint=tmp_path / "run", **OPTIONS)
    with pytest.raises(ValueError, match="expected horizon=5, got horizon="):
        bn.backtest(counted, SERIES, checkpoint=tmp_path / "run", **{**OPTIONS, "horizon": 5})


def test_draws_are_not_fitted_so_that_there_is_nothing_to_send():
    draws = fit(*bn.windows(SERIES[:100], 4))
    with pytest.raises(ValueError, match="executor: expected none with draws"):
        bn.backtest(draws, SERIES, horizon=4, executor=ThreadPoolExecutor(1))
