"""R-hat of a network's weights: broken as drawn, sound once aligned."""

import numpy as np
import pytest

import bayesneuron as bn
from bayesneuron.draws.convergence import convergence, convergence_of_function


@pytest.mark.slow
def test_alignment_repairs_rhat_on_the_sine():
    x, y = bn.windows(bn.datasets.noisy_sine(length=500, noise=0.2), history=10, horizon=20)
    model = bn.load("two_layer", inputs=10, hidden=2, outputs=20)
    draws = bn.nuts(model, x, y, chains=4, samples=400, warmup=400, seed=0)
    raw, _ = convergence(draws)
    aligned, ess = convergence(bn.align(draws))
    assert raw > 2
    assert aligned <= 1.01
    assert ess > 1000
    predicted = bn.complete(draws, "posterior_predictive")  # of a quarter of the draws
    assert convergence_of_function(predicted)[0] <= 1.02
    post = bn.neurons(draws)["hidden"]
    assert (post.null_ratio < 0.3).all()
    assert (post.ambiguous < 0.01).all()


@pytest.mark.slow
def test_walking_of_motionsense(real_data, monkeypatch):
    monkeypatch.setenv("BAYESNEURON_DATA", str(real_data))
    series = bn.datasets.motionsense("wlk_7")[:3000]
    x, y = bn.windows(series, history=10, horizon=1, stride=5)
    model = bn.load("two_layer", inputs=10, hidden=3, outputs=1)
    draws = bn.nuts(model, x, y, chains=4, samples=1000, seed=0)
    assert convergence(bn.align(draws))[0] <= 1.01


def test_independent_draws_count_themselves(quick):
    rhat, ess = convergence(quick["laplace"])
    assert np.isnan(rhat)
    assert ess == 100
