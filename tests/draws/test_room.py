"""What does not fit into the memory is refused in one line before the work starts."""

import numpy as np
import pytest

import bayesneuron as bn
from bayesneuron.draws import evaluate
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
