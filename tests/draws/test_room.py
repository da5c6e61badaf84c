"""What does not fit into the memory is refused in one line before the work starts."""

import logging
import re

import jax
import numpy as np
import pytest

import bayesneuron as bn
from bayesneuron.alignment import _align
from bayesneuron.draws import evaluate
from bayesneuron.draws.evaluate import COPIES
from bayesneuron.draws.prior_draws import sample_prior
from bayesneuron.network.tracing import sampler
from bayesneuron.numerics import checks

X, Y = bn.windows(bn.datasets.noisy_sine(length=40), history=3)


@pytest.fixture
def _little(monkeypatch):
    monkeypatch.setattr(checks, "available_memory", lambda: 10**4)
    monkeypatch.setattr(evaluate, "LARGE", 0)


@pytest.mark.usefixtures("_little")
def test_predictions_of_many_draws_and_rows():
    model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    sites = {"hidden_weight": np.ones((50, 2, 3)), "hidden_bias": np.ones((50, 2))}
    sites |= {"output_weight": np.ones((50, 1, 2)), "output_bias": np.ones((50, 1))}
    draws = bn.from_arrays(sites | {"noise": np.ones(50)}, model=model)
    message = r"draws: expected at most 8, which fit into .* got 50, .*; thin the draws"
    with pytest.raises(ValueError, match=message):
        bn.predict(draws, X)


def test_derivatives_for_the_evidence(monkeypatch):
    model = bn.load("two_layer", inputs=3, hidden=2, outputs=1, prior="hierarchical")
    monkeypatch.setattr(checks, "available_memory", lambda: 9_000)
    with pytest.raises(ValueError, match="x, scales by the evidence: rows: expected at most"):
        bn.bootstrap(model, X, Y, replicates=2, optimizer=bn.Adam(epochs=1))


@pytest.mark.usefixtures("_little")
@pytest.mark.parametrize("verb", [bn.activations, bn.communities, bn.relevance])
def test_activations_of_many_draws_and_rows_before_they_are_aligned(verb, monkeypatch):
    monkeypatch.setattr("bayesneuron.alignment._align.align", None)
    model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    sites = {"hidden_weight": np.ones((50, 2, 3)), "hidden_bias": np.ones((50, 2))}
    sites |= {"output_weight": np.ones((50, 1, 2)), "output_bias": np.ones((50, 1))}
    draws = bn.from_arrays(sites | {"noise": np.ones(50)}, model=model, data=(X, Y))
    with pytest.raises(ValueError, match=r"draws: expected at most \d, which fit .* fewer rows$"):
        verb(draws)
    monkeypatch.setattr(checks, "available_memory", lambda: 10**3)
    with pytest.raises(ValueError, match=r"draws, weights: expected at most \d+, which fit into"):
        bn.identified(draws)


def wide_draws(chains=2, samples=20):
    rng = np.random.default_rng(0)
    shapes = {"hidden_weight": (8, 3), "hidden_bias": (8,), "output_weight": (1, 8)}
    shapes |= {"output_bias": (1,)}
    sites = {k: rng.normal(size=(chains, samples, *shape)) for k, shape in shapes.items()}
    model = bn.load("two_layer", inputs=3, hidden=8, outputs=1)
    sites |= {"noise": np.ones((chains, samples))}
    return bn.from_arrays(sites, model=model, chains=True, method="nuts", data=(X, Y))


@pytest.mark.parametrize(
    ("verb", "message"),
    [
        (bn.align, "draws: expected at most [0-9]+, which fit into .*; thin the draws$"),
        (bn.modes, "draws: expected at most [0-9]+, which fit into .*; thin the draws$"),
        (bn.neuron_evidence, "outgoing weights: expected at most .*; ask for fewer rows, or a"),
        (bn.complete, r"prior: expected at most .*; name the other groups, as bn.complete\("),
        (
            lambda draws: bn.calibrate(bn.laplace, bn.load(
                "two_layer", inputs=3, hidden=8, outputs=1), X, sets=1),
            "candidates: expected at most .*; simulate fewer neurons",
        ),
    ],
    ids=["align", "modes", "neuron_evidence", "complete", "calibrate"],
)  # fmt: skip
def test_copies_that_do_not_fit_are_refused_before_the_work(verb, message, monkeypatch):
    draws = wide_draws()
    monkeypatch.setattr(checks, "available_memory", lambda: 3_000)
    monkeypatch.setattr("bayesneuron.alignment._align.fixed_point", None)
    monkeypatch.setattr("bayesneuron.draws.prior_draws._sample_prior", None)
    with pytest.raises(ValueError, match=message) as error:
        verb(draws)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("reference", [False, True])
def test_long_alignments_say_how_far_they_are(reference, monkeypatch, caplog):
    draws = wide_draws()
    goal = {"reference": bn.align(draws)} if reference else {}
    caplog.set_level(logging.INFO, logger="bayesneuron")
    bn.align(draws, **goal)
    assert not caplog.messages
    monkeypatch.setattr(_align, "LARGE", 0)
    bn.align(draws, **goal)
    lines = [re.match(r"draws aligned: (\d+) of (\d+) in ", line) for line in caplog.messages]
    done, totals = zip(*(map(int, line.groups()) for line in lines if line), strict=True)
    assert len(done) == len(lines) >= 2
    assert sorted(done) == list(done)
    assert done[-1] == totals[0]


def test_activations_of_a_recurrent_network_count_its_steps(monkeypatch):
    model, x = bn.load("rnn", hidden=2), np.zeros((50, 6))
    draws = bn.prior(model, x, samples=20)
    steps = bn.activations(draws, x)["hidden"].shape[1] // 50
    assert steps > 1
    monkeypatch.setattr(checks, "available_memory", lambda: COPIES * 8 * 20 * 50 * steps * 2 - 1)
    with pytest.raises(ValueError, match="draws: expected at most 19, which fit into"):
        bn.activations(draws, x)


def test_networks_of_the_prior_are_the_same_whichever_are_wanted():
    model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    options = {"draws": 70, "key": jax.random.key(3)}
    whole = jax.jit(sampler(model, 70))(options["key"], np.asarray(X[:1]))
    for wanted in (range(70), range(5), range(30, 69), range(64, 70)):
        few = sample_prior(model, np.asarray(X), wanted=wanted, **options)
        for name, values in few.items():
            np.testing.assert_array_equal(values[0], whole[name][wanted.start : wanted.stop])
