"""Draws are light; likelihoods, predictions and the prior follow from them when asked for."""

import warnings

import arviz as az
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr
from conftest import NETWORKS, data_for, estimate, network

import bayesneuron as bn
from bayesneuron.draws import _complete, complete, provenance_of
from bayesneuron.draws._complete import GROUPS, complete_if_possible
from bayesneuron.draws.tree import theta_of
from bayesneuron.network.arrays import as_arrays
from bayesneuron.network.density import density
from bayesneuron.numerics.precision import double

LIGHT = {"posterior", "sample_stats", "observed_data", "constant_data"}
CHAINS = LIGHT | {"sampler_state"}


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n in NETWORKS if not n.startswith("two_layer_")])
def test_groups_follow_from_draws_and_data(name):
    model, (x, y) = network(name), data_for(name)
    draws = estimate("laplace", model, x, y, linearise=False)
    assert set(draws.children) == LIGHT
    whole = complete(draws)
    assert set(whole.children) == LIGHT | set(GROUPS)
    assert set(draws.children) == LIGHT, "the argument stays as it was"
    count = (1, 100, len(x))
    assert whole.log_likelihood["y"].shape == count
    assert whole.log_likelihood["y"].dims == ("chain", "draw", "observation")
    assert whole.posterior_predictive["mean"].shape[:3] == count
    assert whole.posterior_predictive["y"].shape == (1, 100, *np.shape(y))
    for site in whole.posterior:
        assert whole.prior[site].shape == (1, 1000, *whole.posterior[site].shape[2:])

    np.testing.assert_allclose(
        whole.log_likelihood["y"][0, 7], own_log_likelihood(model, draws, x, y, 7), rtol=1e-9
    )
    predicted = bn.predict(draws, x, y)
    np.testing.assert_allclose(predicted.log_likelihood["y"], whole.log_likelihood["y"], rtol=1e-6)
    np.testing.assert_allclose(
        predicted.predictions["mean"], whole.posterior_predictive["mean"], rtol=1e-4, atol=1e-5
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert np.isfinite(az.loo(whole).elpd)


@double
def own_log_likelihood(model, draws, x, y, draw):
    data = tuple(jnp.asarray(v) for v in as_arrays(model, x, y))
    dens = density(model, *data)
    return dens.terms(jnp.asarray(theta_of(dens, draws)[draw]), *data)[0]


def test_a_part_is_the_same_as_in_the_whole(quick):
    whole = complete(quick["nuts"])
    for group in GROUPS:
        part = complete(quick["nuts"], group)
        assert set(part.children) == CHAINS | {group}
        assert part[group].to_dataset().equals(whole[group].to_dataset())


def test_what_is_there_already_is_kept(quick):
    draws = quick["laplace"].copy()
    draws["log_likelihood"] = xr.DataTree(xr.Dataset({"y": (("chain", "draw"), [[1.0, 2.0]])}))
    assert complete(draws)["log_likelihood"]["y"].shape == (1, 2)
    whole = complete(draws)
    assert complete(whole) is whole


def test_chains_and_draws_keep_their_numbers(quick):
    few = quick["nuts"].isel(draw=slice(None, None, 10))
    whole = complete(few, "log_likelihood", "posterior_predictive")
    for group in ("log_likelihood", "posterior_predictive"):
        np.testing.assert_array_equal(whole[group]["draw"], few.posterior["draw"])


def test_predictions_of_many_draws_are_thinned(quick, monkeypatch):
    whole = complete(quick["nuts"])
    size = whole.posterior_predictive["mean"].size
    monkeypatch.setattr(_complete, "PREDICTIVE_VALUES", size // 3)
    thinned = complete(quick["nuts"])
    assert provenance_of(thinned).details["predictive_thin"] == 4
    assert thinned.log_likelihood["y"].equals(whole.log_likelihood["y"])
    for name in ("mean", "y"):
        np.testing.assert_array_equal(
            thinned.posterior_predictive[name], whole.posterior_predictive[name][:, ::4]
        )


def test_predictions_are_single_and_likelihoods_double(quick):
    whole = complete(quick["svi"])
    assert whole.posterior_predictive["mean"].dtype == np.float32
    assert whole.posterior_predictive["y"].dtype == np.float32
    assert whole.log_likelihood["y"].dtype == np.float64


def test_a_saved_tree_is_light_and_can_be_completed(quick, tmp_path):
    again = bn.open(bn.save(quick["nuts"], tmp_path / "draws.nc"))
    assert set(again.children) == CHAINS
    for group in GROUPS:
        ours, theirs = complete(quick["nuts"])[group], complete(again)[group]
        for name, values in ours.data_vars.items():
            np.testing.assert_array_equal(theirs[name], values)


def test_predictions_that_can_be_made_again_are_not_written(quick, two_layer, tmp_path):
    whole = complete(quick["nuts"])
    light = bn.open(bn.save(whole, tmp_path / "light.nc"))
    full = bn.open(bn.save(whole, tmp_path / "full.nc", predictions=True))
    assert set(full.children) == set(whole.children)
    assert set(whole.children) - set(light.children) == {"posterior_predictive"}
    for tree in (full, complete(light)):
        for name, values in whole["posterior_predictive"].data_vars.items():
            np.testing.assert_array_equal(tree["posterior_predictive"][name], values)
    own = whole.copy()
    own.attrs = {k: v for k, v in whole.attrs.items() if k != "model"}
    again = bn.open(bn.save(own, tmp_path / "own.nc"))
    assert "posterior_predictive" in again.children


def test_what_cannot_be_made_is_said(quick):
    with pytest.raises(ValueError, match="group: expected one of"):
        complete(quick["nuts"], "posterior")
    bare = xr.DataTree.from_dict({"posterior": quick["nuts"]["posterior"].to_dataset()})
    bare.attrs = quick["nuts"].attrs
    with pytest.raises(ValueError, match="these draws carry none"):
        complete(bare)
    assert complete_if_possible(bare) is bare
    foreign = quick["nuts"].copy()
    foreign.attrs |= {"shipped": 0}
    with pytest.raises(ValueError, match="expected model= as well"):
        complete(foreign)
    assert complete_if_possible(foreign) is foreign
    model = bn.load("two_layer", inputs=4, hidden=2, outputs=1)
    assert set(complete_if_possible(foreign, model=model).children) == CHAINS | set(GROUPS)
    silent = quick["nuts"].copy()
    silent["posterior"] = xr.DataTree(silent["posterior"].to_dataset().drop_vars("noise"))
    with pytest.raises(ValueError, match="missing"):
        complete(silent)
    assert set(complete_if_possible(silent).children) == CHAINS | {"prior"}
