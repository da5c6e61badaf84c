"""Laplace draws that predict otherwise than merged ones say so."""

import re
import warnings

import numpy as np
import pytest

import bayesneuron as bn
from bayesneuron.app.smaller import smaller
from bayesneuron.diagnostics.mixtures.stretches import interleave, pick
from bayesneuron.numerics.warn import StatisticalWarning
from bayesneuron.reduction.through_network import LARGE, lost

X, Y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
MODEL = bn.load("two_layer", inputs=3, hidden=4, outputs=1)
LOSES = "linearised network; through the network itself, as merged draws do, they lose"


@pytest.fixture(scope="module")
def linearised():
    return bn.laplace(MODEL, X, Y, samples=100, starts=4)


@pytest.fixture(scope="module")
def plain():
    return bn.laplace(MODEL, X, Y, samples=100, starts=4, linearise=False)


@pytest.mark.slow
def test_the_loss_is_the_difference_of_both_log_densities(linearised, plain):
    each = [bn.complete(draws)["log_likelihood"]["y"].to_numpy() for draws in (linearised, plain)]
    before, after = (np.log(np.exp(values.reshape(100, -1)).mean(axis=0)).mean() for values in each)
    loss = lost(linearised, MODEL, np.asarray(X), np.asarray(Y))
    np.testing.assert_allclose(loss, before - after, rtol=1e-9)
    assert loss > LARGE
    assert lost(plain, MODEL, np.asarray(X), np.asarray(Y)) == 0.0


@pytest.mark.parametrize("verb", ["merge", "prune", "reduce"])
def test_what_is_merged_of_linearised_draws_is_not_to_be_trusted(linearised, plain, verb):
    call = {
        "merge": lambda draws: bn.merge(draws, [0, 1, 0, 2]),
        "prune": lambda draws: bn.prune(draws, [0, 1, 2]),
        "reduce": lambda draws: bn.reduce(draws, score="merged", test=(X, Y)),
    }[verb]
    with pytest.warns(StatisticalWarning, match=f"{verb}: draws of laplace .*{LOSES}"):
        call(linearised)
    call(plain)


def test_parts_of_linearised_draws_predict_as_they_did(linearised):
    whole = bn.predict(linearised, X[:5]).predictions["mean"].to_numpy()
    parts = [pick(linearised, np.array([[0, 1]]), mode) for mode in (0, 1)]
    for mode, part in enumerate(parts):
        mean = bn.predict(part, X[:5]).predictions["mean"].to_numpy()
        np.testing.assert_allclose(mean, whole[:, 50 * mode : 50 * (mode + 1)], rtol=1e-12)
    mixed = interleave(parts, np.array([0.5, 0.5]), 1)
    assert bn.predict(mixed, X[:5]).predictions["mean"].shape == whole.shape


@pytest.mark.slow
def test_the_verdict_says_so_first(linearised):
    with pytest.warns(StatisticalWarning, match=LOSES):
        reduction = bn.reduce(linearised, score="merged", test=(X, Y))
    assert repr(reduction).startswith("Reduction, not to be trusted: draws of laplace")
    assert re.match(r"\*\*Not to be trusted\*\*: draws of laplace", smaller(reduction, "", "")[0])
    with warnings.catch_warnings():  # chains this short disagree
        warnings.simplefilter("ignore", StatisticalWarning)
        own = bn.reduce(linearised, score="own", samples=50, test=(X, Y), sizes=[1])
    assert own.lost == 0.0
