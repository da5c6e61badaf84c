"""On many rows a reduction says how far it is, and what the posteriors of its sizes will take."""

import logging

import numpy as np
import pytest

import bayesneuron as bn
from bayesneuron.reduction import _reduce, own, task

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 2))
Y = np.sin(X[:, :1]) + 0.1 * RNG.normal(size=(40, 1))


@pytest.fixture(scope="module")
def draws():
    model = bn.load("two_layer", inputs=2, hidden=3, outputs=1)
    return bn.align(bn.laplace(model, X, Y, samples=30, starts=2))


@pytest.mark.filterwarnings("ignore::bayesneuron.StatisticalWarning")
def test_long_reductions_say_how_far_they_are(draws, monkeypatch, caplog):
    caplog.set_level(logging.INFO, logger="bayesneuron")
    bn.reduce(draws, score="merged", sizes=[1])
    assert not [m for m in caplog.messages if "sizes scored" in m]
    monkeypatch.setattr(_reduce, "LARGE", 1)
    monkeypatch.setattr(task, "BLOCK", 2000)
    monkeypatch.setattr(own, "LONG", 1)
    bn.reduce(draws, sizes=[1], samples=10, largest=8, test=(X, Y))
    lines = "\n".join(caplog.messages)
    assert "sizes scored: 2 of 2 in " in lines
    assert "draws of smaller networks: 30 of 30 in " in lines
    assert "reduce: NUTS of 5 parameters over 40 rows, at a rough count " in lines
    assert "NUTS of 5 parameters, roughly " in lines
