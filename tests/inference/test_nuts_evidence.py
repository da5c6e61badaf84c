"""NUTS where a joint mode is no place to start: chains begin at the scales of highest evidence."""

import warnings

import jax.numpy as jnp
import numpy as np
import pytest
from conftest import normal

import bayesneuron as bn
from bayesneuron.inference.scales import evidence_optima
from bayesneuron.network.density import density

X = normal(60, 4)
Y = np.tanh(X @ np.array([[1.0], [-1.0], [0.5], [0.0]])) + 0.3 * normal(60, 1, seed=1)


def draw(hidden, **options):
    model = bn.load("two_layer", inputs=4, hidden=hidden, outputs=1, prior=options.pop("prior"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bn.StatisticalWarning)
        return bn.nuts(
            model, X, Y, **{"chains": 2, "samples": 100, "warmup": 100, "seed": 0} | options
        )


@pytest.mark.slow
def test_the_noise_of_a_wide_network_stays_where_the_data_have_it():
    draws = draw(24, prior="hierarchical")
    assert draws.attrs["start"] == "evidence"
    noise = draws.posterior["noise"]
    assert noise.min() > 0.12, "at the joint mode it is near zero"
    assert 0.2 < noise.median() < 0.45


@pytest.mark.slow
@pytest.mark.parametrize(("prior", "start"), [("normal", "optima"), ("horseshoe", "evidence")])
def test_the_default_follows_the_prior(prior, start):
    assert draw(2, prior=prior, samples=4, warmup=10, starts=2).attrs["start"] == start


def test_a_model_without_a_scale_has_no_evidence_to_start_at():
    model = bn.load("two_layer", inputs=4, hidden=2, outputs=1, noise=0.3)
    with pytest.raises(ValueError, match="expected a model with a scale to estimate"):
        bn.nuts(model, X, Y, start="evidence")


@pytest.mark.slow
def test_draws_to_start_from_lead_to_the_evidence_as_well():
    model = bn.load("two_layer", inputs=4, hidden=24, outputs=1, prior="hierarchical")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bn.StatisticalWarning)
        first = bn.laplace(model, X, Y, samples=8, starts=2, seed=0)
    draws = draw(24, prior="hierarchical", start=first)
    assert draws.attrs["start"] == "draws of laplace"
    assert draws.posterior["noise"].median() > 0.2, "at the joint mode it is near zero"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::bayesneuron.StatisticalWarning")
@pytest.mark.parametrize("hidden", [2, 90])  # with a full and with a Kronecker determinant
def test_rows_without_power_do_not_lead_the_search(hidden):
    model = bn.load("two_layer", inputs=4, hidden=hidden, outputs=1, prior="hierarchical")
    powers = np.where(np.arange(len(X)) < 40, 0.7, 0.0)
    far = np.where(powers[:, None] > 0, Y, 50.0)
    found = []
    for y in (Y, far):
        inputs, targets = jnp.asarray(X), jnp.asarray(y)
        dens = density(model, inputs, targets)
        found += evidence_optima(
            dens, inputs, targets, starts=1, seed=0, temper=powers, label="evidence"
        )
    np.testing.assert_allclose(found[0].theta, found[1].theta, rtol=1e-6)
    assert found[0].log_evidence == pytest.approx(found[1].log_evidence)
