"""The forecaster of sktime; `benchmarks/sktime_checks.py` runs all of sktime's own checks."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bayesneuron as bn

pytest.importorskip("sktime")
pytestmark = pytest.mark.filterwarnings("ignore")

from bayesneuron.forecasting.sktime import NeuronForecaster  # noqa: E402

MONTHS = pd.period_range("2015-01", periods=64, freq="M")
Y = pd.Series(bn.datasets.noisy_sine(length=64, seed=0).values, MONTHS, name="sold")
SMALL = {"hidden": 1, "history": 3, "options": {"samples": 50, "starts": 2}}


@pytest.fixture(scope="module")
def fitted():
    return NeuronForecaster(**SMALL).fit(Y[:60])


def test_forecasts_are_those_of_the_library(fitted):
    x, y = bn.windows(Y[:60].to_frame(), history=3)
    model = bn.load("two_layer", inputs=3, hidden=1, outputs=1)
    draws = bn.laplace(model, x, y, samples=50, starts=2, seed=0)
    ahead = bn.forecast(draws, Y[:60], 4)
    mean = fitted.predict(fh=[1, 4])
    pd.testing.assert_index_equal(mean.index, MONTHS[[60, 63]])
    np.testing.assert_allclose(mean, ahead.summary["mean"][[0, 3]])
    table = bn.to_pandas(ahead, coverage=[0.5, 0.9], like=Y[:60])
    bands = fitted.predict_interval(fh=[1, 2, 3, 4], coverage=[0.5, 0.9])
    assert bands.columns.tolist() == table.columns.tolist()
    np.testing.assert_allclose(bands, table)
    variance = fitted.predict_var(fh=[1, 2, 3, 4]).to_numpy()[:, 0]
    np.testing.assert_allclose(variance, ahead.summary["sd"] ** 2, rtol=1e-3)


def test_an_update_moves_the_cutoff_with_the_same_draws_or_new_ones(fitted):
    from copy import deepcopy

    kept = deepcopy(fitted).update(Y[60:], update_params=False)
    assert kept.draws_.identical(fitted.draws_)
    assert kept.predict(fh=[1]).index[0] == MONTHS[-1] + 1
    ahead = bn.forecast(fitted.draws_, Y, 1)
    np.testing.assert_allclose(kept.predict(fh=[1]), ahead.summary["mean"])
    anew = deepcopy(fitted).update(Y[60:])
    assert anew.draws_["constant_data"].sizes["observation"] == 61


def test_neurons_of_a_fitted_forecaster_are_read(fitted):
    assert bn.neurons(fitted.draws_)["hidden"].mean.shape[0] == 1


def test_the_example_of_the_documentation_runs():
    page = (Path(__file__).parents[2] / "docs/neighbours.md").read_text()
    blocks = [b for b in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "sktime" in b]
    names = {}
    for block in blocks:
        exec(compile(block, "neighbours.md", "exec"), names)
    assert len(names["scores"]) == 2
    assert names["bands"].shape == (3, 2)


@pytest.mark.parametrize("check", ["test_constructor", "test_clone", "test_inheritance"])
def test_checks_of_sktime(check):
    from sktime.utils.estimator_checks import check_estimator

    results = check_estimator(NeuronForecaster, tests_to_run=check, verbose=False)
    assert results
    assert set(results.values()) == {"PASSED"}
