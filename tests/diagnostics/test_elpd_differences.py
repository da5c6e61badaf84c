"""Estimates are ranked by paired differences of the rows that all of them predict."""

import numpy as np
import pandas as pd
import pytest

import bayesneuron as bn
from bayesneuron.diagnostics.elpd_differences import differences, ranked


def test_the_error_of_a_difference_is_paired():
    rng = np.random.default_rng(0)
    hard = rng.normal(0, 10, 200)  # rows differ far more than estimates
    gap = rng.normal(0.1, 0.2, 200)
    table = differences({"a": hard, "b": hard - gap})
    assert table.loc["b", "elpd_diff"] == pytest.approx(-gap.sum())
    assert table.loc["b", "diff_se"] == pytest.approx(200**0.5 * gap.std(ddof=1))
    assert table.loc["a"].tolist() == [0.0, 0.0]


def test_a_density_of_zero_is_worst_without_a_warning():
    table = differences({"a": np.zeros(3), "b": np.array([0.0, -np.inf, 0.0])})
    assert table.loc["b", "elpd_diff"] == -np.inf


def test_forecasts_judge_where_all_have_them():
    methods = pd.DataFrame({"draws": [1, 1], "elpd_loo": [0.0, 0.0]}, index=["a", "b"])
    loo, future = np.array([1.0, 0.0]), np.array([0.0, 0.0, 3.0])
    both = {
        "a": {"elpd_loo": loo, "elpd_lfo": -future},
        "b": {"elpd_loo": -loo, "elpd_lfo": future},
    }
    table = ranked(methods.assign(elpd_lfo=[-3.0, 3.0]), both)
    assert table["elpd_diff"].tolist() == [-6.0, 0.0]
    assert list(table)[:2] == ["draws", "elpd_lfo"], "the judge before the others"
    del both["a"]["elpd_lfo"]
    assert ranked(methods, both)["elpd_diff"].tolist() == [0.0, -2.0]


def test_one_estimate_is_not_ranked(two_layer, sine):
    draws = bn.laplace(two_layer, *sine, samples=100, starts=2)
    assert "elpd_diff" not in bn.compare({"a": draws}, cv="loo").methods
    table = bn.compare({"a": draws, "b": draws}, cv="loo").methods
    assert table["elpd_diff"].tolist() == table["diff_se"].tolist() == [0.0, 0.0]
