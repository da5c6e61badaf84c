"""Thinned chains and chains in single precision."""

import warnings
from functools import partial

import numpy as np
import pytest
from conftest import normal

import bayesneuron as bn

X = normal(40, 3)
Y = X @ np.array([[1.0], [-1.0], [0.5]]) + 0.3 * normal(40, 1, seed=1)
LINEAR = bn.load("mlp", inputs=3, hidden=(), outputs=1, noise=0.3)


def draw(**options):
    return bn.nuts(LINEAR, X, Y, chains=2, warmup=100, starts=2, seed=3, **options)


def test_thinned_draws_are_every_nth_of_the_same_chain():
    whole, thin = draw(samples=60), draw(samples=20, thinning=3)
    for site, values in whole.posterior.data_vars.items():
        np.testing.assert_array_equal(values.to_numpy()[:, 2::3], thin.posterior[site])
    np.testing.assert_array_equal(
        whole["sample_stats"]["lp"].to_numpy()[:, 2::3], thin["sample_stats"]["lp"]
    )
    assert thin.attrs["thinning"] == 3


@pytest.mark.slow
def test_a_draw_diverges_if_a_move_before_it_did():
    curved = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    options = {"chains": 1, "warmup": 20, "starts": 2, "start": "prior", "target_accept": 0.05}
    with pytest.warns(bn.StatisticalWarning, match="diverged"):
        whole = bn.nuts(curved, X, Y, samples=120, **options)
    with pytest.warns(bn.StatisticalWarning, match="diverged"):
        thin = bn.nuts(curved, X, Y, samples=40, thinning=3, **options)
    each = whole["sample_stats"]["diverging"].to_numpy().reshape(1, 40, 3).any(axis=2)
    np.testing.assert_array_equal(thin["sample_stats"]["diverging"], each)


def test_single_precision_has_the_closed_form_and_the_same_bits_again():
    draws = draw(samples=2000, precision="single")
    weights = draws.posterior["output_weight"].to_numpy().reshape(-1, 3)
    z = np.column_stack([X, np.ones(40)])
    cov = np.linalg.inv(z.T @ z / 0.09 + np.diag([3, 3, 3, 1]))
    mean = cov @ z.T @ Y.ravel() / 0.09
    assert weights.dtype == float
    sd = np.sqrt(np.diag(cov))[:3]
    np.testing.assert_allclose((weights.mean(axis=0) - mean[:3]) / sd, 0, atol=0.12)
    np.testing.assert_allclose(weights.std(axis=0) / sd, 1, atol=0.08)
    again = draw(samples=2000, precision="single").posterior["output_weight"]
    np.testing.assert_array_equal(draws.posterior["output_weight"], again)


def test_other_options_are_refused():
    with pytest.raises(ValueError, match=r"precision: expected .*'single'.* got 'half'"):
        draw(precision="half")
    with pytest.raises(ValueError, match="thinning: expected a positive"):
        draw(thinning=0)


def test_single_precision_after_double_and_double_after_single_are_as_alone():
    x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=3)
    model = bn.load("two_layer", inputs=3, hidden=2, outputs=1)
    sample = partial(bn.nuts, model, x, y, samples=20, warmup=20, chains=2, starts=4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bn.StatisticalWarning)
        first, single, second = sample(), sample(precision="single"), sample()
    for name, values in first.posterior.items():
        np.testing.assert_array_equal(values, second.posterior[name])
        assert np.isfinite(single.posterior[name]).all()
