"""Estimates side by side."""

import warnings

import numpy as np
import pandas as pd
import pytest
from conftest import data_for, estimate, network

import bayesneuron as bn


@pytest.fixture(scope="module")
def comparison(quick, sine):
    return bn.compare(quick, test=tuple(a[:10] for a in sine))


def test_every_method_and_pair_is_there(comparison, quick):
    assert list(comparison.methods.index) == list(quick)
    assert len(comparison.pairs) == 3 * 10  # two hidden neurons and an output, ten pairs
    columns = {"shift", "wasserstein", "log_volume_ratio", "affine_invariant", "overlap"}
    assert columns <= set(comparison.pairs)
    pd.testing.assert_frame_equal(comparison.table(), comparison.methods)
    assert {
        "rhat_raw", "rhat", "rhat_function", "ess_raw", "ess", "ess_function", "elpd_loo",
        "rmse", "coverage", "lpd", "seconds", "null_ratio", "ambiguous",
    } <= set(comparison.methods)  # fmt: skip
    assert "Pairs of estimates" in repr(comparison)
    assert repr(comparison).endswith('Columns: docs/glossary, or bn.explain("elpd_loo")')
    assert len(repr(comparison).splitlines()) < 55
    assert comparison._repr_html_().count("<table") == 2


def test_all_share_one_reference(comparison):
    references = [tree["reference"].to_dataset() for tree in comparison.aligned.values()]
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


@pytest.mark.slow
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


@pytest.fixture(scope="module")
def narrow(sine):
    model = bn.load("two_layer", inputs=4, hidden=1, outputs=1)
    return [estimate("laplace", model, *sine, seed=seed) for seed in (0, 1)]


def test_networks_of_different_width_are_compared_by_their_predictions(quick, narrow, sine):
    estimates = {"narrow": narrow[0], "wide": quick["laplace"], "again": narrow[1]}
    both = bn.compare(estimates, test=sine)
    assert list(both.methods.index) == list(estimates)
    assert both.methods[["elpd_loo", "rmse", "lpd", "rhat"]].shape == (3, 4)
    assert set(zip(both.pairs["first"], both.pairs["second"], strict=True)) == {("narrow", "again")}
    assert both.unpaired == {
        ("narrow", "wide"): "hidden: 1 and 2 neurons",
        ("wide", "again"): "hidden: 2 and 1 neurons",
    }
    assert "Neurons not compared: narrow, wide (hidden: 1 and 2 neurons)" in repr(both)
    assert "hidden: 1 and 2 neurons" in both._repr_html_()


@pytest.mark.slow
def test_each_network_is_aligned_as_if_alone(quick, narrow):
    both = bn.compare({"wide": quick["laplace"], "nuts": quick["nuts"], "narrow": narrow[0]})
    alone = bn.compare({"wide": quick["laplace"], "nuts": quick["nuts"]})
    pd.testing.assert_frame_equal(both.pairs, alone.pairs)
    rows, ranks = both.methods.loc[["wide", "nuts"]], ["elpd_diff", "diff_se"]
    pd.testing.assert_frame_equal(
        rows.drop(columns=ranks), alone.methods.drop(columns=ranks), check_like=True
    )


def test_a_reference_is_for_its_own_network(quick, narrow):
    reference = bn.align(quick["nuts"])
    both = bn.compare({"wide": quick["laplace"], "narrow": narrow[0]}, reference=reference)
    expected = reference["reference"].to_dataset()
    assert both.aligned["wide"]["reference"].to_dataset().equals(expected)
    assert list(both.pairs.columns[:4]) == ["layer", "neuron", "first", "second"]
    with pytest.raises(ValueError, match="reference: expected a network of the estimates"):
        bn.compare({"narrow": narrow[0]}, reference=reference)


def test_elpd_of_different_observations_is_not_compared(quick, narrow, two_layer, sine):
    x, y = sine
    fewer = estimate("laplace", two_layer, x[:-4], y[:-4])
    with pytest.raises(ValueError, match=r"the same observations.*\(40, 1\) in 'a' and \(36, 1\)"):
        bn.compare({"a": quick["laplace"], "b": fewer})
    shifted = estimate("laplace", two_layer, x, y + 0.1)
    with pytest.raises(
        ValueError, match="got 40 of 40 values of y that differ between 'n' and 'b'"
    ):
        bn.compare({"n": narrow[0], "b": shifted})


def test_models_are_given_by_name(quick, narrow, two_layer, sine):
    estimates = {"narrow": narrow[0], "mine": quick["laplace"].copy()}
    estimates["mine"].attrs |= {"shipped": 0, "model": "mine"}
    with pytest.raises(ValueError, match="model 'mine'"):
        bn.compare(estimates, test=sine)
    methods = bn.compare(estimates, test=sine, model={"mine": two_layer}).methods
    assert np.isfinite(methods["lpd"]).all()
    with pytest.raises(ValueError, match=r"model: expected names among .* got \['other'\]"):
        bn.compare(estimates, test=sine, model={"other": two_layer})


def test_bad_calls(quick):
    with pytest.raises(ValueError, match="expected a mapping of names to draws"):
        bn.compare({})
    with pytest.raises(ValueError, match="level: expected"):
        bn.compare(quick, level=90)
