"""Estimates side by side."""

import warnings

import numpy as np
import pytest
from conftest import data_for, estimate, network

import bayesneuron as bn


@pytest.fixture(scope="module")
def table(quick, sine):
    return bn.compare(quick, test=tuple(a[:10] for a in sine))


def test_every_method_and_pair_is_there(table, quick):
    assert list(table.methods.index) == list(quick)
    assert len(table.pairs) == 3 * 6  # two hidden neurons and an output, six pairs
    columns = {"shift", "wasserstein", "log_volume_ratio", "affine_invariant", "overlap"}
    assert columns <= set(table.pairs)
    assert {
        "rhat_raw", "rhat", "rhat_function", "ess_raw", "ess", "ess_function", "elpd_loo",
        "rmse", "coverage", "lpd", "seconds", "null_ratio", "ambiguous",
    } <= set(table.methods)  # fmt: skip
    assert "Pairs of estimates" in repr(table)
    assert table._repr_html_().count("<table") == 2


def test_all_share_one_reference(table):
    references = [tree["reference"].to_dataset() for tree in table.aligned.values()]
    assert all(r.equals(references[0]) for r in references)


def test_an_estimate_is_no_distance_from_itself(quick):
    pairs = bn.compare({"a": quick["laplace"], "b": quick["laplace"]}).pairs
    for column in ("shift", "wasserstein", "log_volume_ratio", "affine_invariant"):
        np.testing.assert_allclose(pairs[column], 0, atol=1e-5)


def test_a_permuted_copy_is_no_distance_from_the_draws(quick):
    flipped = quick["laplace"].copy()
    data = flipped["posterior"].to_dataset()
    for site, axis in (
        ("hidden_weight", "hidden"),
        ("hidden_bias", "hidden"),
        ("output_weight", "hidden"),
    ):
        data[site] = data[site].copy(data=-data[site].isel({axis: slice(None, None, -1)}).values)
    flipped["posterior"] = type(flipped)(data)
    pairs = bn.compare({"a": quick["laplace"], "b": flipped}).pairs
    np.testing.assert_allclose(pairs["shift"], 0, atol=1e-6)


def test_errors_are_in_original_units(two_layer):
    series = bn.datasets.noisy_sine(length=60)
    rmse = []
    for scale in (1.0, 1000.0):
        x, y = bn.windows(scale * series, 4)
        draws = estimate("laplace", two_layer, x, y)
        rmse.append(bn.compare({"laplace": draws}, test=(x, y)).methods["rmse"].iloc[0])
    assert rmse[1] == pytest.approx(1000 * rmse[0], rel=1e-3)


def test_classes_have_an_error_rate():
    x, y = data_for("mlp_categorical")
    draws = estimate("laplace", network("mlp_categorical"), x, y)
    methods = bn.compare({"laplace": draws}, test=(x, y)).methods
    assert 0 <= methods["error_rate"].iloc[0] < 0.3


def test_a_handful_of_draws_has_no_loo_but_the_rest(two_layer, sine):
    draws = estimate("bootstrap", two_layer, *sine, replicates=3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        methods = bn.compare({"bootstrap": draws}).methods
    assert methods["draws"].iloc[0] == 3
    assert np.isnan(methods["elpd_loo"].iloc[0])
    assert np.isfinite(methods["train_rmse"].iloc[0])


def test_bad_calls(quick):
    with pytest.raises(ValueError, match="expected at least one"):
        bn.compare({})
    with pytest.raises(ValueError, match="level: expected"):
        bn.compare(quick, level=90)
