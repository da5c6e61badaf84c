"""Where chains start: optima reached by drawing neurons anew, and how far from them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import bayesneuron as bn
from bayesneuron.inference.starts import _neurons, find_optima, prior_starts
from bayesneuron.network.arrays import as_arrays
from bayesneuron.network.density import density
from bayesneuron.numerics.precision import double


@pytest.mark.parametrize(
    ("name", "options", "sizes"),
    [
        ("two_layer", {"inputs": 6, "hidden": 4, "outputs": 3}, [6 + 1 + 3] * 4),
        ("mlp", {"inputs": 6, "hidden": (3, 2), "outputs": 3}, [6 + 1 + 2] * 3 + [3 + 1 + 3] * 2),
    ],
)
def test_a_neuron_is_what_it_reads_its_bias_and_what_it_sends(name, options, sizes):
    x, y = bn.windows(bn.datasets.noisy_sine(length=60), history=6, horizon=3)
    model = bn.load(name, **options)
    dens = density(model, *(jnp.asarray(v) for v in as_arrays(model, x, y)))
    places = _neurons(dens)
    assert [len(place) for place in places] == sizes
    assert all(len(set(place.tolist())) == len(place) for place in places)


@double
def test_neurons_drawn_anew_find_no_worse_optimum_and_the_same_one_again():
    x, y = bn.windows(bn.datasets.walking(), history=6, horizon=3, stride=4)
    model = bn.load("two_layer", inputs=6, hidden=4, outputs=3)
    x, y = (jnp.asarray(v) for v in as_arrays(model, x, y))
    dens, gained = density(model, x, y), []
    for seed in range(4):
        theta = prior_starts(dens, x, jax.random.fold_in(jax.random.key(seed), 3), 4)
        alone = find_optima(dens, x, y, starts=4, keep=2, seed=seed, theta=theta)
        hopped = find_optima(dens, x, y, starts=4, keep=2, seed=seed)
        gained.append((alone.loss[0] - hopped.loss[0]) * len(x))
        assert hopped.converged.all()
        again = find_optima(dens, x, y, starts=4, keep=2, seed=seed)
        np.testing.assert_array_equal(hopped.theta, again.theta)
    assert min(gained) > -1e-3


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::bayesneuron.StatisticalWarning")
def test_chains_start_near_the_optimum_where_the_posterior_is_far_from_normal():
    """A normal draw around an optimum of this network has an energy of 10¹³."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 3))
    y = np.sin(x[:, :1]) + 0.05 * rng.normal(size=(40, 1))
    model = bn.load(
        "mlp", inputs=3, hidden=(8, 8, 8), outputs=1, activation="relu", prior_scale=3.0
    )
    draws = bn.nuts(model, x, y, chains=2, samples=2, warmup=2, starts=2, seed=0)
    weights = sum(int(np.prod(draws.posterior[k].shape[2:])) for k in model.layout.sites)
    lowest = min(draws.attrs["start_log_joint"])
    assert draws.sample_stats["lp"].values.min() > lowest - 2 * weights
