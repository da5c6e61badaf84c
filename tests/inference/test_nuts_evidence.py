"""NUTS where a joint mode is no place to start: chains begin at the scales of highest evidence."""

import warnings

import numpy as np
import pytest
from conftest import normal

import bayesneuron as bn

X = normal(60, 4)
Y = np.tanh(X @ np.array([[1.0], [-1.0], [0.5], [0.0]])) + 0.3 * normal(60, 1, seed=1)


def draw(hidden, **options):
    model = bn.load("two_layer", inputs=4, hidden=hidden, outputs=1, prior=options.pop("prior"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bn.StatisticalWarning)
        return bn.nuts(
            model, X, Y, **{"chains": 2, "samples": 100, "warmup": 100, "seed": 0} | options
        )


def test_the_noise_of_a_wide_network_stays_where_the_data_have_it():
    draws = draw(24, prior="hierarchical")
    assert draws.attrs["start"] == "evidence"
    noise = draws.posterior["noise"]
    assert noise.min() > 0.12, "at the joint mode it is near zero"
    assert 0.2 < noise.median() < 0.45


@pytest.mark.parametrize(("prior", "start"), [("normal", "optima"), ("horseshoe", "evidence")])
def test_the_default_follows_the_prior(prior, start):
    assert draw(2, prior=prior, samples=4, warmup=10, starts=2).attrs["start"] == start


def test_a_model_without_a_scale_has_no_evidence_to_start_at():
    model = bn.load("two_layer", inputs=4, hidden=2, outputs=1, noise=0.3)
    with pytest.raises(ValueError, match="expected a model with a scale to estimate"):
        bn.nuts(model, X, Y, start="evidence")
