"""A size that was decided by chains that disagree is reported as such, and said first."""

import warnings

import numpy as np
import pytest

import bayesneuron as bn
from bayesneuron.reduction.result import DISAGREE


def network_and_rows():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 2))
    model = bn.load("two_layer", inputs=2, hidden=2, outputs=1)
    y = np.tanh(x[:, :1]) + 0.1 * rng.normal(size=(60, 1))
    return model, x, y


def chains_of(model, x, y, shifts):
    """Chains of draws around one network, each moved by a shift of the output bias."""
    one = bn.laplace(model, x, y, samples=8, seed=0).posterior
    rng = np.random.default_rng(1)
    sites = {
        name: np.asarray(one[name])[:, :1]
        * np.exp(0.01 * rng.normal(size=(len(shifts), 100, *one[name].shape[2:])))
        for name in (*model.layout.sites, "noise")
    }
    sites["output_bias"] = sites["output_bias"] + np.asarray(shifts)[:, None, None]
    return bn.from_arrays(sites, model=model, chains=True, data=(x, y))


def reduced(draws):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        reduction = bn.reduce(draws, score="merged")
    return reduction, [str(one.message) for one in caught]


@pytest.mark.slow
def test_merged_draws_of_chains_that_disagree_are_warned_of():
    model, x, y = network_and_rows()
    reduction, messages = reduced(chains_of(model, x, y, [-0.2, 0.2]))
    assert reduction.curve["rhat"].min() > DISAGREE
    assert sum("chains disagree about predictions" in line for line in messages) == 1
    assert "chains disagree" in repr(reduction).splitlines()[0]


def test_chains_that_agree_are_not():
    model, x, y = network_and_rows()
    reduction, messages = reduced(chains_of(model, x, y, [0.0, 0.0]))
    assert reduction.curve["rhat"].max() < DISAGREE
    assert not any("disagree" in line for line in messages)
    assert "disagree" not in repr(reduction)


@pytest.mark.slow
def test_own_posteriors_have_their_r_hat_in_the_curve():
    model, x, y = network_and_rows()
    draws = bn.laplace(model, x, y, samples=60, seed=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bn.StatisticalWarning)
        curve = bn.reduce(draws, samples=60).curve
    own = curve["own"].to_numpy()
    assert own.any()
    assert np.isfinite(curve.loc[own, "rhat"]).all()
    assert curve.loc[~own, "rhat"].isna().all()
