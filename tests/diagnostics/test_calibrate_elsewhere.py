"""A calibration study on the workers of an executor, and one that goes on from its checkpoint."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import pandas as pd
import pytest

import bayesneuron as bn

MODEL = bn.load("two_layer", inputs=2, hidden=2, outputs=1, noise=0.3)
X = np.random.default_rng(0).normal(size=(60, 2))


def draws_of(model, x, y, *, seed, samples):
    """Draws that depend on the data, and cost nothing."""
    return bn.prior(model, x, samples=samples, seed=seed + int(1000 * abs(y[0, 0])))


def study(estimate=draws_of, **options):
    options = {"sets": 4, "samples": 60} | options
    return bn.calibrate(estimate, MODEL, X, **options)


def test_threads_give_the_same_table():
    with ThreadPoolExecutor(2) as pool:
        pd.testing.assert_frame_equal(study(executor=pool), study(), check_exact=True)


@pytest.mark.slow
def test_another_process_gives_the_same_table():
    shift = 1
    own = lambda model, x, y, *, seed, samples: bn.prior(model, x, samples=samples, seed=shift)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        there = study(own, executor=pool)
    pd.testing.assert_frame_equal(there, study(own), check_exact=True)


CALLS = []


def counted(model, x, y, *, seed, samples):
    CALLS.append(seed)
    return draws_of(model, x, y, seed=seed, samples=samples)


def test_a_study_goes_on_and_may_grow(tmp_path):
    folder, expected = tmp_path / "study", study(counted)
    CALLS.clear()
    study(counted, sets=3, checkpoint=folder)
    assert len(CALLS) == 3
    pd.testing.assert_frame_equal(study(counted, checkpoint=folder), expected, check_exact=True)
    assert len(CALLS) == 4
    with pytest.raises(ValueError, match="got other "):
        study(counted, samples=61, checkpoint=folder)
    with pytest.raises(ValueError, match="got other "):
        study(draws_of, checkpoint=folder)


def test_inputs_of_each_set_are_known_by_their_function(tmp_path):
    inputs = lambda number: np.full((5, 2), float(number))
    first = bn.calibrate(draws_of, MODEL, inputs, sets=2, samples=60, checkpoint=tmp_path / "a")
    again = bn.calibrate(draws_of, MODEL, inputs, sets=2, samples=60, checkpoint=tmp_path / "a")
    pd.testing.assert_frame_equal(first, again, check_exact=True)
