"""What the main job will take on long series is said, or refused, before it starts."""

import re
from dataclasses import replace

import pytest

import bayesneuron as bn
from bayesneuron.app import cost
from bayesneuron.app.job import run_job
from bayesneuron.app.settings import METHODS, Settings
from bayesneuron.inference.optimizers import Newton
from bayesneuron.numerics import checks

SERIES = bn.datasets.noisy_sine(length=160, noise=0.1, period=20)
SETTINGS = Settings(history=4, hidden=2, prior="normal", local=None)


def test_a_long_series_has_a_line_of_what_methods_take(monkeypatch):
    lines = []

    def stop(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(cost, "LONG", 100)
    monkeypatch.setattr("bayesneuron.app.job._estimated", stop)
    with pytest.raises(KeyboardInterrupt):
        run_job("sine", SERIES, SETTINGS, progress=lines.append)
    assert re.match(r"sine: one gradient over 1\d\d windows takes \S+ s; .* bootstrap ", lines[1])
    for method in METHODS:
        assert re.search(rf"{method} \S+ (s|min|h)", lines[1]), method


def test_a_short_one_has_none():
    train = bn.windows(SERIES, history=4)
    model = bn.load("two_layer", inputs=4, hidden=2, outputs=1)
    assert cost.time_it_takes(model, SETTINGS, train) == ""


def test_options_count():
    few = replace(SETTINGS, options={"nuts": {"chains": 1, "samples": 10, "warmup": 0}})
    gradients = {
        name: cost._gradients(name, cost._options(name, settings))
        for name, settings in {"nuts": few, "laplace": SETTINGS}.items()
    }
    assert gradients["nuts"] - gradients["laplace"] == 10 * cost.TREE
    newton = {"replicates": 7, "optimizer": Newton()}
    options = cost._options("bootstrap", replace(SETTINGS, options={"bootstrap": newton}))
    assert cost._draws("bootstrap", options) == 7
    assert cost._gradients("bootstrap", options) > 7


def test_log_likelihoods_that_do_not_fit_are_refused_before_the_work(monkeypatch):
    monkeypatch.setattr(checks, "available_memory", lambda: 10**6)
    with pytest.raises(ValueError, match=r"windows: expected at most \d+, .* --quick"):
        run_job("sine", SERIES, SETTINGS)
