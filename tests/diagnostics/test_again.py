"""Estimates made anew from the first rows know nothing of the later ones."""

from functools import partial

import numpy as np
import pytest

import bayesneuron as bn
from bayesneuron.diagnostics.again import most_refits, near_again, way_to_make, why_not_again

pytestmark = pytest.mark.filterwarnings("ignore:.*:bayesneuron.StatisticalWarning")

ROWS = 30
ADAM = bn.Adam(epochs=5)
WAYS = {
    "nuts": partial(bn.nuts, chains=2, samples=50, warmup=50, starts=2),
    "laplace": partial(bn.laplace, samples=50, starts=2),
    "svi": partial(bn.svi, samples=50, steps=100, starts=2),
    "pairs": partial(bn.bootstrap, replicates=6, optimizer=ADAM),
    "block": partial(bn.bootstrap, replicates=6, optimizer=ADAM, scheme="block", block_length=5),
    "subsample": partial(bn.bootstrap, replicates=6, optimizer=bn.Newton(20), scheme="subsample"),
    "best": partial(bn.bootstrap, replicates=6, optimizer=ADAM, scheme="bayesian", start="best"),
    "ensemble": partial(bn.ensemble, members=2, samples=10, warmup=100),
}


@pytest.fixture(scope="module")
def wave():
    x, y = bn.windows(bn.datasets.noisy_sine(length=60, seed=1), history=3)
    return bn.load("two_layer", inputs=3, hidden=1, outputs=1), x, y


def weights(draws):
    return draws["posterior"].to_dataset().to_array().values


@pytest.mark.slow
@pytest.mark.parametrize("name", WAYS)
def test_the_future_does_not_change_an_estimate_of_the_past(wave, name):
    model, x, y = wave
    draws = WAYS[name](model, x, y, seed=1)
    again = way_to_make(draws)
    assert again is not None
    inputs, targets = np.array(x, float), np.array(y, float)
    before = again(model, draws, inputs, targets, ROWS)
    assert before.attrs["method"] == draws.attrs["method"]
    inputs[ROWS:], targets[ROWS:] = 100.0, -100.0
    np.testing.assert_array_equal(
        weights(again(model, draws, inputs, targets, ROWS)), weights(before)
    )


@pytest.mark.slow
def test_replicates_of_the_past_are_those_of_a_bootstrap_of_it(wave):
    model, x, y = wave
    newton = bn.Newton(200)
    options = {"replicates": 6, "optimizer": newton, "scheme": "pairs", "start": "best", "seed": 2}
    draws = bn.bootstrap(model, x, y, **options)
    inputs, targets = np.asarray(x, float), np.asarray(y, float)
    again = way_to_make(draws)(model, draws, inputs, targets, ROWS)
    alone = bn.bootstrap(model, inputs[:ROWS], targets[:ROWS], **options)
    np.testing.assert_allclose(weights(again), weights(alone), rtol=1e-5, atol=1e-6)


def test_all_rows_give_the_family_that_was_fitted(wave):
    model, x, y = wave
    draws = WAYS["svi"](model, x, y, seed=1)
    again = way_to_make(draws)(model, draws, np.asarray(x), np.asarray(y), len(x))
    np.testing.assert_array_equal(weights(again), weights(draws))


def recorded(model, x, **attrs):
    draws = bn.prior(model, x, samples=5)
    draws.attrs.update(attrs)
    return draws


def test_why_an_estimate_is_not_made_anew(wave):
    model, x, _ = wave
    assert why_not_again(bn.prior(model, x, samples=5)) == "give refit="
    members = recorded(model, x, method="ensemble", call='{"batch": 8}')
    assert why_not_again(members) == "batches: give refit="
    old = recorded(model, x, method="svi", family="full")
    assert why_not_again(old) == "options not recorded: give refit="


def test_wide_estimates_without_a_hessian_are_made_anew_twice(wave):
    wide, x = bn.load("two_layer", inputs=3, hidden=120, outputs=1), wave[1]
    laplace = recorded(wide, x, method="laplace")
    assert why_not_again(laplace) == "more than 500 numbers: give refit="
    replicates = recorded(wide, x, method="bootstrap", call="{}")
    assert why_not_again(replicates) is None
    assert most_refits(replicates) == 2


@pytest.fixture(scope="module")
def members(wave):
    model, x, y = wave
    return bn.ensemble(model, x, y, members=3, samples=60, warmup=300, seed=1)


@pytest.mark.slow
def test_modes_of_an_ensemble_are_stacked_by_forecasts(members):
    modes = bn.modes(members, apart=0.01)
    assert len(modes.trees) > 1
    assert modes.scored == "lfo"
    assert modes.statistics["stacking"].sum() == pytest.approx(1)
    old = members.copy()
    del old.attrs["call"]
    assert bn.modes(old, apart=0.01).scored == "loo"


def test_members_near_a_mode_know_it_and_the_past_only(wave, members):
    model, x, y = wave
    inputs, targets = np.array(x, float), np.array(y, float)
    near = near_again(model, members, inputs, targets, len(x))
    means = [np.asarray(bn.predict(d, x).predictions["mean"]).mean((0, 1)) for d in (near, members)]
    np.testing.assert_allclose(*means, atol=0.1)
    before = near_again(model, members, inputs, targets, ROWS)
    inputs[ROWS:], targets[ROWS:] = 100.0, -100.0
    after = near_again(model, members, inputs, targets, ROWS)
    np.testing.assert_array_equal(weights(after), weights(before))
